package web

import (
	"bourse/app/catalog"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

// variants are the other ids that a program can send for a chat model.
func variants(e *catalog.Entry) []views.Variant {
	if e.Type != catalog.TypeChat || len(e.Endpoints) == 0 {
		return nil
	}
	var out []views.Variant
	if e.Free != nil && e.Lowest != nil && !e.Lowest.IsFree {
		out = append(out, views.Variant{ID: e.ID + ":free", Text: "only the offers that cost nothing, such as that of " + e.Free.Provider.Name})
	}
	if len(e.Endpoints) > 1 {
		out = append(out,
			views.Variant{ID: e.ID + ":floor", Text: "the cheapest offer first, whatever else is known of it"},
			views.Variant{ID: e.ID + ":nitro", Text: "the offer that writes fastest first, as measured here"})
	}
	return out
}

// keyHint names the newest working key of whoever is signed in, with what may be shown of it.
func (s *Server) keyHint(c echo.Context) string {
	v := visitor(c)
	if v == nil || s.Keys == nil {
		return ""
	}
	list, err := s.Keys.List(c.Request().Context(), v.UserID)
	if err != nil {
		s.Log.Warn("keys for the code samples", "user", v.UserID, "error", err)
		return "" // the samples are worth showing without it
	}
	for _, k := range list {
		if k.RevokedUs == 0 && k.DisabledUs == 0 && !k.Management {
			return "“" + clip(k.Name, 40) + "” is " + k.Hint + "."
		}
	}
	return ""
}

package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"bourse/app/auth"
	"bourse/models"
	"bourse/views"
	"bourse/views/ui"

	"github.com/labstack/echo/v4"
)

// OwnKeys is what the pages about people's own provider keys need beside the keys themselves.
type OwnKeys struct {
	*auth.OwnKeys
	// Providers are those for which a key can be brought.
	Providers func() []models.Provider
	// Try uses a key once and returns what is wrong with it, "" when it works. It is RateLimited
	// when an account has had many tried.
	Try func(ctx context.Context, accountID string, k auth.OwnKey) (trouble string, err error)
}

// OwnKeysIndex lists a person's own provider keys.
func (s *Server) OwnKeysIndex(c echo.Context) error {
	return s.ownKeysPage(c, http.StatusOK, views.OwnKeysPage{}, "")
}

func (s *Server) ownKeysPage(c echo.Context, status int, p views.OwnKeysPage, chosen string) error {
	list, err := s.Own.List(c.Request().Context(), visitor(c).AccountID)
	if err != nil {
		return err
	}
	p.Now, p.Off, p.FeeRate = time.Now(), !s.Own.Kept(), "0%"
	if rate := views.Percent(s.Config.FeeBPS); rate != "" {
		p.FeeRate = rate
	}
	for _, provider := range s.ownProviders() {
		p.Providers = append(p.Providers, ui.Option{Value: provider.Slug, Text: provider.Name, On: provider.Slug == chosen})
	}
	for i, k := range list {
		p.Keys = append(p.Keys, views.OwnKeyRow{
			ID: k.ID, Provider: s.providerName(k.Provider), Hint: k.Hint, BaseURL: k.BaseURL, Added: time.UnixMicro(k.CreatedUs).UTC(),
			Tested: k.Tested(), Trouble: k.Trouble, First: i == 0, Last: i == len(list)-1,
		})
	}
	p.Shell = s.shell(c, "Your own provider keys")
	p.Path = views.PathOwnKeys
	return s.render(c, status, views.OwnKeys(p))
}

func (s *Server) ownProviders() []models.Provider {
	list := s.Own.Providers()
	slices.SortFunc(list, func(a, b models.Provider) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return list
}

func (s *Server) providerName(slug string) string {
	if p := s.Catalog.Current().Provider(slug); p != nil {
		return p.Name
	}
	return slug
}

// OwnKeyAdd keeps a key.
func (s *Server) OwnKeyAdd(c echo.Context) error {
	p := views.OwnKeysPage{BaseURL: field(c, "base_url")}
	slug := field(c, "provider")
	if !slices.ContainsFunc(s.ownProviders(), func(p models.Provider) bool { return p.Slug == slug }) {
		p.Errors = views.FormErrors{{Field: "provider", Message: "Choose a provider from the list."}}
		return s.ownKeysPage(c, http.StatusUnprocessableEntity, p, slug)
	}
	k, err := s.Own.Add(c.Request().Context(), visitor(c).AccountID, auth.OwnKey{Provider: slug, Key: c.FormValue("key"), BaseURL: p.BaseURL})
	if err != nil {
		var ok bool
		if p.Errors, ok = formErrors(err); !ok {
			return err
		}
		return s.ownKeysPage(c, formStatus(err), p, slug)
	}
	s.flash(c, "The key "+k.Hint+" for "+s.providerName(slug)+" is stored, encrypted. Test it to see that it works.")
	return redirect(c, views.PathOwnKeys)
}

// OwnKeyDo tries, moves or removes a key.
func (s *Server) OwnKeyDo(c echo.Context) error {
	ctx, account, id := c.Request().Context(), visitor(c).AccountID, c.Param("id")
	var err error
	switch do := field(c, "do"); do {
	case "test":
		return s.ownKeyTest(c, account, id)
	case "up", "down":
		err = s.Own.Move(ctx, account, id, do == "up")
	case "remove":
		if err = s.Own.Remove(ctx, account, id); err == nil {
			s.flash(c, "The key is removed.")
		}
	default:
		err = models.Errorf(models.Invalid, "The form did not say what to do with the key.")
	}
	if err != nil {
		return err
	}
	return redirect(c, views.PathOwnKeys)
}

func (s *Server) ownKeyTest(c echo.Context, account, id string) error {
	ctx := c.Request().Context()
	k, err := s.Own.Open(ctx, account, id)
	if err != nil {
		return err
	}
	trouble, err := s.Own.Try(ctx, account, k)
	if errs, ok := formErrors(err); ok {
		s.flashError(c, errs[0].Message)
		return redirect(c, views.PathOwnKeys)
	}
	if err != nil {
		return err
	}
	if err := s.Own.Tested(ctx, account, id, trouble); err != nil {
		return err
	}
	if trouble != "" {
		s.flashError(c, trouble)
	} else {
		s.flash(c, "The key works: "+s.providerName(k.Provider)+" answered.")
	}
	return redirect(c, views.PathOwnKeys)
}

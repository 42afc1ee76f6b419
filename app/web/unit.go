package web

import (
	"bourse/app/catalog"
	"bourse/models"
	"bourse/views"
)

// Kinds of provider that are found rather than listed.
const (
	kindDemo  = "demo"
	kindLocal = "local"
)

// isDemo reports whether a model is one of the built-in ones that only pretend.
func isDemo(e *catalog.Entry) bool {
	for _, o := range e.Endpoints {
		if o.Provider.Kind == kindDemo {
			return true
		}
	}
	return false
}

// unitWords name what a price is the price of.
var unitWords = map[models.Unit]string{
	models.UnitInput: "input", models.UnitOutput: "output", models.UnitCacheRead: "cache read",
	models.UnitCacheWrite: "cache write", models.UnitCacheWrite1h: "cache write, one hour",
	models.UnitReasoning: "reasoning", models.UnitInputAudio: "audio in",
	models.UnitOutputAudio: "audio out", models.UnitInputImage: "image in",
	models.UnitOutputImage: "image out", models.UnitImage: "image", models.UnitRequest: "request",
	models.UnitAudioSecond: "second", models.UnitVideoSecond: "second",
	models.UnitCharacters: "1M characters", models.UnitPage: "page", models.UnitQuery: "query",
}

// unitOrder is the order in which an offer lists its prices.
var unitOrder = []models.Unit{
	models.UnitInput, models.UnitOutput, models.UnitCacheRead, models.UnitCacheWrite,
	models.UnitCacheWrite1h, models.UnitReasoning, models.UnitInputImage, models.UnitOutputImage,
	models.UnitInputAudio, models.UnitOutputAudio, models.UnitImage, models.UnitVideoSecond,
	models.UnitAudioSecond, models.UnitCharacters, models.UnitPage, models.UnitQuery, models.UnitRequest,
}

func unitWord(u models.Unit) string {
	if w := unitWords[u]; w != "" {
		return w
	}
	return string(u)
}

// unitPrice writes a rate as its price lists do: per million tokens, or by the piece.
func unitPrice(u models.Unit, r models.Rate) string {
	if u.PerToken() {
		return views.Price(int64(r))
	}
	return views.UnitPrice(int64(r))
}

// unitLabel says what the figure is the price of: "per 1M tokens, image in" or "per image".
func unitLabel(u models.Unit) string {
	switch {
	case u == models.UnitCharacters, !u.PerToken():
		return "per " + unitWord(u)
	}
	return "per 1M tokens, " + unitWord(u)
}

// recorded is the newest day on which a price of the catalogue was written down.
func (s *Server) recorded(snapshot *catalog.Snapshot) string {
	if len(snapshot.Models) == 0 {
		return ""
	}
	return views.Date(snapshot.Recorded)
}

package seeds

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"bourse/models"
)

// prices turns offers and their history into price versions. Their ids are made from what they
// say, so that a second import of the same facts adds nothing.
func prices(offers []OfferLine, history []HistoryLine) ([]models.PriceVersion, error) {
	points := make(map[[2]string][]HistoryPoint, len(history))
	for _, line := range history {
		points[[2]string{line.Model, line.Tag}] = line.Points
	}
	out := make([]models.PriceVersion, 0, 2*len(offers))
	for _, o := range offers {
		for _, point := range o.history(points[[2]string{o.Model, o.Tag}]) {
			from, err := time.Parse(time.DateOnly, point.Date)
			if err != nil {
				return nil, fmt.Errorf("history.json: %s at %s: %w", o.Model, o.Tag, err)
			}
			v := models.PriceVersion{
				Model: o.Model, Tag: o.Tag, Pricing: o.pricing(), EffectiveFrom: from,
				Source: point.Source, Flag: point.Flag,
			}
			if point.Rates != nil {
				v.Pricing = models.Pricing{Rates: point.Rates}
			}
			if v.ID, err = PriceID(v); err != nil {
				return nil, err
			}
			out = append(out, v)
		}
	}
	return out, nil
}

// history is the recorded points, or for an offer that has none its price since the day a source
// dated it.
func (l OfferLine) history(recorded []HistoryPoint) []HistoryPoint {
	if len(recorded) > 0 {
		return recorded
	}
	return []HistoryPoint{{Date: l.Since(), Source: l.PriceSource}}
}

// Since is the day from which the offer's price is known to hold: when it last changed, or else
// when a source last agreed with it.
func (l OfferLine) Since() string {
	if l.LastUpdated != "" {
		return l.LastUpdated
	}
	return l.LastSeen
}

// PriceID is the id of a price version that comes from facts rather than from a person: the same
// facts give the same id.
func PriceID(v models.PriceVersion) (string, error) {
	pricing, err := json.Marshal(v.Pricing) // maps are written in the order of their keys
	if err != nil {
		return "", fmt.Errorf("price of %s at %s: %w", v.Model, v.Tag, err)
	}
	h := sha256.New()
	for _, part := range []string{v.Model, v.Tag, v.EffectiveFrom.UTC().Format(time.RFC3339), string(pricing)} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	return "pv-" + hex.EncodeToString(h.Sum(nil)[:12]), nil
}

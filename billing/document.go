package billing

import (
	"time"

	"bourse/models"
)

// Document is a receipt as JSON: the exact lines, and what they come to.
type Document struct {
	Generation   string         `json:"generation"`
	Created      time.Time      `json:"created_at"`
	Model        string         `json:"model"`
	Provider     string         `json:"provider"`
	PriceVersion string         `json:"price_version"`
	Lines        []DocumentLine `json:"lines"`
	ProviderCost models.Amount  `json:"provider_cost"`
	OwnKey       bool           `json:"own_key"`   // the customer paid the provider
	ListCost     models.Amount  `json:"list_cost"` // what that was by the list, else 0
	FeeBps       int64          `json:"fee_bps"`
	PlatformFee  models.Amount  `json:"platform_fee"`
	Total        models.Amount  `json:"total"`
	Hold         models.Amount  `json:"hold"`
	Estimated    bool           `json:"estimated"`
	Waived       bool           `json:"waived"`
	Currency     string         `json:"currency"`
}

// DocumentLine is quantity times price. Price and amount are exact decimals in US dollars, as
// strings, because twelve places are more than a JSON reader keeps.
type DocumentLine struct {
	Unit     models.Unit `json:"unit"`
	Quantity int64       `json:"quantity"`
	Price    string      `json:"price_per_unit"`
	Amount   string      `json:"amount"`
}

// Document writes a receipt of the generation it was computed for.
func (r Receipt) Document(g *models.Generation) Document {
	d := Document{Generation: g.ID, Created: g.Created, Model: g.Model, Provider: g.Provider, PriceVersion: g.PriceVersion,
		Lines: make([]DocumentLine, 0, len(r.Lines)), ProviderCost: r.Cost, OwnKey: g.OwnKey, ListCost: r.List, FeeBps: g.FeeBps, PlatformFee: r.Fee, Total: r.Total(),
		Hold: g.Hold, Estimated: g.Estimated, Waived: r.Waived, Currency: "USD"}
	for _, l := range r.Lines {
		d.Lines = append(d.Lines, DocumentLine{l.Unit, l.Quantity, l.Rate.PerUnitUSD(), models.Rate(l.Pico).PerUnitUSD()})
	}
	return d
}

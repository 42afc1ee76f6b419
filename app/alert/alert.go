// Package alert tells people when a price falls to a mark that they have set.
//
// An alert is a row with a state. It is moved, with the letter that tells of it ordered in the same
// transaction, only from the very state that was read: however many processes look at once, and
// whenever one of them dies, each crossing is told of once.
package alert

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"bourse/app/catalog"
	"bourse/models"
)

// belowMost bounds a mark: a thousand dollars for a single token.
const belowMost models.Rate = 1_000_000_000_000_000

// Alerts sets price alerts and watches over them.
type Alerts struct {
	DB      *models.DB
	Catalog *catalog.Catalog
	BaseURL string
	Log     *slog.Logger
	Now     func() time.Time
	// Letter is a letter to the owner of an account, as work that a transaction orders.
	Letter func(id, accountID, subject, body string, now time.Time) models.Outbox

	done round
}

// Offers is which of a model's offers an alert looks at.
type Offers struct {
	Name  string // in forms and in the database
	Label string
	fits  func(*catalog.Offer) bool
}

// Choices lists which offers an alert can look at, all of them first.
func Choices() []Offers {
	return []Offers{
		{"", "any provider", func(*catalog.Offer) bool { return true }},
		{"callable", "providers that can be called here", func(o *catalog.Offer) bool { return o.Routable }},
		{"zdr", "providers that keep nothing of a prompt", (*catalog.Offer).ZeroRetention},
		{"no_training", "providers that do not train on prompts", (*catalog.Offer).NoTraining},
	}
}

// choice finds one by its name.
func choice(name string) (Offers, bool) {
	list := Choices()
	i := slices.IndexFunc(list, func(o Offers) bool { return o.Name == name })
	if i < 0 {
		return Offers{}, false
	}
	return list[i], true
}

// Wish is what somebody asks to be told of, as typed.
type Wish struct{ Model, Price, Offers, Below string }

// Set keeps a new alert. What is wrong with the wish is an Invalid error on its field; one that is
// there already is a Conflict.
func (a *Alerts) Set(ctx context.Context, accountID string, w Wish) (View, error) {
	entry := a.Catalog.Current().Model(w.Model)
	if entry == nil {
		return View{}, models.FieldError("model", "There is no such model on the list.")
	}
	measure, ok := catalog.ParseMeasure(w.Price)
	if !ok {
		return View{}, models.FieldError("price", "Choose which price to watch.")
	}
	offers, ok := choice(w.Offers)
	if !ok {
		return View{}, models.FieldError("offers", "Choose whose prices to watch.")
	}
	if o, _ := entry.Cheapest(measure, func(*catalog.Offer) bool { return true }); o == nil {
		return View{}, models.FieldError("price", "Nobody asks a price of this kind for this model.")
	}
	below, err := parseMark(w.Below)
	if err != nil {
		return View{}, err
	}
	if o, now := entry.Cheapest(measure, offers.fits); o != nil && now <= below {
		return View{}, models.FieldError("below", "It is at $%s already, at %s. Choose a price below that.", now.PerMillionUSD(), o.Provider.Name)
	}
	row := models.PriceAlert{
		ID: models.NewID("al"), AccountID: accountID, Model: entry.ID, Price: measure.Name, Offers: offers.Name,
		Below: below, State: models.AlertArmed, CreatedUs: a.Now().UnixMicro(),
	}
	if err := a.DB.InsertPriceAlert(ctx, row); err != nil {
		return View{}, err
	}
	return a.view(row), nil
}

func parseMark(typed string) (models.Rate, error) {
	const field = "below"
	if typed == "" {
		return 0, models.FieldError(field, "Write a price in US dollars per million tokens.")
	}
	if typed[0] == '-' {
		return 0, models.FieldError(field, "A price cannot be negative.")
	}
	rate, err := models.ParseRateTyped(typed)
	switch {
	case err != nil:
		return 0, models.FieldError(field, "%s.", models.MessageOf(err))
	case rate == 0:
		return 0, models.FieldError(field, "Write more than zero: offers that are free are not watched.")
	case rate > belowMost:
		return 0, models.FieldError(field, "That is more than any price.")
	}
	return rate, nil
}

// View is an alert with the price of this moment.
type View struct {
	models.PriceAlert
	Entry   *catalog.Entry // nil when the model is not on the list
	Name    string         // of the model
	Measure catalog.Measure
	Among   Offers
	Offer   *catalog.Offer // with the lowest price now, nil when there is none
	Rate    models.Rate    // that price
}

// List is an account's alerts, the newest first.
func (a *Alerts) List(ctx context.Context, accountID string) ([]View, error) {
	rows, err := a.DB.PriceAlerts(ctx, accountID)
	if err != nil {
		return nil, err
	}
	out := make([]View, len(rows))
	for i, row := range rows {
		out[i] = a.view(row)
	}
	return out, nil
}

// ByID is one alert. Its id is known to its owner alone, from their own page or a letter.
func (a *Alerts) ByID(ctx context.Context, id string) (View, error) {
	row, err := a.DB.PriceAlert(ctx, id)
	if err != nil {
		return View{}, err
	}
	return a.view(row), nil
}

// Remove ends an alert without a word.
func (a *Alerts) Remove(ctx context.Context, id string) error { return a.DB.DeletePriceAlert(ctx, id) }

func (a *Alerts) view(row models.PriceAlert) View { return viewIn(a.Catalog.Current(), row) }

func viewIn(s *catalog.Snapshot, row models.PriceAlert) View {
	v := View{PriceAlert: row, Name: row.Model, Entry: s.Model(row.Model)}
	var known bool
	if v.Measure, known = catalog.ParseMeasure(row.Price); !known {
		v.Measure.Label = row.Price
	}
	if v.Among, known = choice(row.Offers); !known {
		v.Among.Label = row.Offers
	}
	switch gone := s.Retired(row.Model); {
	case v.Entry != nil:
		v.Name = v.Entry.Name
	case gone != nil:
		v.Name = gone.Name
	}
	if v.Entry != nil && v.Among.fits != nil {
		v.Offer, v.Rate = v.Entry.Cheapest(v.Measure, v.Among.fits)
	}
	return v
}

package catalog

import (
	"context"
	"fmt"
	"slices"
	"time"

	"bourse/models"
)

// Choice is what a person decided about a Diff.
type Choice struct {
	Accepted []string // names of held moves that are right after all
	Retire   bool     // whether the offers that are gone shall be retired
}

// Taken is what TakeIn wrote.
type Taken struct {
	New, Changed, Retired, Models int
}

// TakeIn writes what a price list changes, in one transaction, and reloads. Prices begin now, as
// versions beside those before; nothing is overwritten. Rows of offers, models and providers that
// come from here belong to the operator: the next embedded catalogue leaves them alone.
func (c *Catalog) TakeIn(ctx context.Context, d *Diff, choice Choice) (Taken, error) {
	moves := slices.Concat(d.Up, d.Down, d.Sideways)
	fresh := slices.Clone(d.New)
	for _, m := range d.Held {
		switch {
		case !slices.Contains(choice.Accepted, m.Name()):
		case len(m.Before.Rates) == 0:
			fresh = append(fresh, m)
		default:
			moves = append(moves, m)
		}
	}
	for _, name := range choice.Accepted {
		if !slices.ContainsFunc(d.Held, func(m Move) bool { return m.Name() == name }) {
			return Taken{}, models.Errorf(models.Invalid, "%s is not held back", name)
		}
	}
	now := c.now().UTC()
	var offers []models.Endpoint
	for _, m := range fresh {
		e := m.Offer
		e.LastSeen = now.Format(time.DateOnly)
		offers = append(offers, e)
	}
	var prices []models.PriceVersion
	for _, m := range append(moves, fresh...) {
		prices = append(prices, models.PriceVersion{ID: models.NewID("pv"), Model: m.Offer.Model, Tag: m.Offer.Tag,
			Pricing: m.Offer.Pricing, EffectiveFrom: now, Source: d.Source})
	}
	list := wanted(d.Models, offers, c.Current())
	err := c.db.Tx(ctx, func(tx *models.DB) error {
		if err := tx.PutAuthors(ctx, d.Authors); err != nil {
			return err
		}
		if err := tx.PutProviders(ctx, "", d.Providers); err != nil {
			return err
		}
		if err := tx.PutModels(ctx, "", list); err != nil {
			return err
		}
		if err := tx.PutEndpoints(ctx, "", offers); err != nil {
			return err
		}
		if choice.Retire {
			if err := tx.RetireEndpoints(ctx, d.Gone); err != nil {
				return err
			}
		}
		return tx.AddPriceVersions(ctx, prices)
	})
	if err != nil {
		return Taken{}, fmt.Errorf("take in a price list: %w", err)
	}
	done := Taken{New: len(fresh), Changed: len(moves), Models: len(list)}
	if choice.Retire {
		done.Retired = len(d.Gone)
	}
	return done, c.Reload(ctx)
}

// wanted are the models of a list that are described anew, or that one of its offers needs.
func wanted(list []models.Model, offers []models.Endpoint, s *Snapshot) []models.Model {
	var out []models.Model
	for _, m := range list {
		if s.Model(m.ID) != nil || slices.ContainsFunc(offers, func(e models.Endpoint) bool { return e.Model == m.ID }) {
			out = append(out, m)
		}
	}
	return out
}

// Package catalog knows what can be bought: the models, who serves them and at what price. It
// holds one immutable Snapshot in memory, which pages, API and router read without SQL, and
// replaces it as a whole when facts change.
//
// It decides nothing about a request: which offer serves it is routing's, what it costs billing's.
package catalog

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"bourse/models"
)

// Catalog is the current snapshot and what it is built from.
type Catalog struct {
	db        *models.DB
	connected func(provider models.Provider) bool
	now       func() time.Time
	current   atomic.Pointer[Snapshot]

	mu    sync.Mutex // one rebuild at a time
	extra extra
	uses  map[string]Use
	mark  string // of the database when the snapshot was made
}

// extra is what was found at start rather than imported: the demo provider, local servers.
type extra struct {
	models    []models.Model
	endpoints []models.Endpoint
	providers []models.Provider
}

// New makes a catalogue that is empty until Reload. connected says whether the operator has given
// a provider's key; it is asked at each Reload, for every provider.
func New(db *models.DB, connected func(provider models.Provider) bool) *Catalog {
	c := &Catalog{db: db, connected: connected, now: time.Now}
	c.current.Store(build(facts{at: c.now()}, connected))
	return c
}

// Current is the catalogue of this moment. It never changes; ask again for a newer one.
func (c *Catalog) Current() *Snapshot { return c.current.Load() }

// Reload reads the database and swaps the snapshot. Prices whose day has come take effect here.
func (c *Catalog) Reload(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reload(ctx)
}

// Refresh reloads when another replica, or the operator's tool, has changed something, when an
// announced price takes effect, and when a day begins. It is cheap when there is nothing to do.
func (c *Catalog) Refresh(ctx context.Context) error {
	mark, err := c.db.CatalogueMark(ctx)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if mark == c.mark && c.now().Before(c.Current().valid) {
		return nil
	}
	return c.reload(ctx)
}

func (c *Catalog) reload(ctx context.Context) error {
	mark, err := c.db.CatalogueMark(ctx)
	if err != nil {
		return err
	}
	f, err := readFacts(ctx, c.db)
	if err != nil {
		return fmt.Errorf("reload the catalogue: %w", err)
	}
	f.at = c.now().UTC()
	f.add(c.extra)
	f.uses = c.uses
	c.current.Store(build(f, c.connected))
	c.mark = mark
	return nil
}

// SetExtra replaces the models, offers and providers that live beside the database's rows, records
// prices that are new, and reloads. A generation at such an offer thus names a recorded price like
// any other.
func (c *Catalog) SetExtra(ctx context.Context, list []models.Model, endpoints []models.Endpoint, providers []models.Provider) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.recordPrices(ctx, endpoints); err != nil {
		return fmt.Errorf("record prices of found models: %w", err)
	}
	c.extra = extra{list, endpoints, providers}
	return c.reload(ctx)
}

// recordPrices adds a price version for each offer whose price differs from the one in force.
func (c *Catalog) recordPrices(ctx context.Context, endpoints []models.Endpoint) error {
	known, err := c.db.PriceVersions(ctx)
	if err != nil {
		return err
	}
	now := c.now().UTC()
	inForce := pricesInForce(known, now)
	var fresh []models.PriceVersion
	for _, e := range endpoints {
		old, ok := inForce[offerKey{e.Model, e.Tag}]
		if ok && samePricing(old.Pricing, e.Pricing) {
			continue
		}
		fresh = append(fresh, models.PriceVersion{
			ID: models.NewID("pv"), Model: e.Model, Tag: e.Tag, Pricing: e.Pricing,
			EffectiveFrom: now, Source: e.PriceSource,
		})
	}
	return c.db.AddPriceVersions(ctx, fresh)
}

package app

import (
	"context"
	"slices"
	"time"

	"bourse/app/provider"
	"bourse/models"
)

const (
	resaleEvery = 10 * time.Minute
	// resaleFirstTime is how long the start may wait for somebody else's list.
	resaleFirstTime = 5 * time.Second
)

// refreshResale puts what the reseller lists on the market beside what was found here: one more
// offer of a model that the catalogue knows, else a model of its own. Without its key it does
// nothing; while its list cannot be had, the last one stands.
func (a *App) refreshResale(ctx context.Context) error {
	reseller := provider.Reseller()
	conn, ok := a.connections.Connection(&reseller)
	if !ok {
		return nil
	}
	list, endpoints, err := provider.DiscoverResold(ctx, conn)
	if err != nil {
		return err
	}
	s := a.Catalog.Current()
	for i := range endpoints {
		if known := s.Model(endpoints[i].Model); known != nil {
			endpoints[i].Model = known.ID // it may be listed under another name of it
		}
	}
	list = slices.DeleteFunc(list, func(m models.Model) bool {
		known := s.Model(m.ID)
		return known != nil && known.ID != m.ID
	})
	x := a.found
	return a.Catalog.SetExtra(ctx, append(slices.Clone(x.models), list...), append(slices.Clone(x.endpoints), endpoints...),
		append(slices.Clone(x.providers), reseller))
}

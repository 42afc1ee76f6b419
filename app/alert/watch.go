package alert

import (
	"context"
	"sync"
	"time"

	"bourse/app/catalog"
	"bourse/models"
)

const (
	// restTime is the least time between two letters of one alert.
	restTime = 24 * time.Hour
	// rearmAfter is how long a price that fell is left alone. Clocks of two replicas, and what each
	// was told by a reseller, may differ for minutes: none of that is a price that rose again.
	rearmAfter = 15 * time.Minute
	// idleTime is how long nothing is looked at while no price changes: long enough to cost nothing,
	// short enough for what only time decides.
	idleTime  = 5 * time.Minute
	batchSize = 500
)

// round is what was looked at last.
type round struct {
	mu      sync.Mutex
	version string
	at      time.Time
}

// Watch compares every alert with the catalogue when prices have changed. Any number of processes
// may do so at once.
//
// The rows are read before the catalogue is brought up to date: a price that somebody has told of
// is then in the catalogue that decides here, and an older one cannot undo what a newer one did.
func (a *Alerts) Watch(ctx context.Context) error {
	a.done.mu.Lock()
	defer a.done.mu.Unlock()
	now := a.Now()
	if a.Catalog.Current().Version == a.done.version && now.Sub(a.done.at) < idleTime && !now.Before(a.done.at) {
		return nil
	}
	version := ""
	for after := ""; ; {
		rows, err := a.DB.OpenPriceAlerts(ctx, after, batchSize)
		if err != nil {
			return err
		}
		if err := a.Catalog.Refresh(ctx); err != nil {
			return err
		}
		s := a.Catalog.Current()
		if version == "" {
			version = s.Version
		}
		for _, row := range rows {
			if err := a.look(ctx, s, row, now); err != nil {
				return err
			}
		}
		if len(rows) < batchSize {
			break
		}
		after = rows[len(rows)-1].ID
	}
	a.done.version, a.done.at = version, now
	return nil
}

// look moves one alert on, if it has to be.
func (a *Alerts) look(ctx context.Context, s *catalog.Snapshot, row models.PriceAlert, now time.Time) error {
	v := viewIn(s, row)
	gone := s.Retired(row.Model)
	below := v.Offer != nil && v.Rate <= row.Below
	above := v.Offer != nil && v.Rate > row.Below
	var told *models.Outbox
	switch {
	case v.Entry == nil && gone != nil:
		row.State = models.AlertEnded
		told = a.endLetter(v, now)
	case row.State == models.AlertArmed && below && now.Sub(row.Told()) >= restTime:
		row.State, row.ToldUs, row.ToldRate, row.ToldTag = models.AlertFired, now.UnixMicro(), v.Rate, v.Offer.Tag
		told = a.priceLetter(s, v, now)
	case row.State == models.AlertFired && above && now.Sub(row.Told()) >= rearmAfter:
		row.State = models.AlertArmed
	default:
		return nil
	}
	moved, err := a.DB.MovePriceAlert(ctx, row, told)
	if moved && told != nil {
		a.Log.Info("price alert", "alert", row.ID, "model", row.Model, "state", row.State)
	}
	return err
}

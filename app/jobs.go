package app

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// job is something that is done again and again while the server runs.
type job struct {
	name  string
	every time.Duration
	run   func(ctx context.Context) error
}

// jobs is every background job of the house. Each may run on several replicas at once: what it
// does is idempotent.
func (a *App) jobs() []job {
	return []job{
		{"beat: mark our running requests as alive", a.Config.HoldTimeout / 4, a.Billing.Ledger.Beat},
		{"expire: take back holds of processes that died", a.Config.HoldTimeout / 3, a.expireHolds},
		{"converge: credit purchases whose webhook never came", 5 * time.Minute, a.Billing.ConvergePending},
		{"catalogue: let prices take effect and see what others changed", 5 * time.Second, a.Catalog.Refresh},
		{"resale: what the reseller lists, and at which prices", resaleEvery, a.refreshResale},
		{"keys: write down when keys were last used", 30 * time.Second, a.Keys.Flush},
		{"sessions: forget what has run out", time.Hour, a.Accounts.Sweep},
	}
}

// jobTimeout bounds one run of one job.
const jobTimeout = 2 * time.Minute

// runJobs runs the jobs until ctx ends, and waits for those that are in progress.
func runJobs(ctx context.Context, list []job, log *slog.Logger) {
	var wg sync.WaitGroup
	for _, j := range list {
		wg.Go(func() {
			t := time.NewTicker(j.every)
			defer t.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-t.C:
				}
				once, cancel := context.WithTimeout(ctx, jobTimeout)
				if err := j.run(once); err != nil && ctx.Err() == nil {
					log.Error("job failed", "job", j.name, "err", err)
				}
				cancel()
			}
		})
	}
	wg.Wait()
}

func (a *App) expireHolds(ctx context.Context) error {
	n, err := a.Billing.Ledger.Expire(ctx, a.Config.HoldTimeout)
	if n > 0 {
		a.Log.Warn("holds of a dead process taken back", "count", n)
	}
	return err
}

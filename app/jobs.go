package app

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"bourse/app/catalog"
)

// job is something that is done again and again while the server runs.
type job struct {
	name  string
	every time.Duration
	run   func(ctx context.Context) error
	limit time.Duration // of one run; 0 = the usual
}

// jobs is every background job of the house. Each may run on several replicas at once: what it
// does is idempotent.
func (a *App) jobs() []job {
	return []job{
		{name: "beat: mark our running requests as alive", every: a.Config.HoldTimeout / 4, run: a.Billing.Ledger.Beat},
		{name: "expire: take back holds of processes that died", every: a.Config.HoldTimeout / 3, run: a.expireHolds},
		{name: "outbox: do what committed transactions ordered", every: 2 * time.Second, run: a.Billing.RunOutbox},
		{name: "converge: look at purchases whose end is not known", every: 5 * time.Minute, run: a.Billing.ConvergePending},
		{name: "refunds: ask again for those without an answer", every: time.Minute, run: a.Billing.FinishRefunds},
		{name: "auto top-up: go on after a wait", every: time.Minute, run: a.Billing.ResumeAutoTopUps},
		{name: "promotions: end credit whose time is over", every: 10 * time.Minute, run: a.Billing.ExpirePromos},
		{name: "payments: forget old traces", every: 6 * time.Hour, run: a.Billing.Sweep},
		{name: "reconcile: compare the last three days of payments with the books", every: time.Minute, run: a.Billing.ReconcileRecent, limit: reconcileTime},
		{name: "reconcile nightly: compare the last thirty days and the balance", every: 20 * time.Minute, run: a.Billing.ReconcileNightly, limit: reconcileTime},
		{name: "catalogue: let prices take effect and see what others changed", every: 5 * time.Second, run: a.Catalog.Refresh},
		{name: "price alerts: tell of prices that fell to a mark", every: 5 * time.Second, run: a.Alerts.Watch},
		{name: "resale: what the reseller lists, and at which prices", every: resaleEvery, run: a.refreshResale},
		{name: "usage: sum up what was used", every: 20 * time.Second, run: a.CountUse},
		{name: "keys: write down when keys were last used", every: 30 * time.Second, run: a.Keys.Flush},
		{name: "garbage: collect it seldom under load", every: time.Second, run: (&garbage{env: a.Config.Env, percent: garbageLess}).tune},
		{name: "sessions: forget what has run out", every: time.Hour, run: a.Accounts.Sweep},
	}
}

// jobTimeout bounds one run of one job.
const jobTimeout = 2 * time.Minute

// reconcileTime bounds a comparison with the payment provider, which answers in pages.
const reconcileTime = 30 * time.Minute

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
				once, cancel := context.WithTimeout(ctx, cmp.Or(j.limit, jobTimeout))
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

// CountUse sums up what was used, and tells the catalogue of it when a day is complete.
func (a *App) CountUse(ctx context.Context) error {
	a.counting.Lock()
	defer a.counting.Unlock()
	if err := a.Usage.Run(ctx); err != nil {
		return err
	}
	v := a.Usage.View()
	if v.Through.Equal(a.usedThrough) {
		return nil
	}
	uses := make(map[string]catalog.Use, len(v.Models))
	for id, u := range v.Models {
		uses[id] = catalog.Use{Tokens: u.Week(), Accounts: u.Accounts, Weeks: u.Weeks[:]}
	}
	if err := a.Catalog.SetUse(ctx, uses); err != nil {
		return err
	}
	a.usedThrough = v.Through
	return nil
}

package billing_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bourse/billing"
	"bourse/models"
	"bourse/models/modelstest"
)

// TestReserve is about holds for which nobody waits.
func TestReserve(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		l := book(t, db)
		id := account(t, db, l, 100*usd)
		t.Run("with its settlement", func(t *testing.T) {
			g := generation(id)
			held := reserve(t, l, fixed(g, usd))
			g.Model, g.Cost, g.Fee, g.Finish = "c/d", 2*usd/10, usd/100, "stop"
			if err := l.Settle(t.Context(), g); err != nil {
				t.Fatal(err)
			}
			if err := held.Wait(); err != nil {
				t.Error(err)
			}
			stored(t, db, g, models.GenerationSettled)
			again := *g
			if err := l.Settle(t.Context(), &again); models.CodeOf(err) != models.Conflict {
				t.Errorf("a second settlement: %v", err)
			}
		})
		t.Run("alone, when somebody waits after all", func(t *testing.T) {
			g := generation(id)
			held := reserve(t, l, fixed(g, usd))
			if err := held.Wait(); err != nil {
				t.Fatal(err)
			}
			stored(t, db, g, models.GenerationOpen)
			g.Cost = usd / 10
			if err := l.Settle(t.Context(), g); err != nil {
				t.Fatal(err)
			}
			stored(t, db, g, models.GenerationSettled)
		})
		t.Run("freed together with it", func(t *testing.T) {
			g := generation(id)
			reserve(t, l, fixed(g, usd))
			if err := l.Void(t.Context(), g); err != nil {
				t.Fatal(err)
			}
			stored(t, db, g, models.GenerationVoided)
		})
		t.Run("many at once", func(t *testing.T) {
			var wg sync.WaitGroup
			for range 400 {
				wg.Go(func() {
					g := generation(id)
					held, err := l.Reserve(context.Background(), fixed(g, usd/1000), func() { t.Error("refused") })
					if err != nil {
						t.Error(err)
						return
					}
					if g.Cost = usd / 2000; g.ID[len(g.ID)-1]%2 == 0 {
						err = held.Wait()
					}
					if err == nil {
						err = l.Settle(context.Background(), g)
					}
					if err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		})
		if a := balance(t, db, id); a.Held != 0 || a.Posted != 100*usd-2*usd/10-usd/100-usd/10-400*usd/2000 {
			t.Errorf("held %s, posted %s", a.Held.USD(), a.Posted.USD())
		}
	})
}

// reserve reserves what is there many times over: the account was seen in a commit before.
func reserve(t *testing.T, l *billing.Ledger, h *billing.Hold) *billing.Held {
	t.Helper()
	if h.Amount == 0 {
		t.Fatal("nothing to reserve")
	}
	held, err := l.Reserve(t.Context(), h, func() {})
	if err != nil {
		t.Fatal(err)
	}
	if !held.Pending() {
		t.Error("it was waited for")
	}
	return held
}

func stored(t *testing.T, db *models.DB, want *models.Generation, state models.GenerationState) {
	t.Helper()
	got, err := db.GenerationByID(t.Context(), want.AccountID, want.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.State != state || got.Hold != want.Hold || got.Model != want.Model || state == models.GenerationSettled && (got.Cost != want.Cost || got.Fee != want.Fee || got.Finish != want.Finish) {
		t.Errorf("stored %+v, wanted %+v in state %d", got, want, state)
	}
}

// TestReserveIsNoPromise spends what another process had seen: the hold is refused after all, its
// settlement with it, and nothing is charged.
func TestReserveIsNoPromise(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		l, other := book(t, db), book(t, db)
		id := account(t, db, l, 100*usd)
		if err := other.Post(t.Context(), billing.Posting{Kind: "test", Ref: models.NewID("t"), Entries: []models.LedgerEntry{
			{AccountID: id, Amount: -100 * usd}, {AccountID: billing.AccountPromo, Amount: 100 * usd}}}); err != nil {
			t.Fatal(err)
		}
		var refusal *billing.Refusal
		told := make(chan struct{})
		first, err := l.Reserve(t.Context(), fixed(generation(id), usd), func() { close(told) })
		if err != nil {
			t.Fatal(err)
		}
		g := generation(id)
		held := reserve(t, l, fixed(g, usd))
		g.Cost = usd
		if err := l.Settle(t.Context(), g); !errors.As(err, &refusal) || refusal.Source != billing.SourceBalance {
			t.Errorf("the settlement: %v", err)
		}
		if err := held.Wait(); !errors.As(err, &refusal) {
			t.Errorf("the hold: %v", err)
		}
		<-told
		if !first.Refused() || !errors.As(first.Wait(), &refusal) {
			t.Error("it is told, and not known")
		}
		if _, err := db.GenerationByID(t.Context(), id, g.ID); models.CodeOf(err) != models.NotFound {
			t.Errorf("the generation: %v", err)
		}
		if l.Live() != 0 {
			t.Errorf("%d are thought to be running", l.Live())
		}
	})
}

// TestReserveWithinLimits lets many ask at once for more than there is: whoever is granted was
// within the credit and the key's limit.
func TestReserveWithinLimits(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		l := book(t, db)
		id := account(t, db, l, 50*usd)
		var charged, refused atomic.Int64
		var wg sync.WaitGroup
		for range 300 {
			wg.Go(func() {
				g := generation(id)
				h := fixed(g, usd)
				h.KeyLimit, h.KeyReset = 20*usd, "daily"
				held, err := l.Reserve(context.Background(), h, func() {})
				if err == nil {
					g.Cost = usd
					err = l.Settle(context.Background(), g)
				}
				var refusal *billing.Refusal
				switch {
				case err == nil:
					charged.Add(1)
					err = held.Wait()
				case errors.As(err, &refusal) && refusal.Source == billing.SourceKey:
					refused.Add(1)
					err = nil
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if charged.Load() != 20 || refused.Load() != 280 {
			t.Errorf("%d charged, %d refused", charged.Load(), refused.Load())
		}
	})
}

// TestReserveInOrder asks for all that is left while a hold waits for company: whoever came first
// is served first.
func TestReserveInOrder(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		l := book(t, db)
		id := account(t, db, l, 100*usd)
		first, second := generation(id), generation(id)
		held := reserve(t, l, fixed(first, usd))
		var refusal *billing.Refusal
		if err := l.Hold(t.Context(), fixed(second, 100*usd)); !errors.As(err, &refusal) || refusal.Available != 99*usd {
			t.Errorf("the second: %v", err)
		}
		if err := held.Wait(); err != nil {
			t.Errorf("the first: %v", err)
		}
		if err := l.Void(t.Context(), first); err != nil {
			t.Error(err)
		}
	})
}

// TestReserveAtTheEnd closes a ledger while a hold still waits for company.
func TestReserveAtTheEnd(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		l, err := billing.NewLedger(db)
		if err != nil {
			t.Fatal(err)
		}
		id := account(t, db, l, 100*usd)
		g := generation(id)
		held := reserve(t, l, fixed(g, usd))
		l.Close()
		if err := held.Wait(); err != nil {
			t.Error(err)
		}
		stored(t, db, g, models.GenerationOpen)
		last := book(t, db)
		if _, err := last.Expire(t.Context(), -time.Minute); err != nil {
			t.Error(err)
		}
		if a := balance(t, db, id); a.Held != 0 {
			t.Errorf("held %s", a.Held.USD())
		}
	})
}

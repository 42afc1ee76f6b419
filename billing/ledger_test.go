package billing_test

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bourse/billing"
	"bourse/models"
	"bourse/models/modelstest"
)

const usd = models.Amount(models.NanoPerUSD)

// book opens a ledger that is drained and audited when the test ends.
func book(t *testing.T, db *models.DB) *billing.Ledger {
	t.Helper()
	l, err := billing.NewLedger(db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		l.Close()
		breaches, err := db.Audit(context.Background(), time.Hour)
		if err != nil {
			t.Error(err)
		}
		for _, b := range breaches {
			t.Errorf("%s: %s should be %s, is %s", b.Invariant, b.Row, b.Want, b.Got)
		}
	})
	return l
}

func account(t *testing.T, db *models.DB, l *billing.Ledger, credit models.Amount) string {
	t.Helper()
	id, err := db.CreateAccount(t.Context(), models.NewID("usr"))
	if err != nil {
		t.Fatal(err)
	}
	if credit > 0 {
		if err := l.Grant(t.Context(), id, credit, models.NewID("grant"), "test", "test"); err != nil {
			t.Fatal(err)
		}
	}
	return id
}

func generation(account string) *models.Generation {
	return &models.Generation{ID: models.NewID("gen"), AccountID: account, KeyID: "key-1", Model: "a/b", Provider: "p", Tag: "p", APIType: "completions",
		Created: time.Now(), Usage: models.Usage{ProviderCost: -1}}
}

func fixed(g *models.Generation, amount models.Amount) *billing.Hold {
	return &billing.Hold{Generation: g, Amount: amount, Least: amount, KeyLimit: -1}
}

func balance(t *testing.T, db *models.DB, id string) models.Account {
	t.Helper()
	a, err := db.AccountByID(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestLedger(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		t.Run("a hold settles once", func(t *testing.T) {
			l := book(t, db)
			id := account(t, db, l, 10*usd)
			g := generation(id)
			if err := l.Hold(t.Context(), fixed(g, 4*usd)); err != nil {
				t.Fatal(err)
			}
			if a := balance(t, db, id); a.Held != 4*usd || a.Available() != 6*usd {
				t.Fatalf("held %s, available %s", a.Held.USD(), a.Available().USD())
			}
			g.Cost, g.Fee = 1*usd, 5*usd/100
			if err := l.Settle(t.Context(), g); err != nil {
				t.Fatal(err)
			}
			again := *g
			if err := l.Settle(t.Context(), &again); models.CodeOf(err) != models.Conflict {
				t.Fatalf("second settlement: %v", err)
			}
			if a := balance(t, db, id); a.Held != 0 || a.Posted != 10*usd-105*usd/100 {
				t.Fatalf("held %s, posted %s", a.Held.USD(), a.Posted.USD())
			}
		})
		t.Run("five hundred at once with credit for ten", func(t *testing.T) {
			l := book(t, db)
			id := account(t, db, l, 10*usd)
			var paid, refused atomic.Int64
			var wg sync.WaitGroup
			for range 500 {
				wg.Go(func() {
					g := generation(id)
					err := l.Hold(context.Background(), fixed(g, usd))
					var r *billing.Refusal
					if errors.As(err, &r) {
						refused.Add(1)
						return
					}
					if err != nil {
						t.Error(err)
						return
					}
					g.Cost = usd
					if err := l.Settle(context.Background(), g); err != nil {
						t.Error(err)
					}
					paid.Add(1)
				})
			}
			wg.Wait()
			if paid.Load() != 10 || refused.Load() != 490 {
				t.Fatalf("%d paid, %d refused", paid.Load(), refused.Load())
			}
			if a := balance(t, db, id); a.Posted != 0 || a.Held != 0 {
				t.Fatalf("posted %s, held %s", a.Posted.USD(), a.Held.USD())
			}
		})
		t.Run("a void gives everything back", func(t *testing.T) {
			l := book(t, db)
			id := account(t, db, l, usd)
			g := generation(id)
			if err := l.Hold(t.Context(), fixed(g, usd)); err != nil {
				t.Fatal(err)
			}
			if err := l.Void(t.Context(), g); err != nil {
				t.Fatal(err)
			}
			if a := balance(t, db, id); a.Available() != usd {
				t.Fatalf("available %s", a.Available().USD())
			}
		})
		t.Run("a key's limit is checked with the balance", func(t *testing.T) {
			l := book(t, db)
			id := account(t, db, l, 10*usd)
			g := generation(id)
			g.KeyID = models.NewID("key")
			h := fixed(g, 2*usd)
			h.KeyLimit, h.KeyReset = usd, models.WindowDaily
			var r *billing.Refusal
			if err := l.Hold(t.Context(), h); !errors.As(err, &r) || r.Source != billing.SourceKey || r.Available != usd {
				t.Fatalf("refusal %+v", err)
			}
		})
		t.Run("sandbox credit cannot pay a real provider", func(t *testing.T) {
			l := book(t, db)
			id := account(t, db, l, 0)
			err := l.Post(t.Context(), billing.Posting{Kind: "topup", Ref: models.NewID("top"), Entries: []models.LedgerEntry{
				{AccountID: models.SandboxSide(id), Amount: 5 * usd}, {AccountID: billing.AccountSandbox, Amount: -5 * usd}}})
			if err != nil {
				t.Fatal(err)
			}
			g := generation(id)
			g.RealCredit = true
			var r *billing.Refusal
			if err := l.Hold(t.Context(), fixed(g, usd)); !errors.As(err, &r) || r.Source != billing.SourceSandbox {
				t.Fatalf("refusal %v", err)
			}
			demo := generation(id)
			if err := l.Hold(t.Context(), fixed(demo, usd)); err != nil {
				t.Fatal(err)
			}
			demo.Cost = usd
			if err := l.Settle(t.Context(), demo); err != nil {
				t.Fatal(err)
			}
			if a := balance(t, db, id); a.Posted != 4*usd || a.Sandbox != 4*usd {
				t.Fatalf("posted %s, sandbox %s", a.Posted.USD(), a.Sandbox.USD())
			}
		})
		t.Run("a posting happens once and keeps its amounts", func(t *testing.T) {
			l := book(t, db)
			id := account(t, db, l, 0)
			for range 3 {
				if err := l.Grant(t.Context(), id, usd, "g-"+id, "test", "test"); err != nil {
					t.Fatal(err)
				}
			}
			if err := l.Grant(t.Context(), id, 2*usd, "g-"+id, "test", "test"); models.CodeOf(err) != models.Conflict {
				t.Fatalf("other amount: %v", err)
			}
			if a := balance(t, db, id); a.Posted != usd {
				t.Fatalf("posted %s", a.Posted.USD())
			}
		})
		t.Run("one bad operation does not fail its neighbours", func(t *testing.T) {
			l := book(t, db)
			id := account(t, db, l, 100*usd)
			taken := generation(id)
			if err := l.Hold(t.Context(), fixed(taken, usd)); err != nil {
				t.Fatal(err)
			}
			var good atomic.Int64
			var wg sync.WaitGroup
			for i := range 60 {
				wg.Go(func() {
					g := generation(id)
					switch i % 3 {
					case 1:
						g.ID = taken.ID // exists
					case 2:
						g.AccountID = "acc-nobody"
					}
					if err := l.Hold(context.Background(), fixed(g, usd)); err == nil {
						good.Add(1)
						if err := l.Void(context.Background(), g); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			if good.Load() != 20 {
				t.Fatalf("%d of 20 good holds were made", good.Load())
			}
			if err := l.Void(t.Context(), taken); err != nil {
				t.Fatal(err)
			}
		})
		t.Run("a flexible hold leaves room for others", func(t *testing.T) {
			l := book(t, db)
			id := account(t, db, l, 8*usd)
			g := generation(id)
			if err := l.Hold(t.Context(), &billing.Hold{Generation: g, Amount: 5 * usd, Usual: usd / 2, Least: usd / 100, KeyLimit: -1}); err != nil {
				t.Fatal(err)
			}
			if g.Hold != usd {
				t.Fatalf("granted %s", g.Hold.USD())
			}
			if err := l.Void(t.Context(), g); err != nil {
				t.Fatal(err)
			}
		})
		t.Run("a dead process's holds are taken back", func(t *testing.T) {
			dead, err := billing.NewLedger(db)
			if err != nil {
				t.Fatal(err)
			}
			l := book(t, db)
			id := account(t, db, l, usd)
			if err := dead.Hold(t.Context(), fixed(generation(id), usd)); err != nil {
				t.Fatal(err)
			}
			dead.Close()
			if n, err := l.Expire(t.Context(), -time.Second); err != nil || n != 1 {
				t.Fatalf("%d expired, %v", n, err)
			}
			if a := balance(t, db, id); a.Available() != usd {
				t.Fatalf("available %s", a.Available().USD())
			}
		})
	})
}

func TestPriceIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	units := []models.Unit{models.UnitInput, models.UnitOutput, models.UnitCacheRead, models.UnitCacheWrite, models.UnitReasoning}
	cases := 1_000_000
	if testing.Short() {
		cases = 100_000
	}
	for i := range cases {
		p := models.Pricing{Rates: models.Rates{}, Tiers: []models.Tier{{ContextGT: rng.Int64N(2_000_000), Rates: models.Rates{}}}}
		for _, u := range units {
			p.Rates[u] = models.Rate(rng.Int64N(200_000_000))
			if rng.IntN(2) == 0 {
				p.Tiers[0].Rates[u] = models.Rate(rng.Int64N(200_000_000))
			}
		}
		u := models.Usage{Input: rng.Int64N(2_000_000), Output: rng.Int64N(500_000), ProviderCost: -1}
		u.CacheRead = rng.Int64N(u.Input + 1)
		u.CacheWrite = rng.Int64N(u.Input - u.CacheRead + 1)
		u.Reasoning = rng.Int64N(u.Output + 1)
		fee := rng.Int64N(2000)
		c, err := billing.Price(p, u, fee, false)
		if err != nil {
			t.Fatal(err)
		}
		rates := map[models.Unit]models.Rate{}
		for _, unit := range units {
			rates[unit] = p.Rates[unit]
			if dearer, ok := p.Tiers[0].Rates[unit]; ok && u.Input > p.Tiers[0].ContextGT {
				rates[unit] = dearer
			}
		}
		exact := new(big.Rat)
		for unit, n := range map[models.Unit]int64{
			models.UnitInput: u.Input - u.CacheRead - u.CacheWrite, models.UnitCacheRead: u.CacheRead, models.UnitCacheWrite: u.CacheWrite,
			models.UnitOutput: u.Output - u.Reasoning, models.UnitReasoning: u.Reasoning,
		} {
			exact.Add(exact, new(big.Rat).SetFrac64(n*int64(rates[unit]), 1000))
		}
		exact.Mul(exact, new(big.Rat).SetFrac64(10_000+fee, 10_000))
		diff := new(big.Rat).Sub(exact, new(big.Rat).SetInt64(int64(c.Total())))
		if diff.Abs(diff).Cmp(big.NewRat(1, 1)) > 0 {
			t.Fatalf("case %d: %s off by %s nano", i, fmt.Sprint(u), diff.FloatString(3))
		}
		if c.PromptCost()+c.CompletionCost != c.Cost {
			t.Fatalf("case %d: the parts do not add up", i)
		}
	}
}

func TestHoldCoversEveryUsageWithinIt(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 50_000 {
		p := models.Pricing{Rates: models.Rates{models.UnitInput: models.Rate(rng.Int64N(1e7)), models.UnitOutput: models.Rate(rng.Int64N(1e8)),
			models.UnitCacheRead: models.Rate(rng.Int64N(1e6)), models.UnitCacheWrite: models.Rate(rng.Int64N(2e7))},
			Tiers: []models.Tier{{ContextGT: 200_000, Rates: models.Rates{models.UnitInput: models.Rate(rng.Int64N(2e7))}}}}
		w := billing.Worst{Input: rng.Int64N(400_000), Output: rng.Int64N(64_000)}
		hold, err := billing.HoldFor([]models.Pricing{p}, w, 500)
		if err != nil {
			t.Fatal(err)
		}
		u := models.Usage{Input: rng.Int64N(w.Input + 1), Output: rng.Int64N(w.Output + 1), ProviderCost: -1}
		u.CacheRead = rng.Int64N(u.Input + 1)
		c, err := billing.Price(p, u, 500, false)
		if err != nil {
			t.Fatal(err)
		}
		if c.Total() > hold {
			t.Fatalf("charge %s above hold %s", c.Total().USD(), hold.USD())
		}
		if n := billing.OutputWithin([]models.Pricing{p}, hold, w, 500); n != w.Output && p.Rates[models.UnitOutput] > 0 {
			t.Fatalf("the hold for %d output tokens bears %d", w.Output, n)
		}
	}
}

func TestRecovery(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		l := book(t, db)
		dead, err := billing.NewLedger(db)
		if err != nil {
			t.Fatal(err)
		}
		price := models.PriceVersion{ID: models.NewID("pv"), Model: "a/b", Tag: "p", EffectiveFrom: time.Unix(0, 0).UTC(),
			Pricing: models.Pricing{Rates: models.Rates{models.UnitInput: 1_000_000, models.UnitOutput: 2_000_000}}}
		if err := db.AddPriceVersions(t.Context(), []models.PriceVersion{price}); err != nil {
			t.Fatal(err)
		}
		id := account(t, db, l, usd)
		g := generation(id)
		g.PriceVersion, g.FeeBps = price.ID, 500
		if err := dead.Hold(t.Context(), fixed(g, usd/2)); err != nil {
			t.Fatal(err)
		}
		dead.Progress(g, 100, 40)
		if err := dead.Extend(t.Context(), fixed(g, usd*3/4)); err != nil {
			t.Fatal(err)
		}
		if a := balance(t, db, id); a.Held != usd*3/4 {
			t.Fatalf("held %s after the extension", a.Held.USD())
		}
		var r *billing.Refusal
		if err := dead.Extend(t.Context(), fixed(g, 2*usd)); !errors.As(err, &r) || r.Available != usd/4 {
			t.Fatalf("an extension beyond the balance: %v", err)
		}
		dead.Close()
		if n, err := l.Expire(t.Context(), -time.Second); err != nil || n != 1 {
			t.Fatalf("%d recovered, %v", n, err)
		}
		got, err := db.GenerationByID(t.Context(), id, g.ID)
		if err != nil {
			t.Fatal(err)
		}
		// 100 × 1 + 40 × 2 micro-dollars, and five per cent.
		if want := models.Amount(180_000 + 9_000); got.Charge() != want || !got.Estimated || got.State != models.GenerationExpired {
			t.Fatalf("charged %s: %+v", got.Charge().USD(), got)
		}
		if a := balance(t, db, id); a.Held != 0 || a.Posted != usd-got.Charge() {
			t.Fatalf("held %s, posted %s", a.Held.USD(), a.Posted.USD())
		}
	})
}

// TestMidnight holds before midnight and settles after it: the request ends in the windows in
// which it began, and the new day begins with nothing spent.
func TestMidnight(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		l := book(t, db)
		id := account(t, db, l, 10*usd)
		before := time.Date(2026, 11, 30, 23, 59, 59, 0, time.UTC) // a Monday, and the end of a month
		g := generation(id)
		g.KeyID, g.Created = models.NewID("key"), before
		if err := l.Hold(t.Context(), fixed(g, usd)); err != nil {
			t.Fatal(err)
		}
		g.Cost = usd / 2
		if err := l.Settle(t.Context(), g); err != nil {
			t.Fatal(err)
		}
		for at, want := range map[time.Time][4]models.Amount{
			before:                  {usd / 2, usd / 2, usd / 2, usd / 2},
			before.Add(time.Second): {usd / 2, 0, usd / 2, 0}, // Tuesday the first: the week goes on
		} {
			spend, err := db.KeySpend(t.Context(), []string{g.KeyID}, at)
			if err != nil {
				t.Fatal(err)
			}
			s := spend[g.KeyID]
			if got := [4]models.Amount{s.Total.Spent, s.Daily.Spent, s.Weekly.Spent, s.Monthly.Spent}; got != want {
				t.Errorf("at %s: %v, should be %v", at, got, want)
			}
		}
	})
}

package market_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"bourse/app/market"
	"bourse/models"
	"bourse/models/modelstest"
)

// books writes generations as the ledger does, at whatever time.
type books struct {
	t     testing.TB
	db    *models.DB
	store *models.MoneyStore
	made  int
}

func openBooks(t testing.TB, db *models.DB) *books {
	t.Helper()
	store, err := db.Money()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return &books{t: t, db: db, store: store}
}

// hold opens a generation of an account at a model, which ten tokens are read for.
func (b *books) hold(at time.Time, model, account string) *models.Generation {
	b.t.Helper()
	b.made++
	g := &models.Generation{ID: fmt.Sprintf("gen-%d-%020d", at.Unix(), b.made), AccountID: account, KeyID: "key-1", APIType: "completions",
		Model: model, Provider: "p", Tag: "p", PriceVersion: "pv-1", RealCredit: true, Hold: 100, Created: at}
	b.write(func(ctx context.Context, m *models.MoneyTx) error {
		return m.InsertGenerations(ctx, []*models.Generation{g})
	})
	return g
}

func (b *books) settle(g *models.Generation, tokens int64) {
	b.t.Helper()
	g.State, g.Finished, g.Status = models.GenerationSettled, g.Created.Add(time.Second), 200
	if g.Usage.Output == 0 {
		g.Usage = models.Usage{Input: 10, CacheRead: 4, Output: tokens - 10, Source: models.UsageUpstream, ProviderCost: -1}
	}
	if g.CostPico == 0 && g.Hold > 0 {
		g.CostPico, g.Cost, g.Fee = tokens*2000, models.Amount(tokens*2), models.Amount(tokens/10)
	}
	b.write(func(ctx context.Context, m *models.MoneyTx) error {
		_, err := m.ResolveGenerations(ctx, []*models.Generation{g})
		return err
	})
}

func (b *books) call(at time.Time, model, account string, tokens int64) {
	b.t.Helper()
	b.settle(b.hold(at, model, account), tokens)
}

func (b *books) write(fn func(ctx context.Context, m *models.MoneyTx) error) {
	b.t.Helper()
	if err := b.store.Run(b.t.Context(), fn); err != nil {
		b.t.Fatal(err)
	}
}

func run(t testing.TB, u *market.Usage) {
	t.Helper()
	if err := u.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// day is the one that the tests are about.
var day = time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC)

// TestDaysAreTheSumsOfTheirGenerations compares the sums with what the account's own activity adds
// up from the same generations, line by line.
func TestDaysAreTheSumsOfTheirGenerations(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		b := openBooks(t, db)
		for i := range 400 {
			at := day.Add(time.Duration(i) * 9 * time.Minute) // two and a half days
			g := b.hold(at, fmt.Sprintf("a/m%d", i%3), fmt.Sprintf("acc-%d", i%7))
			g.Provider, g.Tag = fmt.Sprintf("p%d", i%2), "t"
			switch i % 5 {
			case 1:
				g.Usage = models.Usage{Input: 30, Output: 9, Reasoning: 5, CacheRead: 8}
			case 2: // paid to the provider by the customer
				g.OwnKey, g.CostPico, g.Fee = true, 1_234_567, 60
				g.Usage = models.Usage{Input: 3, Output: 4}
			}
			b.settle(g, int64(20+i))
		}
		for range 5 { // what was refused or is not over is no use
			g := b.hold(day.Add(time.Hour), "a/m0", "acc-1")
			g.State = models.GenerationVoided
			b.write(func(ctx context.Context, m *models.MoneyTx) error {
				_, err := m.ResolveGenerations(ctx, []*models.Generation{g})
				return err
			})
		}
		now := clock{day.AddDate(0, 0, 3).Add(2 * time.Hour)}
		for range 3 { // as often as one likes
			run(t, market.NewUsage(db, now.now, "rep-1", 1))
		}
		first := models.UsageDays.At(day)
		sums, err := db.UsageDaysOf(t.Context(), first, first+3)
		if err != nil {
			t.Fatal(err)
		}
		got, want := map[string]models.UsageDay{}, map[string]models.UsageDay{}
		for _, s := range sums {
			key := fmt.Sprint(s.At, s.Model, s.Provider)
			s.Accounts, s.Traffic = 0, ""
			got[key] = s
		}
		for i := range 7 {
			account := fmt.Sprintf("acc-%d", i)
			for page := 0; ; page += 1000 {
				list, err := db.Generations(t.Context(), models.GenerationFilter{AccountID: account, Limit: 1000, Offset: page})
				if err != nil {
					t.Fatal(err)
				}
				for _, g := range list {
					if g.State != models.GenerationSettled {
						continue
					}
					key := fmt.Sprint(models.UsageDays.At(g.Created), g.Model, g.Provider)
					s := want[key]
					s.At, s.Model, s.Provider = models.UsageDays.At(g.Created), g.Model, g.Provider
					s.Requests++
					s.TokensIn, s.TokensOut, s.Reasoning = s.TokensIn+g.Usage.Input, s.TokensOut+g.Usage.Output, s.Reasoning+g.Usage.Reasoning
					s.Cached, s.Spend = s.Cached+g.Usage.CacheRead, s.Spend+g.ProviderCost()
					want[key] = s
				}
				if len(list) < 1000 {
					break
				}
			}
		}
		if len(got) != len(want) || len(got) == 0 {
			t.Errorf("%d sums of %d", len(got), len(want))
		}
		for key, w := range want {
			if got[key] != w {
				t.Errorf("%s:\n%+v instead of\n%+v", key, got[key], w)
			}
		}
	})
}

func TestLateSettlementsAreCounted(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		b, at := openBooks(t, db), models.UsageDays.At(day)
		b.call(day.Add(time.Hour), "a/m", "acc-1", 100)
		slow := b.hold(day.Add(23*time.Hour), "a/m", "acc-2")
		now := clock{day.Add(30 * time.Hour)}
		u := market.NewUsage(db, now.now, "rep-1", 1)
		tokens := func() (n int64) {
			t.Helper()
			run(t, u)
			now.at = now.at.Add(time.Hour)
			sums, err := db.UsageDaysOf(t.Context(), at, at+1)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range sums {
				n += s.TokensIn + s.TokensOut
			}
			return n
		}
		if n := tokens(); n != 0 {
			t.Errorf("a day with a running request was closed with %d tokens", n)
		}
		b.settle(slow, 50)
		if n := tokens(); n != 150 {
			t.Errorf("%d tokens", n)
		}
		// What a process could not write down before the day was closed comes with the next day.
		b.call(day.Add(12*time.Hour), "a/m", "acc-1", 1000)
		now.at = day.Add(50 * time.Hour)
		if n := tokens(); n != 1150 {
			t.Errorf("%d tokens", n)
		}
		if through := u.View().Through; !through.Equal(day.AddDate(0, 0, 2)) {
			t.Errorf("through %s", through)
		}
	})
}

func TestOneReplicaCounts(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		openBooks(t, db).call(day, "a/m", "acc-1", 100)
		now := day.Add(30 * time.Hour)
		_, first, err := db.TakeUsage(t.Context(), "rep-1", time.Minute, now)
		if err != nil || !first {
			t.Fatal(first, err)
		}
		_, second, err := db.TakeUsage(t.Context(), "rep-2", time.Minute, now)
		if err != nil || second != (db.Dialect() == models.SQLite) {
			t.Errorf("a second one counts: %v %v", second, err)
		}
		_, again, err := db.TakeUsage(t.Context(), "rep-1", -time.Minute, now)
		if err != nil || !again {
			t.Fatal(again, err)
		}
		if _, second, err = db.TakeUsage(t.Context(), "rep-2", time.Minute, now); err != nil || !second {
			t.Errorf("nobody goes on: %v %v", second, err)
		}
	})
}

// TestTheLastDayIsCountedByHours looks at calls of a moment ago, and of the window before.
func TestTheLastDayIsCountedByHours(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		b, now := openBooks(t, db), clock{day.Add(15*time.Hour + 20*time.Minute)}
		b.call(now.at.Add(-time.Minute), "a/m", "acc-1", 100)
		b.call(now.at.Add(-23*time.Hour), "a/m", "acc-2", 200)
		b.call(now.at.Add(-25*time.Hour), "a/m", "acc-2", 4000)
		u := market.NewUsage(db, now.now, "rep-1", 1)
		run(t, u)
		w := u.View().Windows[market.WindowDay]
		rows := w.Board(models.TrafficPaid).Rows
		if len(rows) != 1 || rows[0].Tokens != 300 || rows[0].Accounts != 2 || rows[0].Before[market.ByTokens] != 1 {
			t.Errorf("%+v", rows)
		}
		b.call(now.at, "a/m", "acc-3", 50)
		now.at = now.at.Add(2 * time.Hour) // what was 23 hours ago has left the window
		run(t, u)
		rows = u.View().Windows[market.WindowDay].Boards[models.TrafficPaid].Rows
		if len(rows) != 1 || rows[0].Tokens != 150 || rows[0].Accounts != 2 {
			t.Errorf("%+v", rows)
		}
	})
}

func TestKindsOfTrafficStayApart(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		b, now := openBooks(t, db), clock{day.Add(time.Hour)}
		b.call(day, "a/paid", "acc-1", 100)
		free := b.hold(day, "a/free", "acc-1")
		free.Hold = 0
		b.settle(free, 100)
		sandbox := &models.Generation{ID: fmt.Sprintf("gen-%d-x", day.Unix()), AccountID: "acc-1", Model: "bourse/demo", Provider: "bourse", State: models.GenerationSettled,
			Usage: models.Usage{Input: 5, Output: 6}, CostPico: 5000, Cost: 5, Created: day, Finished: day}
		own := *sandbox
		own.ID, own.OwnKey, own.Model = sandbox.ID+"y", true, "a/own"
		b.write(func(ctx context.Context, m *models.MoneyTx) error {
			return m.InsertEnded(ctx, []*models.Generation{sandbox, &own})
		})
		u := market.NewUsage(db, now.now, "rep-1", 1)
		run(t, u)
		w := u.View().Windows[market.WindowDay]
		for traffic, want := range map[models.Traffic][]string{models.TrafficPaid: {"a/own", "a/paid"}, models.TrafficFree: {"a/free"}, models.TrafficSandbox: {"bourse/demo"}} {
			var got []string
			for _, r := range w.Board(traffic).Rows {
				got = append(got, r.Model)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %v instead of %v", traffic, got, want)
			}
		}
	})
}

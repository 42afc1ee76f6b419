package market_test

import (
	"fmt"
	"testing"
	"time"

	"bourse/app/market"
	"bourse/models"
	"bourse/models/modelstest"
)

// weekOf is what is shown of a week in which the calls were made.
func weekOf(t *testing.T, least int64, calls func(b *books)) *market.View {
	t.Helper()
	db := modelstest.Open(t, models.Options{DataDir: t.TempDir()})
	calls(openBooks(t, db))
	now := clock{day.Add(26 * time.Hour)}
	u := market.NewUsage(db, now.now, "rep-1", least)
	run(t, u)
	return u.View()
}

func TestTooFewAccountsAreNotShown(t *testing.T) {
	v := weekOf(t, 5, func(b *books) {
		for i := range 6 {
			b.call(day, "a/many", fmt.Sprintf("acc-%d", i), 1000)
		}
		for i := range 4 {
			b.call(day, "a/few", fmt.Sprintf("acc-%d", i), 70_000)
		}
	})
	b := v.Windows[market.WindowWeek].Board(models.TrafficPaid)
	if len(b.Rows) != 1 || b.Rows[0].Model != "a/many" || b.Rows[0].Tokens != 6000 || b.Rows[0].Accounts != 6 || b.Hidden != 1 {
		t.Errorf("%+v", b)
	}
	if b.Other != nil || b.Total().Tokens != 6000 {
		t.Errorf("the total gives away what is hidden: %+v", b.Total())
	}
	if len(b.Authors) != 1 || b.Authors[0].Tokens != 6000 || len(b.Providers) != 1 || b.Providers[0].Tokens != 6000 {
		t.Errorf("a share gives away what is hidden: %+v %+v", b.Authors, b.Providers)
	}
	if few := v.Models["a/few"]; few.Week() != market.Hidden || few.Accounts != 0 {
		t.Errorf("%+v", few)
	}
	if many := v.Models["a/many"]; many.Week() != 6000 || many.Accounts != 6 {
		t.Errorf("%+v", many)
	}
}

// TestOneAccountDoesNotStandOut hides a model that one account made nearly all of, whoever else
// tried it.
func TestOneAccountDoesNotStandOut(t *testing.T) {
	calls := func(b *books) {
		for i := range 9 {
			b.call(day, "a/taken", fmt.Sprintf("acc-%d", i), 20)
			b.call(day, "a/half", fmt.Sprintf("acc-%d", i), 1000)
		}
		b.call(day, "a/taken", "acc-0", 1_000_000)
		b.call(day, "a/half", "acc-0", 5000)
	}
	b := weekOf(t, 5, calls).Windows[market.WindowWeek].Board(models.TrafficPaid)
	if len(b.Rows) != 1 || b.Rows[0].Model != "a/half" || b.Rows[0].Largest[market.ByTokens] != 2 {
		t.Errorf("%+v", b.Rows)
	}
	if b = weekOf(t, 1, calls).Windows[market.WindowWeek].Board(models.TrafficPaid); len(b.Rows) != 2 {
		t.Errorf("an operator who asks for everything sees %+v", b.Rows)
	}
}

// TestHiddenPartsCannotBeSubtracted has three providers, of which one has too few accounts: the
// whole less the other two would be its sum.
func TestHiddenPartsCannotBeSubtracted(t *testing.T) {
	v := weekOf(t, 5, func(b *books) {
		for i := range 8 {
			for _, provider := range []string{"big", "middle", "small"} {
				if provider == "small" && i > 1 {
					continue
				}
				g := b.hold(day, "a/m", fmt.Sprintf("acc-%d", i))
				g.Provider = provider
				b.settle(g, map[string]int64{"big": 3000, "middle": 2000, "small": 500}[provider])
			}
		}
	})
	b := v.Windows[market.WindowWeek].Board(models.TrafficPaid)
	if len(b.Providers) != 1 || b.Providers[0].Name != "big" || b.OtherProviders == nil || b.OtherProviders.Tokens != 17_000 {
		t.Errorf("%+v, others %+v", b.Providers, b.OtherProviders)
	}
}

// TestHiddenModelsTogether shows the sum of models that are each too small, where many accounts
// stand behind it.
func TestHiddenModelsTogether(t *testing.T) {
	v := weekOf(t, 5, func(b *books) {
		for i := range 12 {
			b.call(day, fmt.Sprintf("a/m%d", i%4), fmt.Sprintf("acc-%d", i), 100)
		}
	})
	b := v.Windows[market.WindowWeek].Board(models.TrafficPaid)
	if len(b.Rows) != 0 || b.Hidden != 4 || b.Other == nil || b.Other.Tokens != 1200 || b.Other.Accounts != 12 {
		t.Errorf("%+v %+v", b, b.Other)
	}
}

func TestRanks(t *testing.T) {
	v := weekOf(t, 1, func(b *books) {
		before := day.AddDate(0, 0, -7)
		b.call(before, "a/old", "acc-1", 900)
		b.call(before, "a/rising", "acc-1", 100)
		b.call(day, "a/old", "acc-1", 500)
		b.call(day, "a/rising", "acc-1", 1_234_567)
		b.call(day, "a/new", "acc-1", 20)
		b.call(day, "a/new", "acc-2", 20)
	})
	b := v.Windows[market.WindowWeek].Board(models.TrafficPaid)
	rows := b.Ranked(market.ByTokens)
	if len(rows) != 3 || rows[0].Model != "a/rising" || rows[0].Before[market.ByTokens] != 2 || rows[0].Tokens != 1_230_000 ||
		rows[1].Before[market.ByTokens] != 1 || rows[2].Before[market.ByTokens] != 0 || !b.Compared {
		t.Errorf("%+v", rows)
	}
	if rows = b.Ranked(market.ByAccounts); rows[0].Model != "a/new" {
		t.Errorf("%+v", rows)
	}
	if n := b.Effective(market.ByAccounts); n < 2.6 || n > 2.7 { // 4² / (2² + 1 + 1)
		t.Errorf("effective %f", n)
	}
	if use := v.Models["a/old"]; use.Weeks[10] != 900 || use.Weeks[11] != 500 || use.Weeks[0] != 0 {
		t.Errorf("%+v", use)
	}
}

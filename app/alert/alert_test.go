package alert_test

import (
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"bourse/app/alert"
	"bourse/app/catalog"
	"bourse/billing"
	"bourse/models"
	"bourse/models/modelstest"
)

const (
	model   = "maker/writer"
	account = "acc-1"
)

// market is a small catalogue whose prices a test moves, and several processes that look at it.
type market struct {
	t   *testing.T
	db  *models.DB
	now time.Time
}

func newMarket(t *testing.T, db *models.DB) *market {
	t.Helper()
	m := &market{t: t, db: db, now: time.Now().Add(-100 * 24 * time.Hour)}
	never, none := false, int64(0)
	m.must(db.PutAuthors(t.Context(), []models.Author{{Slug: "maker", Name: "Maker"}}))
	m.must(db.PutProviders(t.Context(), "", []models.Provider{
		{Slug: "one", Name: "One", Dialect: "openai"},
		{Slug: "two", Name: "Two", Dialect: "openai", Policy: &models.DataPolicy{TrainsOnPrompts: &never, LogsPrompts: &never, RetentionDays: &none}},
	}))
	m.must(db.PutModels(t.Context(), "", []models.Model{{ID: model, Name: "Writer", Author: "maker", Type: "chat", Status: "active"}}))
	m.must(db.PutEndpoints(t.Context(), "", []models.Endpoint{m.offer("one"), m.offer("two")}))
	m.price("one", "2.50", "10")
	m.price("two", "3", "12")
	return m
}

func (m *market) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *market) offer(provider string) models.Endpoint {
	return models.Endpoint{Model: model, Provider: provider, Tag: provider, ProviderModelID: "w", Status: "active"}
}

// price lets an hour pass and has a provider ask something else.
func (m *market) price(provider, in, out string) {
	m.t.Helper()
	m.now = m.now.Add(time.Hour)
	input, err := models.ParseRatePerMillion(in)
	m.must(err)
	output, err := models.ParseRatePerMillion(out)
	m.must(err)
	m.must(m.db.AddPriceVersions(m.t.Context(), []models.PriceVersion{{ID: models.NewID("pv"), Model: model, Tag: provider, EffectiveFrom: m.now, Source: "test",
		Pricing: models.Pricing{Rates: models.Rates{models.UnitInput: input, models.UnitOutput: output}}}}))
}

// process is one replica, or the same one after a restart.
func (m *market) process() *alert.Alerts {
	m.t.Helper()
	c := catalog.New(m.db, nil)
	m.must(c.Reload(m.t.Context()))
	return &alert.Alerts{DB: m.db, Catalog: c, BaseURL: "https://bourse.test", Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return m.now }, Letter: billing.OrderLetter}
}

func (m *market) set(a *alert.Alerts, w alert.Wish) alert.View {
	m.t.Helper()
	w.Model = model
	v, err := a.Set(m.t.Context(), account, w)
	m.must(err)
	return v
}

func (m *market) watch(list ...*alert.Alerts) {
	m.t.Helper()
	var wg sync.WaitGroup
	for _, a := range list {
		wg.Go(func() {
			if err := a.Watch(m.t.Context()); err != nil {
				m.t.Error(err)
			}
		})
	}
	wg.Wait()
}

// letters are those ordered until now, the newest first.
func (m *market) letters(want int) []models.Outbox {
	m.t.Helper()
	list, err := m.db.OutboxOf(m.t.Context(), account, "letter")
	m.must(err)
	if len(list) != want {
		m.t.Fatalf("%d letters, want %d: %v", len(list), want, list)
	}
	return list
}

func TestACrossingIsToldOfOnce(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		m := newMarket(t, db)
		one, two, three := m.process(), m.process(), m.process()
		v := m.set(one, alert.Wish{Price: "output", Below: "9"})
		m.watch(one, two, three)
		m.letters(0)

		m.price("two", "3", "8.90") // nobody has seen it yet
		for range 4 {
			m.watch(one, two, three)
			m.now = m.now.Add(6 * time.Minute)
		}
		l := m.letters(1)[0]
		for _, part := range []string{"Writer: output at $8.90", "$8.90 per million tokens at Two", "$9.00 or less", "https://bourse.test/models/maker/writer", "https://bourse.test/alerts/" + v.ID + "/remove", "UTC"} {
			if !strings.Contains(l.Payload, part) {
				t.Errorf("the letter does not say %q: %s", part, l.Payload)
			}
		}
		if l.AccountID != account {
			t.Errorf("it goes to %s", l.AccountID)
		}
		// A restart forgets nothing, and a day later the price is still the same crossing.
		m.now = m.now.Add(48 * time.Hour)
		m.watch(m.process(), m.process())
		m.letters(1)

		m.price("two", "3", "9.10")
		m.watch(one, two)
		m.letters(1)
		m.price("one", "2.50", "9")
		m.watch(m.process(), two, three)
		if l := m.letters(2)[0]; !strings.Contains(l.Payload, "$9.00 per million tokens at One") {
			t.Errorf("the second letter: %s", l.Payload)
		}
	})
}

// TestAStaleProcessUndoesNothing has a process that has not seen the new price look last.
func TestAStaleProcessUndoesNothing(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		m := newMarket(t, db)
		fresh, stale := m.process(), m.process()
		v := m.set(fresh, alert.Wish{Price: "input", Below: "2"})
		m.price("one", "1.99", "10")
		m.must(fresh.Catalog.Refresh(t.Context()))
		m.watch(fresh)
		m.letters(1)
		m.now = m.now.Add(time.Hour)
		m.watch(stale)
		got, err := fresh.ByID(t.Context(), v.ID)
		if err != nil || got.State != models.AlertFired {
			t.Errorf("%s, %v", got.State, err)
		}
		m.letters(1)
	})
}

func TestFlappingPricesAreOneLetterADay(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		m := newMarket(t, db)
		a := m.process()
		m.set(a, alert.Wish{Price: "chat", Below: "4"}) // it is at 4.375
		for range 6 {                                   // up and down for twelve hours
			m.price("one", "1", "4")
			m.watch(a)
			m.price("one", "2.50", "10")
			m.watch(a)
		}
		m.letters(1)
		m.price("one", "1", "4")
		m.watch(a)
		m.letters(1)
		m.now = m.now.Add(13 * time.Hour) // nothing moves; the day is over
		m.watch(a)
		m.letters(2)
	})
}

func TestOnlySomeOffersCount(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		m := newMarket(t, db)
		a := m.process()
		m.set(a, alert.Wish{Price: "output", Below: "11", Offers: "zdr"}) // One asks 10, and keeps prompts
		m.watch(a)
		m.letters(0)
		m.price("two", "3", "0") // free is no price to wait for
		m.watch(a)
		m.letters(0)
		m.price("two", "3", "11")
		m.watch(a)
		if l := m.letters(1)[0]; !strings.Contains(l.Payload, "keep nothing of a prompt") {
			t.Errorf("the letter: %s", l.Payload)
		}
	})
}

func TestARetiredModelEndsItsAlerts(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		m := newMarket(t, db)
		one, two := m.process(), m.process()
		v := m.set(one, alert.Wish{Price: "output", Below: "9"})
		m.price("one", "2.50", "8")
		m.watch(one, two)
		m.letters(1)
		m.must(db.RetireEndpoints(t.Context(), []models.Endpoint{m.offer("one"), m.offer("two")}))
		for range 3 {
			m.now = m.now.Add(time.Hour)
			m.watch(one, two, m.process())
		}
		if l := m.letters(2)[0]; !strings.Contains(l.Payload, "Writer is not sold any more: your price alert has ended") {
			t.Errorf("the letter: %s", l.Payload)
		}
		if got, err := one.ByID(t.Context(), v.ID); err != nil || got.State != models.AlertEnded || got.Name != "Writer" {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := one.Set(t.Context(), account, alert.Wish{Model: model, Price: "output", Below: "5"}); models.CodeOf(err) != models.Invalid {
			t.Errorf("a new alert for it: %v", err)
		}
	})
}

func TestWishesThatMakeNoSense(t *testing.T) {
	db := modelstest.Open(t, models.Options{DataDir: t.TempDir()})
	m := newMarket(t, db)
	a := m.process()
	for _, c := range []struct {
		wish  alert.Wish
		field string
	}{
		{alert.Wish{Model: "no/such", Price: "output", Below: "9"}, "model"},
		{alert.Wish{Model: model, Price: "cache_write", Below: "9"}, "price"},
		{alert.Wish{Model: model, Price: "0:0", Below: "9"}, "price"},
		{alert.Wish{Model: model, Price: "output", Offers: "mine", Below: "9"}, "offers"},
		{alert.Wish{Model: model, Price: "output"}, "below"},
		{alert.Wish{Model: model, Price: "output", Below: "-1"}, "below"},
		{alert.Wish{Model: model, Price: "output", Below: "0"}, "below"},
		{alert.Wish{Model: model, Price: "output", Below: "0.000000"}, "below"},
		{alert.Wish{Model: model, Price: "output", Below: "nine"}, "below"},
		{alert.Wish{Model: model, Price: "output", Below: "9,50"}, "below"},
		{alert.Wish{Model: model, Price: "output", Below: "1e1"}, "below"},
		{alert.Wish{Model: model, Price: "output", Below: "0.0000001"}, "below"},
		{alert.Wish{Model: model, Price: "output", Below: "99999999999999999999"}, "below"},
		{alert.Wish{Model: model, Price: "output", Below: "9000000000"}, "below"},
		{alert.Wish{Model: model, Price: "output", Below: "10"}, "below"},
		{alert.Wish{Model: model, Price: "7:1:60", Below: "10"}, "below"},
	} {
		_, err := a.Set(t.Context(), account, c.wish)
		if e, ok := err.(*models.Error); !ok || e.Code != models.Invalid || e.Field != c.field {
			t.Errorf("%+v: %v", c.wish, err)
		}
	}
	for _, w := range []alert.Wish{{Price: "output", Below: "9.999999"}, {Price: "output", Below: "0.000001"}, {Price: "7:1:60", Below: "3.40"}, {Price: "output", Offers: "zdr", Below: "11"}} {
		m.set(a, w)
	}
	list, err := a.List(t.Context(), account)
	if err != nil || len(list) != 4 {
		t.Errorf("%d alerts, %v", len(list), err)
	}
}

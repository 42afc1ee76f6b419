package billing_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bourse/billing"
	"bourse/billing/stripefake"
	"bourse/models"
	"bourse/models/modelstest"
)

func TestRefund(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		s := open(t, db, 2, func(c *billing.Config) { c.ProcessingCents, c.AutomaticTax = 30, true })
		who := s.buyer()
		top := s.buy(who.ID, 2000)
		s.spend(who.ID, 3*usd, 3)
		can := func() billing.Refundable {
			fresh, err := db.TopUpByID(t.Context(), top.ID)
			if err != nil {
				t.Fatal(err)
			}
			r, err := s.till().Refundable(t.Context(), fresh)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		if got := can(); got.Cents != 1700 {
			t.Fatalf("refundable: %+v", got)
		}
		for _, bad := range []int64{0, -1, 1701, 1 << 60} {
			if _, err := s.till().Refund(t.Context(), who.ID, top.ID, models.NewID("form"), bad); models.CodeOf(err) != models.Invalid {
				t.Errorf("%d cents: %v", bad, err)
			}
		}
		if _, err := s.till().Refund(t.Context(), s.buyer().ID, top.ID, "f", 100); models.CodeOf(err) != models.NotFound {
			t.Errorf("somebody else's: %v", err)
		}
		var wg sync.WaitGroup
		for range 20 { // one form twenty times is one refund
			wg.Go(func() {
				if _, err := s.till().Refund(t.Context(), who.ID, top.ID, "the form", 700); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		s.wants(who.ID, 10*usd)
		if got := can(); got.Cents != 1000 {
			t.Errorf("refundable after 7 dollars: %+v", got)
		}
		s.then(top, stripefake.Choice{Action: stripefake.FailRefund})
		s.wants(who.ID, 17*usd)
		if r, err := s.till().Refund(t.Context(), who.ID, top.ID, "all", 1700); err != nil || r.Status != models.RefundSucceeded {
			t.Errorf("all of it: %+v %v", r, err)
		}
		s.wants(who.ID, 0)
		s.pass(15 * 24 * time.Hour)
		if got := can(); got.Cents != 0 || got.Why == "" {
			t.Errorf("after the days for it: %+v", got)
		}
		s.explained()
	})
}

// TestRefundRacesSpending gives back and spends at once: the balance never falls below zero.
func TestRefundRacesSpending(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		s := open(t, db, 2, nil)
		who := s.buyer()
		top := s.buy(who.ID, 1000)
		var wg sync.WaitGroup
		var back atomic.Int64
		for range 20 {
			wg.Go(func() {
				r, err := s.till().Refund(t.Context(), who.ID, top.ID, models.NewID("form"), 100)
				if err == nil && r.Status == models.RefundSucceeded {
					back.Add(100)
				} else if err != nil && models.CodeOf(err) != models.Invalid {
					t.Error(err)
				}
			})
			wg.Go(func() {
				g := generation(who.ID)
				if s.tills[1].Ledger.Hold(t.Context(), fixed(g, usd)) != nil {
					return
				}
				g.Cost = usd
				if err := s.tills[1].Ledger.Settle(t.Context(), g); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		a := balance(t, db, who.ID)
		if a.Posted < 0 {
			t.Errorf("the balance is %s", a.Posted.USD())
		}
		t.Logf("%d cents went back, %s are left", back.Load(), a.Posted.USD())
	})
}

// TestRefundAnswerLost loses the answer to a refund: it is made once.
func TestRefundAnswerLost(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		refunds := func(r *http.Request) bool { return r.Method == "POST" && r.URL.Path == "/v1/refunds" }
		for name, faults := range map[string]stripefake.Faults{
			"lost":      {Keep: true, Forget: refunds},
			"away":      {Fail: func(r *http.Request) int { return map[bool]int{true: 503}[refunds(r)] }},
			"rate":      {Fail: func(r *http.Request) int { return map[bool]int{true: 429}[refunds(r)] }},
			"too late":  {Keep: true, Forget: refunds},
			"never was": {Fail: func(r *http.Request) int { return map[bool]int{true: 500}[refunds(r)] }},
		} {
			t.Run(name, func(t *testing.T) {
				s := open(t, db, 1, nil)
				who := s.buyer()
				top := s.buy(who.ID, 1000)
				s.fake.Inject(faults)
				r, err := s.till().Refund(t.Context(), who.ID, top.ID, "form-"+who.ID, 400)
				if err != nil || r.Status != models.RefundRequested {
					t.Fatalf("without an answer: %+v %v", r, err)
				}
				s.wants(who.ID, 6*usd)
				wait, want, state := 2*time.Minute, 6*usd, models.RefundSucceeded
				switch name {
				case "too late":
					wait = 25 * time.Hour
				case "never was":
					wait, want, state = 25*time.Hour, 10*usd, models.RefundFailed
				}
				s.fake.Inject(stripefake.Faults{})
				s.pass(wait)
				if err := s.till().FinishRefunds(t.Context()); err != nil {
					t.Fatal(err)
				}
				s.wants(who.ID, want)
				if r, err = db.RefundByID(t.Context(), r.ID); err != nil || r.Status != state {
					t.Errorf("it ended as %+v %v", r, err)
				}
				s.explained()
			})
		}
	})
}

func TestPromo(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		s := open(t, db, 2, nil)
		make := func(amount models.Amount, uses, days int64) string {
			code, err := s.till().CreatePromo(t.Context(), billing.PromoTerms{Amount: amount, Uses: uses, Days: days, Reason: "for a test"})
			if err != nil {
				t.Fatal(err)
			}
			return code
		}
		who := s.buyer()
		top := s.buy(who.ID, 1000)
		long, short := make(5*usd, 1, 90), make(2*usd, 1, 10)
		var wg sync.WaitGroup
		for range 20 { // entered twenty times is once
			wg.Go(func() {
				if _, _, err := s.till().Redeem(t.Context(), who.ID, long); err != nil && models.CodeOf(err) != models.Conflict {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if _, _, err := s.till().Redeem(t.Context(), who.ID, " "+short+" "); err != nil {
			t.Fatal(err)
		}
		s.wants(who.ID, 17*usd)
		for _, code := range []string{long, "NO-SUCH-CODE", "", "x", "'; DROP TABLE promo_code"} {
			if _, _, err := s.till().Redeem(t.Context(), s.buyer().ID, code); models.CodeOf(err) != models.Invalid {
				t.Errorf("%q by somebody else: %v", code, err)
			}
		}
		s.spend(who.ID, 3*usd, 3) // the two that end first, and one of the others
		if lots, err := s.till().PromoLots(t.Context(), who.ID); err != nil || len(lots) != 2 || lots[0].Amount != 0 || lots[1].Amount != 4*usd {
			t.Errorf("what is left: %+v %v", lots, err)
		}
		if can, err := s.till().Refundable(t.Context(), top); err != nil || can.Cents != 1000 {
			t.Errorf("given credit is not given back as money: %+v %v", can, err)
		}
		s.pass(11 * 24 * time.Hour)
		expire := func() {
			for _, b := range s.tills {
				if err := b.ExpirePromos(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		expire()
		s.wants(who.ID, 14*usd)
		running := generation(who.ID)
		if err := s.tills[0].Ledger.Hold(t.Context(), fixed(running, 13*usd)); err != nil {
			t.Fatal(err)
		}
		s.pass(90 * 24 * time.Hour)
		expire() // while a call runs that may need it, it stays
		s.wants(who.ID, 14*usd)
		running.Cost = usd
		if err := s.tills[0].Ledger.Settle(t.Context(), running); err != nil {
			t.Fatal(err)
		}
		expire()
		s.wants(who.ID, 10*usd)
	})
}

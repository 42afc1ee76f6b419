package billing_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bourse/billing"
	"bourse/billing/stripefake"
	"bourse/models"
	"bourse/models/modelstest"
)

// saver is a buyer whose card is kept and behaves so when it is charged again, with an order to buy
// ten dollars below five, up to thirty a month.
func (s *shop) saver(later string) models.Account {
	s.t.Helper()
	who := s.buyer()
	top := s.begin(who.ID, 1000, func(p *billing.Purchase) { p.SaveCard = true })
	s.act(top, stripefake.Choice{Action: stripefake.Pay, Card: later})
	s.pass(25 * time.Hour)
	if err := s.till().SetAutoTopUp(s.t.Context(), who.ID, billing.AutoOrder{Enabled: true, Below: 500, Amount: 1000, Cap: 3000}); err != nil {
		s.t.Fatal(err)
	}
	return who
}

// spend charges an account in so many settlements at once.
func (s *shop) spend(account string, total models.Amount, times int) {
	s.t.Helper()
	var wg sync.WaitGroup
	for range times {
		wg.Go(func() {
			g := generation(account)
			if err := s.tills[0].Ledger.Hold(s.t.Context(), fixed(g, total/models.Amount(times))); err != nil {
				s.t.Error(err)
				return
			}
			g.Cost = total / models.Amount(times)
			if err := s.tills[0].Ledger.Settle(s.t.Context(), g); err != nil {
				s.t.Error(err)
			}
		})
	}
	wg.Wait()
}

// work runs the outbox of every replica at once.
func (s *shop) work() {
	s.t.Helper()
	s.fake.Quiet()
	s.pass(time.Minute)
	var wg sync.WaitGroup
	for _, b := range s.tills {
		wg.Go(func() {
			if err := b.RunOutbox(s.t.Context()); err != nil {
				s.t.Error(err)
			}
		})
	}
	wg.Wait()
}

// order is an account's order, and how many automatic purchases there were.
func (s *shop) order(account string) (models.AutoTopUp, []models.TopUp) {
	s.t.Helper()
	s.fake.Quiet()
	o, err := s.till().AutoTopUp(s.t.Context(), account)
	if err != nil {
		s.t.Fatal(err)
	}
	list, err := s.till().AutoTopUps(s.t.Context(), account, 100)
	if err != nil {
		s.t.Fatal(err)
	}
	return o, list
}

// TestAutoTopUp lets a thousand settlements pass the mark at once: one payment, one credit.
func TestAutoTopUp(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		s := open(t, db, 2, func(c *billing.Config) { c.AutoAfter = 24 * time.Hour })
		who := s.saver(stripefake.CardGood)
		s.spend(who.ID, 6*usd, 1000)
		s.work()
		s.wants(who.ID, 14*usd)
		if _, list := s.order(who.ID); len(list) != 1 || list[0].CreditedUs == 0 {
			t.Fatalf("automatic purchases: %+v", list)
		}
		s.spend(who.ID, 10*usd, 10)
		s.work()
		s.spend(who.ID, 10*usd, 10)
		s.work()
		s.wants(who.ID, 14*usd)
		s.spend(who.ID, 10*usd, 10)
		s.work() // the fourth of the month would pass the cap
		s.wants(who.ID, 4*usd)
		o, list := s.order(who.ID)
		if len(list) != 3 || !o.Enabled || o.ResumeUs == 0 || !strings.Contains(o.Reason, "cap") {
			t.Errorf("%d purchases, %+v", len(list), o)
		}
		s.pass(31 * 24 * time.Hour)
		if err := s.till().ResumeAutoTopUps(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.work()
		s.wants(who.ID, 14*usd)
		s.work()
		if n := s.mails("cap"); n != 1 {
			t.Errorf("%d letters about the cap", n)
		}
	})
}

// mails counts the letters whose subject has a word.
func (s *shop) mails(word string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, l := range s.letters {
		if strings.Contains(l.subject, word) {
			n++
		}
	}
	return n
}

// TestAutoTopUpAnswersLost loses every kind of answer on the way: one payment each time.
func TestAutoTopUpAnswersLost(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		payment := func(r *http.Request) bool { return r.Method == "POST" && r.URL.Path == "/v1/payment_intents" }
		for name, fault := range map[string]func(times *atomic.Int64) stripefake.Faults{
			"answer lost": func(n *atomic.Int64) stripefake.Faults {
				return stripefake.Faults{Forget: func(r *http.Request) bool { return payment(r) && n.Add(1) <= 2 }}
			},
			"500 before": func(n *atomic.Int64) stripefake.Faults {
				return stripefake.Faults{Fail: func(r *http.Request) int {
					if payment(r) && n.Add(1) <= 2 {
						return 500
					}
					return 0
				}}
			},
			"429": func(n *atomic.Int64) stripefake.Faults {
				return stripefake.Faults{Fail: func(r *http.Request) int {
					if payment(r) && n.Add(1) <= 2 {
						return 429
					}
					return 0
				}}
			},
			"lost for longer than the key lives": func(n *atomic.Int64) stripefake.Faults {
				return stripefake.Faults{Keep: true, Forget: func(r *http.Request) bool { return payment(r) && n.Add(1) <= 1 }}
			},
		} {
			t.Run(name, func(t *testing.T) {
				s := open(t, db, 2, nil)
				who := s.saver(stripefake.CardGood)
				s.spend(who.ID, 6*usd, 1)
				var times atomic.Int64
				s.fake.Inject(fault(&times))
				s.work()
				if strings.HasPrefix(name, "lost for") {
					s.pass(25 * time.Hour)
				}
				for range 4 {
					s.pass(2 * time.Minute)
					s.work()
				}
				s.wants(who.ID, 14*usd)
				if _, list := s.order(who.ID); len(list) != 1 {
					t.Errorf("%d purchases", len(list))
				}
			})
		}
	})
}

// TestAutoTopUpDeclined backs off for an hour, for a day, and stops.
func TestAutoTopUpDeclined(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		s := open(t, db, 2, nil)
		who := s.saver(stripefake.CardDecline)
		s.spend(who.ID, 6*usd, 3)
		for i, wait := range []time.Duration{time.Hour, 24 * time.Hour, 48 * time.Hour} {
			s.work()
			s.work()
			o, list := s.order(who.ID)
			if len(list) != i+1 || list[0].Status != models.TopUpFailed || o.Failures != int64(i+1) || o.Enabled != (i < 2) {
				t.Fatalf("after %d refusals: %d purchases, %+v", i+1, len(list), o)
			}
			if n := s.mails("utomatic top-up"); n != i+1 {
				t.Errorf("after %d refusals %d letters", i+1, n)
			}
			s.pass(wait)
			if err := s.till().ResumeAutoTopUps(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		s.work()
		s.wants(who.ID, 4*usd)
		if _, list := s.order(who.ID); len(list) != 3 {
			t.Errorf("%d purchases in the end", len(list))
		}
	})
}

// TestAutoTopUpAsksOwner is a card whose bank wants its owner.
func TestAutoTopUpAsksOwner(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		for name, choice := range map[string]stripefake.Action{"confirmed": stripefake.Confirm, "refused": stripefake.Refuse, "left": ""} {
			t.Run(name, func(t *testing.T) {
				s := open(t, db, 1, nil)
				who := s.saver(stripefake.CardAuthenticate)
				s.spend(who.ID, 6*usd, 1)
				s.work()
				s.work()
				o, list := s.order(who.ID)
				if len(list) != 1 || list[0].Status != models.TopUpPending || o.Enabled || s.mails("confirm") != 1 {
					t.Fatalf("%+v %+v, %d letters", o, list, s.mails("confirm"))
				}
				want, state := 4*usd, models.TopUpFailed
				if choice == "" {
					s.pass(25 * time.Hour)
					if err := s.till().ConvergePending(t.Context()); err != nil {
						t.Fatal(err)
					}
				} else {
					where, err := s.till().ConfirmTopUp(t.Context(), who.ID, list[0].ID)
					if err != nil || !strings.Contains(where, "/sandbox/payment/") {
						t.Fatalf("confirming leads to %q, %v", where, err)
					}
					if err := s.fake.ActOnPayment(t.Context(), list[0].PaymentIntent, stripefake.Choice{Action: choice}); err != nil {
						t.Fatal(err)
					}
				}
				if choice == stripefake.Confirm {
					want, state = 14*usd, models.TopUpPaid
				}
				s.wants(who.ID, want)
				if _, list = s.order(who.ID); list[0].Status != state {
					t.Errorf("it ended as %s", list[0].Status)
				}
			})
		}
	})
}

func TestAutoTopUpTerms(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		s := open(t, db, 1, func(c *billing.Config) { c.AutoAfter = 24 * time.Hour })
		who := s.buyer()
		set := func(below, amount, most int64) error {
			return s.till().SetAutoTopUp(t.Context(), who.ID, billing.AutoOrder{Enabled: true, Below: below, Amount: amount, Cap: most})
		}
		if err := set(500, 1000, 3000); models.CodeOf(err) != models.Invalid {
			t.Errorf("without a card: %v", err)
		}
		s.act(s.begin(who.ID, 1000, func(p *billing.Purchase) { p.SaveCard = true }), stripefake.Choice{Action: stripefake.Pay})
		if err := set(500, 1000, 3000); err == nil || !strings.Contains(err.Error(), "24 hours") {
			t.Errorf("on the first day: %v", err)
		}
		s.pass(25 * time.Hour)
		for _, bad := range [][3]int64{{0, 1000, 3000}, {500, 0, 3000}, {500, 1000, 999}, {-1, -1, -1}, {500, 1 << 60, 1 << 61}} {
			if err := set(bad[0], bad[1], bad[2]); err == nil {
				t.Errorf("%v is taken", bad)
			}
		}
		if err := set(2000, 1000, 3000); err != nil { // the balance is below at once
			t.Fatal(err)
		}
		s.work()
		s.wants(who.ID, 20*usd)
		payer, err := db.PayerOf(t.Context(), who.ID)
		if err != nil {
			t.Fatal(err)
		}
		portal, err := s.till().Portal(t.Context(), who.ID, "b@example.com", "http://shop/credits")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.fake.RemoveCard(t.Context(), portal[strings.LastIndex(portal, "/")+1:], payer.PaymentMethod); err != nil {
			t.Fatal(err)
		}
		if o, _ := s.order(who.ID); o.Enabled || !strings.Contains(o.Reason, "removed") {
			t.Errorf("after the card was removed: %+v", o)
		}
	})
}

func TestLowLetter(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		s := open(t, db, 2, nil)
		who := s.buyer()
		s.buy(who.ID, 500)
		s.spend(who.ID, 4*usd+usd/2, 100)
		s.work()
		s.work()
		if n := s.mails("low"); n != 1 {
			t.Errorf("%d letters", n)
		}
		s.buy(who.ID, 700)
		s.spend(who.ID, 7*usd, 100)
		s.work()
		if n := s.mails("low"); n != 2 {
			t.Errorf("%d letters after the second time", n)
		}
	})
}

package billing_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"bourse/billing"
	"bourse/billing/stripefake"
	"bourse/models"
	"bourse/models/modelstest"
)

// story is what happens to one purchase, and what its buyer has in the end.
type story struct {
	name   string
	steps  []stripefake.Choice // the first at the checkout, the others on the payment
	keeps  func(cents int64) int64
	frozen bool
}

func all(cents int64) int64     { return cents }
func nothing(int64) int64       { return 0 }
func without(cents int64) int64 { return cents - 300 }

var stories = []story{
	{"paid", []stripefake.Choice{{Action: stripefake.Pay}}, all, false},
	{"paid after the bank asked", []stripefake.Choice{{Action: stripefake.Authenticate}, {Action: stripefake.Confirm}}, all, false},
	{"not confirmed", []stripefake.Choice{{Action: stripefake.Authenticate}, {Action: stripefake.Refuse}}, nothing, false},
	{"declined", []stripefake.Choice{{Action: stripefake.Decline}}, nothing, false},
	{"left", []stripefake.Choice{{Action: stripefake.Abandon}}, nothing, false},
	{"paid later", []stripefake.Choice{{Action: stripefake.Later}, {Action: stripefake.Arrive}}, all, false},
	{"never paid", []stripefake.Choice{{Action: stripefake.Later}, {Action: stripefake.Bounce}}, nothing, false},
	{"refunded in part", []stripefake.Choice{{Action: stripefake.Pay}, {Action: stripefake.GiveBack, Cents: 300}}, without, false},
	{"refunded twice", []stripefake.Choice{{Action: stripefake.Pay}, {Action: stripefake.GiveBack, Cents: 100}, {Action: stripefake.GiveBack, Cents: 200}}, without, false},
	{"refunded", []stripefake.Choice{{Action: stripefake.Pay}, {Action: stripefake.GiveBack}}, nothing, false},
	{"refund came back", []stripefake.Choice{{Action: stripefake.Pay}, {Action: stripefake.GiveBack, Cents: 300}, {Action: stripefake.FailRefund}}, all, false},
	{"disputed", []stripefake.Choice{{Action: stripefake.Pay}, {Action: stripefake.Contest}}, nothing, true},
	{"dispute won", []stripefake.Choice{{Action: stripefake.Pay}, {Action: stripefake.Contest}, {Action: stripefake.Win}}, all, false},
	{"dispute lost", []stripefake.Choice{{Action: stripefake.Pay}, {Action: stripefake.Contest}, {Action: stripefake.Lose}}, nothing, true},
	{"refunded in part, then disputed and won", []stripefake.Choice{{Action: stripefake.Pay}, {Action: stripefake.GiveBack, Cents: 300}, {Action: stripefake.Contest}, {Action: stripefake.Win}}, without, false},
	{"warned of", []stripefake.Choice{{Action: stripefake.Pay}, {Action: stripefake.Warn}}, all, false},
}

func (s *shop) play(t models.TopUp, steps []stripefake.Choice) {
	s.t.Helper()
	s.act(t, steps[0])
	for _, choice := range steps[1:] {
		s.then(t, choice)
	}
}

// TestStories plays each story with every event delivered when it happens, in the pinned shape and
// in the newest.
func TestStories(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		for _, version := range []string{stripefake.Pinned, stripefake.Newest} {
			for _, st := range stories {
				t.Run(version+"/"+st.name, func(t *testing.T) {
					s := open(t, db, 1, nil)
					s.fake.Inject(stripefake.Faults{Version: version, Sent: func(e stripefake.Event, err error) {
						if err != nil {
							t.Errorf("%s: %v", e.Type, err)
						}
					}})
					who := s.buyer()
					top := s.begin(who.ID, 2000, nil)
					s.play(top, st.steps)
					s.wants(who.ID, cents(st.keeps(2000)))
					if a := balance(t, db, who.ID); a.Blocked() != st.frozen {
						t.Errorf("frozen is %v", a.Blocked())
					}
				})
			}
		}
	})
}

// TestShuffled delivers every event of 20 purchases a hundred times, in no order, many at once, on
// two replicas over one database.
func TestShuffled(t *testing.T) {
	const purchases, atOnce = 20, 32
	copies := 100
	if testing.Short() {
		copies = 10 // the race detector sees enough of them
	}
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		s := open(t, db, 2, func(c *billing.Config) {
			c.ProcessingBps, c.ProcessingCents, c.AutomaticTax, c.Invoices = 300, 30, true, true
		})
		s.fake.Inject(stripefake.Faults{Keep: true})
		type line struct {
			account string
			want    int64
			story   story
		}
		var book []line
		for i := range purchases {
			// Only what leaves the total untouched by lines that are refunded in shares.
			st := stories[i%len(stories)]
			who, amount := s.buyer(), int64(1000+100*i)
			top := s.begin(who.ID, amount, nil)
			s.play(top, st.steps)
			book = append(book, line{who.ID, amount, st})
		}
		began := time.Now()
		n, errs := s.fake.Release(t.Context(), rand.New(rand.NewPCG(7, 7)), copies, atOnce)
		for _, err := range errs[:min(len(errs), 5)] {
			t.Error(err)
		}
		var total, should models.Amount
		for _, l := range book {
			a := balance(t, db, l.account)
			want := s.keeps(l.account)
			if a.Posted != want || a.Blocked() != l.story.frozen {
				t.Errorf("%s of %d cents: balance %s, not %s; frozen %v", l.story.name, l.want, a.Posted.USD(), want.USD(), a.Blocked())
			}
			total, should = total+a.Posted, should+want
		}
		t.Logf("%d events, %d deliveries in %s, %d refused; balance %s, should be %s", len(s.fake.Kept()), n, time.Since(began).Round(time.Millisecond), len(errs), total.USD(), should.USD())
	})
}

// keeps is what an account must have by what the payment provider has of it: everything that was
// paid without the processing line and the tax, less what went back in its share.
func (s *shop) keeps(account string) models.Amount {
	s.t.Helper()
	s.fake.Quiet()
	tops, err := s.db.TopUps(s.t.Context(), account, 10)
	if err != nil {
		s.t.Fatal(err)
	}
	var sum models.Amount
	for _, t := range tops {
		session, err := s.fake.Session(s.t.Context(), t.SessionID)
		if err != nil {
			s.t.Fatal(err)
		}
		if session.PaymentStatus != "paid" {
			continue
		}
		sum += t.Credit
		p, err := s.fake.Payment(s.t.Context(), *session.PaymentIntent)
		if err != nil {
			s.t.Fatal(err)
		}
		tax := session.TotalDetails.Tax
		for _, r := range p.Refunds {
			if r.Status != "failed" {
				sum -= cents(r.Amount - r.Amount*t.FeeCents/session.AmountTotal - r.Amount*tax/session.AmountTotal)
			}
		}
		for _, d := range p.Disputes {
			if d.Status != "won" {
				sum -= cents(d.Amount)
			}
		}
	}
	return sum
}

func TestForeignEvents(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		s := open(t, db, 1, nil)
		who := s.buyer()
		top := s.begin(who.ID, 1000, nil)
		send := func(body string) error {
			return s.tills[0].Webhook(t.Context(), []byte(body), stripefake.Sign([]byte(body), whsec, time.Now()))
		}
		for name, body := range map[string]string{
			"another mode":       `{"id":"evt_mode","object":"event","type":"checkout.session.completed","livemode":false,"data":{"object":{"id":"` + top.SessionID + `","object":"checkout.session","metadata":{"topup_id":"` + top.ID + `"}}}}`,
			"unknown payment":    `{"id":"evt_pi","object":"event","type":"payment_intent.succeeded","livemode":true,"data":{"object":{"id":"pi_somebody_elses","object":"payment_intent","metadata":{}}}}`,
			"unknown refund":     `{"id":"evt_re","object":"event","type":"charge.refunded","livemode":true,"data":{"object":{"id":"ch_1","object":"charge","payment_intent":"pi_unknown"}}}`,
			"unknown purchase":   `{"id":"evt_top","object":"event","type":"checkout.session.completed","livemode":true,"data":{"object":{"id":"cs_1","object":"checkout.session","client_reference_id":"top-1"}}}`,
			"unknown type":       `{"id":"evt_type","object":"event","type":"a.type.of.tomorrow","livemode":true,"data":{"object":{"id":"x_1","object":"x"}}}`,
			"unknown customer":   `{"id":"evt_cus","object":"event","type":"customer.deleted","livemode":true,"data":{"object":{"id":"cus_1","object":"customer"}}}`,
			"no object":          `{"id":"evt_none","object":"event","type":"payment_intent.succeeded","livemode":true}`,
			"a payment of a lie": `{"id":"evt_lie","object":"event","type":"payment_intent.succeeded","livemode":true,"data":{"object":{"id":"pi_lie","object":"payment_intent","status":"succeeded","amount_received":1000,"metadata":{"topup_id":"` + top.ID + `"}}}}`,
		} {
			t.Run(name, func(t *testing.T) {
				if err := send(body); err != nil {
					t.Error(err)
				}
				s.wants(who.ID, 0)
			})
		}
		events, err := db.StripeEvents(t.Context(), 100)
		if err != nil || len(events) != 8 {
			t.Errorf("%d events are kept, %v", len(events), err)
		}
	})
}

// TestDisputeWhileSpending freezes at once, lets what runs settle, and restores exactly.
func TestDisputeWhileSpending(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		s := open(t, db, 2, nil)
		who := s.buyer()
		top := s.buy(who.ID, 1000)
		running := generation(who.ID)
		if err := s.tills[0].Ledger.Hold(t.Context(), fixed(running, 2*usd)); err != nil {
			t.Fatal(err)
		}
		s.then(top, stripefake.Choice{Action: stripefake.Contest})
		var refused *billing.Refusal
		if err := s.tills[1].Ledger.Hold(t.Context(), fixed(generation(who.ID), 1)); !errors.As(err, &refused) || refused.Source != billing.SourceFrozen {
			t.Errorf("a hold of a frozen account: %v", err)
		}
		running.Cost = usd
		if err := s.tills[0].Ledger.Settle(t.Context(), running); err != nil {
			t.Error(err)
		}
		s.wants(who.ID, -usd)
		if _, err := s.till().StartTopUp(t.Context(), billing.Purchase{AccountID: who.ID, FormID: "f", Cents: 1000}); models.CodeOf(err) != models.Forbidden {
			t.Errorf("buying with a frozen account: %v", err)
		}
		s.then(top, stripefake.Choice{Action: stripefake.Win})
		s.wants(who.ID, 9*usd)
		s.work()
		s.work()
		if n := s.mails("disputed"); n != s.operators() {
			t.Errorf("%d letters to %d operators", n, s.operators())
		}
		if n := s.mails("taken back"); n != 1 {
			t.Errorf("%d letters to the account's owner", n)
		}
		free := generation(who.ID)
		if err := s.tills[1].Ledger.Hold(t.Context(), fixed(free, usd)); err != nil {
			t.Errorf("after it was won: %v", err)
		} else if err := s.tills[1].Ledger.Void(t.Context(), free); err != nil {
			t.Error(err)
		}
	})
}

// TestOnePurchase sends one form fifty times at once, and a second one beside it.
func TestOnePurchase(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		s := open(t, db, 2, nil)
		var made sync.Map
		s.fake.Inject(stripefake.Faults{})
		who := s.buyer()
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				where, err := s.till().StartTopUp(context.Background(), billing.Purchase{AccountID: who.ID, Email: "b@example.com", FormID: "one", Cents: 1000})
				if err != nil {
					t.Error(err)
				}
				made.Store(where, true)
			})
		}
		wg.Wait()
		n := 0
		made.Range(func(any, any) bool { n++; return true })
		tops, err := db.TopUps(t.Context(), who.ID, 100)
		if err != nil || n != 1 || len(tops) != 1 {
			t.Fatalf("%d checkouts, %d purchases, %v", n, len(tops), err)
		}
		second := func(again bool) error {
			_, err := s.till().StartTopUp(t.Context(), billing.Purchase{AccountID: who.ID, Email: "b@example.com", FormID: "two", Cents: 1000, Again: again})
			return err
		}
		if err := second(false); err != nil {
			t.Fatal(err)
		}
		if tops, _ = db.TopUps(t.Context(), who.ID, 100); len(tops) != 1 {
			t.Errorf("a second tab made a second purchase while the first was open")
		}
		s.act(tops[0], stripefake.Choice{Action: stripefake.Pay})
		if err := second(false); !errors.Is(err, billing.ErrSame) {
			t.Errorf("the same amount again without a question: %v", err)
		}
		s.pass(time.Minute) // which of the two is newer
		if err := second(true); err != nil {
			t.Error(err)
		}
		tops, _ = db.TopUps(t.Context(), who.ID, 100)
		if len(tops) != 2 {
			t.Fatalf("%d purchases", len(tops))
		}
		s.act(tops[0], stripefake.Choice{Action: stripefake.Pay})
		s.wants(who.ID, 20*usd)
	})
}

// TestReturnAndWebhook lets the page that the buyer comes back to and the webhook arrive at once.
func TestReturnAndWebhook(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		s := open(t, db, 2, nil)
		s.fake.Inject(stripefake.Faults{Keep: true})
		who := s.buyer()
		top := s.begin(who.ID, 1000, nil)
		s.act(top, stripefake.Choice{Action: stripefake.Pay})
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				if i%2 == 0 {
					if _, err := s.till().Converge(context.Background(), top.ID); err != nil {
						t.Error(err)
					}
					return
				}
				if _, errs := s.fake.Release(context.Background(), rand.New(rand.NewPCG(1, uint64(i))), 1, 2); len(errs) > 0 {
					t.Error(errs[0])
				}
			})
		}
		wg.Wait()
		s.wants(who.ID, 10*usd)
		entries, err := db.Entries(t.Context(), models.EntryFilter{AccountID: who.ID, Limit: 10})
		if err != nil || len(entries) != 1 {
			t.Errorf("%d entries, %v", len(entries), err)
		}
	})
}

func TestLimits(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		s := open(t, db, 1, func(c *billing.Config) { c.FirstDayCents, c.CardFailuresPerHour = 10_000, 3 })
		who := s.buyer()
		try := func(account string, cents int64, ip string) error {
			_, err := s.tills[0].StartTopUp(t.Context(), billing.Purchase{AccountID: account, Email: "b@example.com", FormID: models.NewID("form"), Cents: cents, IP: ip, Again: true})
			return err
		}
		s.buy(who.ID, 8000)
		if err := try(who.ID, 3000, "192.0.2.1"); models.CodeOf(err) != models.Invalid || !strings.Contains(err.Error(), "first day") {
			t.Errorf("over the first day's limit: %v", err)
		}
		s.pass(25 * time.Hour)
		if err := try(who.ID, 30_000, "192.0.2.1"); err != nil {
			t.Errorf("a day later: %v", err)
		}
		thief := s.buyer()
		top := s.begin(thief.ID, 500, func(p *billing.Purchase) { p.IP = "192.0.2.66" })
		for range 3 {
			s.act(top, stripefake.Choice{Action: stripefake.Decline})
		}
		for who, ip := range map[string]string{thief.ID: "192.0.2.1", s.buyer().ID: "192.0.2.66"} {
			if err := try(who, 500, ip); models.CodeOf(err) != models.RateLimited {
				t.Errorf("after three refused cards: %v", err)
			}
		}
		s.pass(61 * time.Minute)
		if err := try(thief.ID, 700, "192.0.2.66"); err != nil {
			t.Errorf("an hour later: %v", err)
		}
		for _, amount := range []int64{0, -1, 499, 1_000_001, 1_000_000_000} {
			if err := try(who.ID, amount, ""); models.CodeOf(err) != models.Invalid {
				t.Errorf("%d cents: %v", amount, err)
			}
		}
	})
}

// TestLines checks that a processing line and tax are paid beside the credit, never in it.
func TestLines(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		s := open(t, db, 1, func(c *billing.Config) {
			c.ProcessingBps, c.ProcessingCents, c.AutomaticTax, c.Invoices = 290, 30, true, true
		})
		who := s.buyer()
		before, err := db.LedgerSums(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		top := s.buy(who.ID, 1000)
		s.wants(who.ID, 10*usd)
		if top.FeeCents != 59 || top.ChargeCents != 1059 || top.TaxCents != 201 || top.InvoiceNumber == "" || top.Card != "Visa ending in 4242" || top.ChargeID == "" {
			t.Errorf("frozen: %+v", top)
		}
		after, err := db.LedgerSums(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for account, want := range map[string]models.Amount{billing.AccountTopUpFee: cents(59), billing.AccountTax: cents(201), billing.AccountStripe: -cents(1260)} {
			if got := after[account] - before[account]; got != want {
				t.Errorf("%s moved by %s, not %s", account, got.USD(), want.USD())
			}
		}
		s.then(top, stripefake.Choice{Action: stripefake.GiveBack})
		s.wants(who.ID, 0)
		after, _ = db.LedgerSums(t.Context())
		for _, account := range []string{billing.AccountTopUpFee, billing.AccountTax, billing.AccountStripe} {
			if after[account] != before[account] {
				t.Errorf("after everything went back %s is off by %s", account, (after[account] - before[account]).USD())
			}
		}
	})
}

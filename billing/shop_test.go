package billing_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bourse/billing"
	"bourse/billing/stripefake"
	"bourse/models"
)

// shop is a payment provider with one or more replicas of a marketplace over one database. Its
// clock is its own.
type shop struct {
	t     *testing.T
	db    *models.DB
	fake  *stripefake.Fake
	tills []*billing.Billing

	mu      sync.Mutex
	at      time.Time
	letters []letter
	turn    atomic.Int64
	before  models.Amount // what the books said the provider held when it was opened: tests share a database
}

type letter struct{ to, subject, body string }

const whsec = "whsec_of_a_test"

func (s *shop) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

func (s *shop) pass(d time.Duration) {
	s.mu.Lock()
	s.at = s.at.Add(d)
	s.mu.Unlock()
}

// till is one of the replicas.
func (s *shop) till() *billing.Billing {
	return s.tills[int(s.turn.Add(1))%len(s.tills)]
}

func open(t *testing.T, db *models.DB, replicas int, change func(c *billing.Config)) *shop {
	t.Helper()
	s := &shop{t: t, db: db, at: time.Now()}
	s.fake = stripefake.New(stripefake.Config{Store: stripefake.Memory(), PagesURL: "http://shop/sandbox/", WebhookSecret: whsec, Now: s.now, Live: true,
		Deliver: func(ctx context.Context, body []byte, signature string) error {
			return s.till().Webhook(ctx, body, signature)
		}})
	c := billing.Config{StripeSecretKey: "sk_live_of_a_test", StripeWebhookSecret: whsec, BaseURL: "http://shop", FeeBps: 500, MinCents: 500, MaxCents: 1_000_000,
		RefundDays: 14, Transport: s.fake, Now: s.now, Letter: func(to, subject, body string) error {
			s.mu.Lock()
			s.letters = append(s.letters, letter{to, subject, body})
			s.mu.Unlock()
			return nil
		}}
	if change != nil {
		change(&c)
	}
	for range replicas {
		b, err := billing.New(t.Context(), db, c, slog.New(slog.NewTextHandler(io.Discard, nil)))
		if err != nil {
			t.Fatal(err)
		}
		s.tills = append(s.tills, b)
	}
	clearing, err := s.tills[0].Clearing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.before = clearing.Books
	t.Cleanup(func() {
		s.fake.Quiet()
		for _, b := range s.tills {
			b.Close()
		}
		s.audit()
	})
	return s
}

func (s *shop) audit() {
	s.t.Helper()
	breaches, err := s.db.Audit(context.Background(), time.Hour)
	if err != nil {
		s.t.Error(err)
	}
	for _, b := range breaches {
		s.t.Errorf("%s: %s should be %s, is %s", b.Invariant, b.Row, b.Want, b.Got)
	}
}

// buyer is somebody with an account.
func (s *shop) buyer() models.Account {
	s.t.Helper()
	u, err := s.db.CreateUser(s.t.Context(), models.User{ID: models.NewID("usr"), Email: models.NewID("buyer") + "@example.com", Role: models.RoleUser, CreatedUs: 1})
	if err != nil {
		s.t.Fatal(err)
	}
	a, err := s.db.AccountOfUser(s.t.Context(), u.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

// begin opens a checkout.
func (s *shop) begin(account string, cents int64, change func(p *billing.Purchase)) models.TopUp {
	s.t.Helper()
	p := billing.Purchase{AccountID: account, Email: "buyer@example.com", FormID: models.NewID("form"), Cents: cents, Again: true}
	if change != nil {
		change(&p)
	}
	if _, err := s.till().StartTopUp(s.t.Context(), p); err != nil {
		s.t.Fatal(err)
	}
	t, err := s.db.TopUpByForm(s.t.Context(), account, p.FormID)
	if err != nil || t.SessionID == "" {
		s.t.Fatalf("no checkout: %+v %v", t, err)
	}
	return t
}

// act plays a choice at a purchase's checkout.
func (s *shop) act(t models.TopUp, choice stripefake.Choice) {
	s.t.Helper()
	if _, err := s.fake.Act(s.t.Context(), t.SessionID, choice); err != nil {
		s.t.Fatal(err)
	}
}

// then plays what happens to its payment afterwards.
func (s *shop) then(t models.TopUp, choice stripefake.Choice) {
	s.t.Helper()
	session, err := s.fake.Session(s.t.Context(), t.SessionID)
	if err != nil || session.PaymentIntent == nil {
		s.t.Fatalf("no payment: %v", err)
	}
	if err := s.fake.ActOnPayment(s.t.Context(), *session.PaymentIntent, choice); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) buy(account string, cents int64) models.TopUp {
	s.t.Helper()
	t := s.begin(account, cents, nil)
	s.act(t, stripefake.Choice{Action: stripefake.Pay})
	t, err := s.db.TopUpByID(s.t.Context(), t.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return t
}

func formRequest(t *testing.T, method, path, form string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func jsonOf(t *testing.T, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	out := map[string]any{}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return out
}

func (s *shop) wants(account string, want models.Amount) {
	s.t.Helper()
	s.fake.Quiet()
	if a := balance(s.t, s.db, account); a.Posted != want {
		s.t.Errorf("the balance is %s, not %s", a.Posted.USD(), want.USD())
	}
}

func cents(n int64) models.Amount { return models.Amount(n) * models.NanoPerCent }

// Package stripefake is a small payment provider that speaks as much of Stripe's API as the
// marketplace uses. It stands behind the labelled sandbox checkout when no Stripe key is set, so
// that a newcomer walks the very path that real money takes: session, signed webhook, fulfilment.
package stripefake

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"bourse/models"
)

// Store keeps the fake's objects as JSON. An unknown id is a models.NotFound error.
type Store struct {
	Put func(ctx context.Context, id, kind string, body []byte) error
	Get func(ctx context.Context, id string) ([]byte, error)
}

// Session is a checkout session in the fields that the marketplace reads.
type Session struct {
	ID                string            `json:"id"`
	Object            string            `json:"object"`
	AmountTotal       int64             `json:"amount_total"`
	AmountSubtotal    int64             `json:"amount_subtotal"`
	Currency          string            `json:"currency"`
	ClientReferenceID string            `json:"client_reference_id"`
	CustomerEmail     string            `json:"customer_email,omitempty"`
	Created           int64             `json:"created"`
	ExpiresAt         int64             `json:"expires_at"`
	Livemode          bool              `json:"livemode"`
	Metadata          map[string]string `json:"metadata"`
	Mode              string            `json:"mode"`
	PaymentIntent     *string           `json:"payment_intent"`
	PaymentStatus     string            `json:"payment_status"` // unpaid, paid
	Status            string            `json:"status"`         // open, complete, expired
	SuccessURL        string            `json:"success_url"`
	CancelURL         string            `json:"cancel_url"`
	URL               *string           `json:"url"`
	Declines          int64             `json:"declines"` // ours: how often the card was refused
}

// Config says where the fake's checkout pages are and how its events reach the marketplace.
type Config struct {
	Store         Store
	CheckoutURL   string // the session's id is appended
	WebhookSecret string
	// Deliver sends one signed event to the marketplace's own webhook route.
	Deliver func(ctx context.Context, body []byte, signature string) error
}

// Fake is the payment provider.
type Fake struct{ config Config }

// New makes a fake.
func New(c Config) *Fake { return &Fake{config: c} }

// apiVersion is the one that the marketplace's Stripe client is pinned to.
const apiVersion = "2023-10-16"

const (
	sessionLife  = 24 * time.Hour
	formBytesMax = 64 << 10
)

// RoundTrip answers a request of the Stripe client in this process, without a network.
func (f *Fake) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w.Result(), nil
}

// ServeHTTP speaks the part of the API that is used.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const sessions = "/v1/checkout/sessions"
	switch {
	case r.Method == http.MethodPost && r.URL.Path == sessions:
		f.create(w, r)
	case r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, sessions+"/"):
		f.retrieve(w, r, strings.TrimPrefix(r.URL.Path, sessions+"/"))
	default:
		fail(w, http.StatusNotFound, "invalid_request_error", "", "Unrecognized request URL ("+r.Method+": "+r.URL.Path+").")
	}
}

func (f *Fake) create(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, formBytesMax)
	if err := r.ParseForm(); err != nil {
		fail(w, http.StatusBadRequest, "invalid_request_error", "", "The form cannot be read.")
		return
	}
	hash := sha256.Sum256([]byte(r.PostForm.Encode()))
	idem := "idem:" + r.Header.Get("Idempotency-Key")
	if old, err := f.config.Store.Get(r.Context(), idem); err == nil {
		id, seen, _ := strings.Cut(string(old), " ")
		if seen != hex.EncodeToString(hash[:]) {
			fail(w, http.StatusBadRequest, "idempotency_error", "", "Keys for idempotent requests can only be used with the same parameters they were first used with.")
			return
		}
		f.retrieve(w, r, id)
		return
	}
	s, problem := f.session(r)
	if problem != "" {
		fail(w, http.StatusBadRequest, "invalid_request_error", "parameter_invalid", problem)
		return
	}
	if err := f.save(r.Context(), s); err != nil {
		fail(w, http.StatusInternalServerError, "api_error", "", "The sandbox could not keep the session.")
		return
	}
	if err := f.config.Store.Put(r.Context(), idem, "idempotency", []byte(s.ID+" "+hex.EncodeToString(hash[:]))); err != nil {
		fail(w, http.StatusInternalServerError, "api_error", "", "The sandbox could not keep the idempotency key.")
		return
	}
	answer(w, http.StatusOK, s)
}

func (f *Fake) session(r *http.Request) (*Session, string) {
	form := r.PostForm
	total := int64(0)
	for i := 0; form.Has(fmt.Sprintf("line_items[%d][quantity]", i)); i++ {
		at := fmt.Sprintf("line_items[%d]", i)
		amount, err := strconv.ParseInt(form.Get(at+"[price_data][unit_amount]"), 10, 64)
		quantity, err2 := strconv.ParseInt(form.Get(at+"[quantity]"), 10, 64)
		if err != nil || err2 != nil || amount < 0 || quantity < 1 || quantity > 1000 || amount > 99_999_999 {
			return nil, "Invalid amount or quantity in " + at
		}
		if form.Get(at+"[price_data][currency]") != "usd" {
			return nil, "The sandbox knows the currency usd only"
		}
		total += amount * quantity
	}
	if total < 50 || form.Get("mode") != "payment" {
		return nil, "A session needs mode=payment and at least 50 cents"
	}
	now := time.Now()
	id := "cs_test_" + string(models.AppendRandom(nil, 40))
	url := f.config.CheckoutURL + id
	s := &Session{
		ID: id, Object: "checkout.session", AmountTotal: total, AmountSubtotal: total, Currency: "usd",
		ClientReferenceID: form.Get("client_reference_id"), CustomerEmail: form.Get("customer_email"),
		Created: now.Unix(), ExpiresAt: now.Add(sessionLife).Unix(), Metadata: map[string]string{}, Mode: "payment",
		PaymentStatus: "unpaid", Status: "open", SuccessURL: form.Get("success_url"), CancelURL: form.Get("cancel_url"), URL: &url,
	}
	for name, values := range form {
		if key, ok := strings.CutPrefix(name, "metadata["); ok && len(values) > 0 {
			s.Metadata[strings.TrimSuffix(key, "]")] = values[0]
		}
	}
	return s, ""
}

func (f *Fake) retrieve(w http.ResponseWriter, r *http.Request, id string) {
	s, err := f.Session(r.Context(), id)
	if err != nil {
		fail(w, http.StatusNotFound, "invalid_request_error", "resource_missing", "No such checkout.session: "+id)
		return
	}
	answer(w, http.StatusOK, s)
}

// Session reads one session; one whose time is over is expired.
func (f *Fake) Session(ctx context.Context, id string) (*Session, error) {
	if !strings.HasPrefix(id, "cs_test_") {
		return nil, models.Errorf(models.NotFound, "There is no such checkout.")
	}
	body, err := f.config.Store.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	var s Session
	if err := json.Unmarshal(body, &s); err != nil {
		return nil, fmt.Errorf("read session %s: %w", id, err)
	}
	if s.Status == "open" && time.Now().Unix() > s.ExpiresAt {
		s.Status, s.URL = "expired", nil
	}
	return &s, nil
}

func (f *Fake) save(ctx context.Context, s *Session) error {
	body, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return f.config.Store.Put(ctx, s.ID, "checkout.session", body)
}

// event signs one event about a session and delivers it.
func (f *Fake) event(ctx context.Context, kind string, s *Session) error {
	body, err := json.Marshal(map[string]any{
		"id": "evt_test_" + string(models.AppendRandom(nil, 24)), "object": "event", "api_version": apiVersion,
		"created": time.Now().Unix(), "livemode": false, "pending_webhooks": 1, "type": kind,
		"data": map[string]any{"object": s}, "request": map[string]any{"id": nil, "idempotency_key": nil},
	})
	if err != nil {
		return err
	}
	return f.config.Deliver(ctx, body, Sign(body, f.config.WebhookSecret, time.Now()))
}

// Sign makes the Stripe-Signature header of a body: HMAC-SHA256 over "<unix time>.<body>".
func Sign(body []byte, secret string, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.", at.Unix())
	mac.Write(body)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Request-Id", "req_sandbox")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v) // to a recorder in memory
}

func fail(w http.ResponseWriter, status int, kind, code, message string) {
	answer(w, status, map[string]any{"error": map[string]any{"type": kind, "code": code, "message": message}})
}

// Package money tests how money comes in, over HTTP and from outside.
package money

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"bourse/billing/stripefake"
	"bourse/models"
	"bourse/test/harness"
)

const (
	hook         = "/webhooks/stripe"
	installation = "a secret of thirty-two characters or more"
)

// secret is what the sandbox of an installation signs with.
func secret() string {
	mac := hmac.New(sha256.New, []byte(installation))
	mac.Write([]byte("sandbox webhook"))
	return "whsec_" + hex.EncodeToString(mac.Sum(nil))
}

// event says that a checkout was completed and paid, whether or not it is true.
func event(t *testing.T, id, topUp string) []byte {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"id": id, "object": "event", "type": "checkout.session.completed", "livemode": false, "created": time.Now().Unix(), "api_version": "2023-10-16",
		"data": map[string]any{"object": map[string]any{"id": "cs_test_x", "object": "checkout.session", "payment_status": "paid", "status": "complete",
			"amount_total": 100_000, "client_reference_id": topUp, "metadata": map[string]any{"topup_id": topUp}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func deliver(t *testing.T, h *harness.House, body []byte, signature string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+hook, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	if signature != "" {
		req.Header.Set("Stripe-Signature", signature)
	}
	answer, err := (&http.Client{Timeout: 30 * time.Second}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// purchase is one that somebody began and has not paid.
type purchase struct {
	*harness.House
	buyer    *harness.Browser
	checkout string
	topUp    models.TopUp
}

func begin(t *testing.T) purchase {
	t.Helper()
	h := harness.Start(t, map[string]string{"SESSION_SECRET": installation})
	p := purchase{House: h, buyer: h.SignUp(t, "buyer@example.com")}
	page := p.buyer.Submit(t, "/credits", "", url.Values{"amount": {"own"}, "own": {"10"}})
	p.checkout = page.URL.Path
	list, err := h.DB.PendingTopUps(t.Context(), time.Time{}, time.Now().Add(time.Hour), 10)
	if err != nil || len(list) != 1 {
		t.Fatalf("one purchase was begun: %v %v", list, err)
	}
	p.topUp = list[0]
	return p
}

func (p purchase) available(t *testing.T) models.Amount {
	t.Helper()
	account, err := p.DB.AccountByID(t.Context(), p.topUp.AccountID)
	if err != nil {
		t.Fatal(err)
	}
	return account.Available()
}

func TestWebhookRefusals(t *testing.T) {
	p := begin(t)
	body := event(t, "evt_forged", p.topUp.ID)
	now := time.Now()
	for _, c := range []struct {
		name, signature string
		body            []byte
		status          int
	}{
		{"no signature", "", body, http.StatusUnauthorized},
		{"no signature at all in the header", "hello", body, http.StatusUnauthorized},
		{"somebody else's secret", stripefake.Sign(body, "whsec_guessed", now), body, http.StatusUnauthorized},
		{"an empty secret", stripefake.Sign(body, "", now), body, http.StatusUnauthorized},
		{"a signature of another body", stripefake.Sign([]byte("{}"), secret(), now), body, http.StatusUnauthorized},
		{"an old signature", stripefake.Sign(body, secret(), now.Add(-10*time.Minute)), body, http.StatusUnauthorized},
		{"a signature from the future", stripefake.Sign(body, secret(), now.Add(10*time.Minute)), body, http.StatusUnauthorized},
		{"a body over the limit", stripefake.Sign(body, secret(), now), append(body, make([]byte, 2<<20)...), http.StatusRequestEntityTooLarge},
		{"a true signature under a lie", stripefake.Sign(body, secret(), now), body, http.StatusOK},
		{"the same again", stripefake.Sign(body, secret(), now), body, http.StatusOK},
		{"a purchase that nobody began", stripefake.Sign(event(t, "evt_unknown", "topup-none"), secret(), now), event(t, "evt_unknown", "topup-none"), http.StatusOK},
	} {
		t.Run(c.name, func(t *testing.T) {
			if status := deliver(t, p.House, c.body, c.signature); status != c.status {
				t.Errorf("status %d, not %d", status, c.status)
			}
			if got := p.available(t); got != 0 {
				t.Errorf("nothing was paid, and %s is there", got.USD())
			}
		})
	}
	t.Run("the purchase can still be paid", func(t *testing.T) {
		p.buyer.Submit(t, p.checkout, "", url.Values{"action": {"pay"}})
		if got := p.available(t); got != 10*models.NanoPerUSD {
			t.Errorf("10 dollars were paid, and %s is there", got.USD())
		}
	})
}

// TestPaidOnce sends everything that says a purchase was paid many times at once.
func TestPaidOnce(t *testing.T) {
	const times = 16
	p := begin(t)
	to, fields := p.buyer.Fill(t, p.checkout, "", url.Values{"action": {"pay"}})
	body := event(t, "evt_again", p.topUp.ID)
	var wg sync.WaitGroup
	for range times {
		wg.Go(func() { p.buyer.Send(t, to, fields) })
		wg.Go(func() { deliver(t, p.House, body, stripefake.Sign(body, secret(), time.Now())) })
	}
	wg.Wait()
	if got := p.available(t); got != 10*models.NanoPerUSD {
		t.Errorf("10 dollars were paid %d times over, and %s is there", times, got.USD())
	}
}

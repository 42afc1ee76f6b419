package stripefake_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"bourse/billing/stripefake"
)

// provider is the fake with a clock of its own and a list of what it told.
type provider struct {
	*stripefake.Fake
	at   time.Time
	told []string
}

func open() *provider {
	p := &provider{at: time.Unix(1_800_000_000, 0)}
	p.Fake = stripefake.New(stripefake.Config{Store: stripefake.Memory(), PagesURL: "http://x/", WebhookSecret: "whsec_x", Now: func() time.Time { return p.at },
		Deliver: func(_ context.Context, body []byte, _ string) error {
			var e struct{ Type string }
			_ = json.Unmarshal(body, &e) // of an event that was just written
			p.told = append(p.told, e.Type)
			return nil
		}})
	return p
}

func (p *provider) post(t *testing.T, path, form, key string) (int, map[string]any) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Idempotency-Key", key)
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	body := map[string]any{}
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	return w.Code, body
}

// TestKeys answers a key that was used before with the answer it got then, refuses it with other
// parameters, and forgets it after a day.
func TestKeys(t *testing.T) {
	p := open()
	_, first := p.post(t, "/v1/customers", "email=a@example.com", "k")
	if _, again := p.post(t, "/v1/customers", "email=a@example.com", "k"); again["id"] != first["id"] {
		t.Errorf("the same key made %v and %v", first["id"], again["id"])
	}
	status, body := p.post(t, "/v1/customers", "email=b@example.com", "k")
	if kind, _ := body["error"].(map[string]any)["type"].(string); status != http.StatusBadRequest || kind != "idempotency_error" {
		t.Errorf("other parameters: %d %v", status, body)
	}
	p.at = p.at.Add(25 * time.Hour)
	if _, later := p.post(t, "/v1/customers", "email=a@example.com", "k"); later["id"] == first["id"] {
		t.Errorf("a day later the key is still known")
	}
}

const session = "mode=payment&client_reference_id=top-1&line_items[0][quantity]=1&line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]=1000&success_url=http://x"

func TestRefusals(t *testing.T) {
	p := open()
	for name, form := range map[string]string{
		"no amount":        strings.Replace(session, "unit_amount]=1000", "unit_amount]=", 1),
		"a negative one":   strings.Replace(session, "unit_amount]=1000", "unit_amount]=-5", 1),
		"too little":       strings.Replace(session, "unit_amount]=1000", "unit_amount]=49", 1),
		"another currency": strings.Replace(session, "=usd", "=eur", 1),
		"another mode":     strings.Replace(session, "=payment", "=subscription", 1),
		"nobody":           session + "&customer=cus_test_nobody",
	} {
		if status, body := p.post(t, "/v1/checkout/sessions", form, ""); status < 400 {
			t.Errorf("%s: %d %v", name, status, body)
		}
	}
}

// TestDeliveries tells each event as the faults say: more than once, or not at all.
func TestDeliveries(t *testing.T) {
	p := open()
	pay := func() {
		_, made := p.post(t, "/v1/checkout/sessions", session, "")
		if _, err := p.Act(t.Context(), made["id"].(string), stripefake.Choice{Action: stripefake.Pay}); err != nil {
			t.Fatal(err)
		}
	}
	pay()
	once := len(p.told)
	p.Inject(stripefake.Faults{Copies: 2})
	if pay(); len(p.told) != once+3*once {
		t.Errorf("%d events once are %d with two copies more", once, len(p.told)-once)
	}
	p.told = nil
	p.Inject(stripefake.Faults{Lose: func(kind string) bool { return kind == "checkout.session.completed" }})
	if pay(); len(p.told) != once-1 {
		t.Errorf("one of %d was lost, %d came", once, len(p.told))
	}
	_, made := p.post(t, "/v1/checkout/sessions", session, "")
	id := made["id"].(string)
	p.at = p.at.Add(25 * time.Hour)
	if _, err := p.Act(t.Context(), id, stripefake.Choice{Action: stripefake.Pay}); err == nil {
		t.Errorf("a checkout that is over was paid")
	}
}

package proxy

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"bourse/app/auth"
	"bourse/models"
	"bourse/test/fake"
	"bourse/test/harness"
)

// TestRequestRate keeps a key within its requests a minute, and says how long to wait.
func TestRequestRate(t *testing.T) {
	m := open(t, nil)
	m.cheap.Always(fake.Answer("Yes.", fake.Usage{Prompt: 10, Completion: 2}))
	key, _, _, err := m.Keys.Create(t.Context(), auth.CreateKey{UserID: m.customer.User.ID, AccountID: m.customer.Account.ID,
		FormID: models.NewID("form"), Name: "paced", Limit: -1, PerMinute: 3})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if a := m.Chat(key, only(nil)); a.Status != http.StatusOK {
			t.Fatalf("request %d: %d %s", i+1, a.Status, a.Body)
		}
	}
	a := m.Chat(key, only(nil))
	if a.Status != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "" || a.Header.Get("X-Ratelimit-Limit") != "3" {
		t.Errorf("%d %v %s", a.Status, a.Header, a.Body)
	}
	if other := m.Chat(m.customer.Key, only(nil)); other.Status != http.StatusOK {
		t.Errorf("another key is paced too: %d %s", other.Status, other.Body)
	}
}

// freeModel costs nothing at a provider that is not ours.
const freeModel = "abacusai/dracarys-llama-3.1-70b-instruct"

// TestFreeModels keeps an account within its requests a day to models that cost nothing.
func TestFreeModels(t *testing.T) {
	u := fake.New(t)
	u.Always(fake.Answer("Yes.", fake.Usage{Prompt: 10, Completion: 2}))
	h := harness.Start(t, map[string]string{"NVIDIA_API_KEY": u.Key, "NVIDIA_BASE_URL": u.URL, "FREE_PER_DAY": "2"})
	p := h.Person("free@example.com", 0)
	ask := harness.Ask(freeModel, map[string]any{"max_tokens": 20})
	for i := range 2 {
		if a := h.Chat(p.Key, ask); a.Status != http.StatusOK {
			t.Fatalf("request %d: %d %s", i+1, a.Status, a.Body)
		}
	}
	a := h.Chat(p.Key, ask)
	if a.Status != http.StatusTooManyRequests || !strings.Contains(string(a.Body), "00:00 UTC") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	var known struct {
		Data struct {
			Free struct{ Limit, Used, Remaining int } `json:"free_model_daily_requests"`
		}
	}
	h.Do(http.MethodGet, "/api/v1/key", p.Key, nil).JSON(t, &known)
	if known.Data.Free.Limit != 2 || known.Data.Free.Used != 2 || known.Data.Free.Remaining != 0 {
		t.Errorf("%+v", known.Data.Free)
	}
}

// TestLowerLimit lowers a key's limit below what it has spent: it is refused from then on, with
// the reason, and the page says so; nonsense is refused at its field.
func TestLowerLimit(t *testing.T) {
	m := open(t, nil)
	m.cheap.Always(fake.Answer("Yes.", fake.Usage{Prompt: 10_000, Completion: 20_000}))
	b := m.SignUp(t, "owner@example.com")
	b.TopUp(t, "25")
	key := b.MakeKey(t, "worker", "5")
	u, err := m.DB.UserByEmail(t.Context(), "owner@example.com")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := m.Keys.List(t.Context(), u.ID)
	if err != nil || len(keys) != 1 {
		t.Fatalf("%v %v", keys, err)
	}
	demo := harness.Ask("bourse/demo", map[string]any{"max_tokens": 200})
	if a := m.Chat(key, demo); a.Status != http.StatusOK {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	path := "/keys/" + keys[0].ID + "/edit"
	for _, limit := range []string{"-1", "0", "0.0000000001", "1e9", "99999999999", "ten"} {
		page := b.Submit(t, path, path, url.Values{"name": {"worker"}, "limit": {limit}})
		if page.Status != http.StatusUnprocessableEntity || page.Doc.Find("#limit[aria-invalid]").Length() == 0 {
			t.Errorf("limit %s: %d", limit, page.Status)
		}
	}
	b.Submit(t, path, path, url.Values{"name": {"worker"}, "limit": {"0.000000001"}, "reset": {"daily"}})
	a := m.Chat(key, demo)
	if a.Status != http.StatusPaymentRequired || !strings.Contains(string(a.Body), `"limit_source":"key_limit"`) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if page := b.Open(t, "/keys"); !strings.Contains(page.Doc.Find("[data-testid=key]").Text(), "starts again in") {
		t.Errorf("the page does not say when: %s", page.Doc.Find("[data-testid=key]").Text())
	}
	m.Audit()
}

package proxy

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bourse/app/auth"
	"bourse/billing"
	"bourse/models"
	"bourse/test/fake"
	"bourse/test/harness"
	"bourse/test/pgtest"
)

const (
	ownModel  = "openai/gpt-4o"
	ownSecret = "sk-own-0123456789abcdef"
	// encryptionKeys are 32 bytes in base64.
	encryptionKeys = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
)

// askOpenAI wants the model from the provider for which the customer has a key.
func askOpenAI(stream bool) map[string]any {
	return harness.Ask(ownModel, map[string]any{"max_tokens": 100, "stream": stream, "provider": map[string]any{"order": []string{"openai"}}})
}

func ownHouse(t *testing.T, more map[string]string) (*harness.House, *fake.Upstream) {
	t.Helper()
	up := fake.New(t)
	up.Key = "" // who asks with which key is looked at below
	env := map[string]string{"OPENAI_BASE_URL": up.URL, "ENCRYPTION_KEYS": encryptionKeys}
	for name, value := range more {
		env[name] = value
	}
	return harness.Start(t, env), up
}

func keysSeen(up *fake.Upstream) string {
	var keys []string
	for _, q := range up.Seen() {
		keys = append(keys, strings.TrimPrefix(q.Header.Get("Authorization"), "Bearer "))
	}
	return strings.Join(keys, " ")
}

// TestOwnKey calls with a key of the customer's own at a provider that the operator has not
// connected: the account pays the fee of the list price, and owes the provider nothing.
func TestOwnKey(t *testing.T) {
	for engine, more := range map[string]map[string]string{"sqlite": nil, "postgres": {"DATABASE_URL": pgtest.URL(t)}} {
		t.Run(engine, func(t *testing.T) {
			h, up := ownHouse(t, more)
			customer := h.Person("customer@example.com", models.NanoPerUSD/100)
			if a := h.Chat(customer.Key, askOpenAI(false)); a.Status == http.StatusOK {
				t.Fatalf("without any key: %s", a.Body)
			}
			if _, err := h.App.Own.Add(t.Context(), customer.Account.ID, auth.OwnKey{Provider: "openai", Key: ownSecret}); err != nil {
				t.Fatal(err)
			}
			up.Always(fake.Answer("Hello there.", fake.Usage{Prompt: 1000, Completion: 100}))
			// 1,000 × 2.5 + 100 × 10, all $/M; 5 % of it.
			const list, fee = models.Amount(3_500_000), models.Amount(175_000)
			for _, stream := range []bool{false, true} {
				before := h.Available(customer)
				s := look(t, h.Chat(customer.Key, askOpenAI(stream)), stream)
				if spent := before - h.Available(customer); spent != fee || s.cost != fee || s.list != list || !s.own || s.text != "Hello there." || s.provider != "OpenAI" {
					t.Errorf("stream %v: debited %s: %+v", stream, spent.USD(), s)
				}
				g, err := h.App.DB.GenerationByID(t.Context(), customer.Account.ID, s.id)
				if err != nil || !g.OwnKey || g.Cost != 0 || g.Fee != fee || g.CostPico != int64(list)*1000 || g.RealCredit {
					t.Errorf("%+v %v", g, err)
				}
				r, err := h.App.Billing.Receipt(t.Context(), g)
				if err != nil || r.List != list || r.Total() != fee || r.Waived {
					t.Errorf("%+v %v", r, err)
				}
			}
			sums, err := h.App.DB.LedgerSums(t.Context())
			if err != nil || sums[billing.ProviderPayable("openai")] != 0 || sums[billing.AccountFee] != 2*fee {
				t.Errorf("%v %v", sums, err)
			}
			if got := keysSeen(up); got != ownSecret+" "+ownSecret {
				t.Errorf("asked with %s", got)
			}
			h.Audit()
		})
	}
}

// TestOwnKeyRefused falls back to the house where it can, and says whose key it was where not.
func TestOwnKeyRefused(t *testing.T) {
	h, up := ownHouse(t, nil)
	customer := h.Person("customer@example.com", enoughCredit)
	if _, err := h.App.Own.Add(t.Context(), customer.Account.ID, auth.OwnKey{Provider: "openai", Key: ownSecret}); err != nil {
		t.Fatal(err)
	}
	for status, want := range map[int]int{401: 401, 402: 402, 403: 403, 429: 429, 500: 502} {
		before := h.Available(customer)
		up.Then(fake.Status(status, "no"))
		a := h.Chat(customer.Key, askOpenAI(true))
		if a.Status != want || h.Available(customer) != before || status < 429 && !strings.Contains(string(a.Body), "your own key") || strings.Contains(string(a.Body), ownSecret) {
			t.Errorf("%d: %d %s", status, a.Status, a.Body)
		}
	}
	house, up := ownHouse(t, map[string]string{"OPENAI_API_KEY": "of-the-house"})
	customer = house.Person("customer@example.com", enoughCredit)
	if _, err := house.App.Own.Add(t.Context(), customer.Account.ID, auth.OwnKey{Provider: "openai", Key: ownSecret}); err != nil {
		t.Fatal(err)
	}
	up.Then(fake.Status(401, "no"), fake.Answer("From the house.", fake.Usage{Prompt: 1000, Completion: 100}))
	before := house.Available(customer)
	s := look(t, house.Chat(customer.Key, askOpenAI(false)), false)
	if spent := before - house.Available(customer); spent != 3_675_000 || s.own || s.text != "From the house." || keysSeen(up) != ownSecret+" of-the-house" {
		t.Errorf("debited %s with %s: %+v", spent.USD(), keysSeen(up), s)
	}
	// Somebody else's request never sees the key.
	other := house.Person("other@example.com", enoughCredit)
	look(t, house.Chat(other.Key, askOpenAI(false)), false)
	if got := keysSeen(up); strings.Count(got, ownSecret) != 1 {
		t.Errorf("asked with %s", got)
	}
}

// TestOwnKeyWithoutCredit serves an account that could not pay the provider, but can pay the fee.
func TestOwnKeyWithoutCredit(t *testing.T) {
	h, up := ownHouse(t, map[string]string{"OPENAI_API_KEY": "of-the-house"})
	customer := h.Person("customer@example.com", 200_000) // nano-dollars
	long := askOpenAI(false)
	long["max_tokens"] = 200
	if a := h.Chat(customer.Key, long); a.Status != http.StatusPaymentRequired {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if _, err := h.App.Own.Add(t.Context(), customer.Account.ID, auth.OwnKey{Provider: "openai", Key: ownSecret}); err != nil {
		t.Fatal(err)
	}
	s := look(t, h.Chat(customer.Key, long), false)
	if !s.own || keysSeen(up) != ownSecret {
		t.Errorf("%+v with %s", s, keysSeen(up))
	}
}

// TestOwnKeyInHeader takes a key with the request and keeps nothing of it.
func TestOwnKeyInHeader(t *testing.T) {
	h, up := ownHouse(t, nil)
	customer := h.Person("customer@example.com", enoughCredit)
	ask := func(header string) harness.Answer {
		raw, _ := json.Marshal(askOpenAI(false))
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+"/api/v1/chat/completions", bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+customer.Key)
		req.Header.Set("X-Provider-API-Keys", header)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return harness.Answer{Status: resp.StatusCode, Body: body}
	}
	if s := look(t, ask(`{"openai":"`+ownSecret+`","nobody":"x"}`), false); !s.own || keysSeen(up) != ownSecret {
		t.Errorf("%+v with %s", s, keysSeen(up))
	}
	for _, bad := range []string{"sk-1", `["openai"]`, `{"openai":1}`, `{"openai":"` + strings.Repeat("x", 20_000) + `"}`} {
		if a := ask(bad); a.Status != http.StatusBadRequest {
			t.Errorf("%.40s: %d %s", bad, a.Status, a.Body)
		}
	}
	if a := h.Chat(customer.Key, askOpenAI(false)); a.Status == http.StatusOK {
		t.Error("the key of a header is used for another request")
	}
}

// TestOwnKeyIsSealed looks for the key in the files of the house, and turns the master key over.
func TestOwnKeyIsSealed(t *testing.T) {
	const newer = "Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA="
	folder := t.TempDir()
	up := fake.New(t)
	up.Key = ""
	env := func(keys string) map[string]string {
		return map[string]string{"OPENAI_BASE_URL": up.URL, "ENCRYPTION_KEYS": keys, "DATA_DIR": folder}
	}
	h := harness.Start(t, env(encryptionKeys))
	customer := h.Person("customer@example.com", enoughCredit)
	row, err := h.App.Own.Add(t.Context(), customer.Account.ID, auth.OwnKey{Provider: "openai", Key: ownSecret})
	if err != nil || row.Hint != "…cdef" {
		t.Fatal(row, err)
	}
	sealed := row.Sealed
	h.Close()
	files, _ := filepath.Glob(filepath.Join(folder, "*"))
	for _, name := range files {
		if raw, _ := os.ReadFile(name); bytes.Contains(raw, []byte(ownSecret)) {
			t.Errorf("the key stands in %s", filepath.Base(name))
		}
	}
	// With the newer key in front it still opens, and is sealed again; then the older can go.
	for _, keys := range []string{newer + "," + encryptionKeys, newer} {
		h := harness.Start(t, env(keys))
		if s := look(t, h.Chat(customer.Key, askOpenAI(false)), false); !s.own {
			t.Errorf("%+v", s)
		}
		now, err := h.App.DB.ProviderKeyOf(t.Context(), customer.Account.ID, row.ID)
		if err != nil || now.Sealed == sealed {
			t.Errorf("it is still under the older key: %v", err)
		}
		h.Close()
	}
	h = harness.Start(t, env(encryptionKeys))
	if a := h.Chat(customer.Key, askOpenAI(false)); a.Status == http.StatusOK {
		t.Error("it opens without its key")
	}
}

// TestOwnKeyStaysOutside refuses addresses in private networks: those that can be seen when they
// are entered, and those that show only when the connection is made.
func TestOwnKeyStaysOutside(t *testing.T) {
	h, up := ownHouse(t, nil)
	customer := h.Person("customer@example.com", enoughCredit)
	add := func(base string) error {
		_, err := h.App.Own.Add(t.Context(), customer.Account.ID, auth.OwnKey{Provider: "openai", Key: ownSecret, BaseURL: base})
		return err
	}
	for _, base := range []string{"http://api.example.com", "https://127.0.0.1/v1", "https://10.1.2.3", "https://[::1]/v1", "https://169.254.169.254/latest", "https://localhost/v1", "https://user:pass@x.example",
		"https://[::ffff:10.0.0.1]/", "https://100.64.1.1", "ftp://x.example", "https://x.example/?a=b"} {
		if err := add(base); models.CodeOf(err) != models.Invalid {
			t.Errorf("%s: %v", base, err)
		}
	}
	if err := add(strings.Replace(up.URL, "http://127.0.0.1", "https://localhost.", 1)); err != nil {
		t.Fatal(err)
	}
	if a := h.Chat(customer.Key, askOpenAI(false)); a.Status != http.StatusBadGateway || len(up.Seen()) != 0 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

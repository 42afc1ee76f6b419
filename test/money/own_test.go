package money

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"bourse/models"
	"bourse/test/fake"
	"bourse/test/harness"
	"bourse/test/pgtest"
)

const (
	ownKeysPath = "/settings/providers"
	// sealed by 32 bytes in base64.
	encryptionKeys = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
)

// TestOwnKeysPage brings keys through the pages: added, tried, ordered, used, and removed, and never
// shown again. The fee may come from the sandbox, since nobody else is paid.
func TestOwnKeysPage(t *testing.T) {
	for engine, env := range map[string]map[string]string{models.SQLite: {}, models.PostgreSQL: {"DATABASE_URL": pgtest.URL(t)}} {
		t.Run(engine, func(t *testing.T) {
			up := fake.New(t)
			up.Key = "sk-the-good-one"
			env["OPENAI_BASE_URL"], env["ENCRYPTION_KEYS"] = up.URL, encryptionKeys
			h := harness.Start(t, env)
			b := h.SignUp(t, "owner@example.com")
			b.TopUp(t, "10")
			key := b.MakeKey(t, "worker", "")
			// What cannot be a key is refused beside its field, and is not shown again.
			if p := b.Submit(t, ownKeysPath, "", url.Values{"provider": {"openai"}, "key": {"short"}}); p.Status != http.StatusUnprocessableEntity || p.Doc.Find("#key-error").Length() != 1 || p.Doc.Find("#key").AttrOr("value", "") != "" {
				t.Errorf("a short key: %d", p.Status)
			}
			if p := b.Submit(t, ownKeysPath, "", url.Values{"provider": {"openai"}, "key": {"sk-0123456789"}, "base_url": {"https://192.168.0.1/v1"}}); p.Doc.Find("#base_url-error").Length() != 1 {
				t.Errorf("a private address: %d", p.Status)
			}
			if p := b.Submit(t, ownKeysPath, "", url.Values{"provider": {"demo"}, "key": {"sk-0123456789"}}); p.Status != http.StatusUnprocessableEntity {
				t.Errorf("the demo: %d", p.Status)
			}
			b.Submit(t, ownKeysPath, "", url.Values{"provider": {"openai"}, "key": {"sk-the-wrong-one"}})
			page := b.Submit(t, ownKeysPath, "", url.Values{"provider": {"openai"}, "key": {"sk-the-good-one"}})
			rows := page.Doc.Find(`[data-testid="own-key"]`)
			if rows.Length() != 2 || !strings.Contains(rows.First().Text(), "OpenAI …-one") || strings.Contains(page.Doc.Text(), "sk-the") {
				t.Fatalf("%s", page.Text("own-keys"))
			}
			forms := rows.Find("form").Map(func(_ int, s *goquery.Selection) string { return s.AttrOr("action", "") })
			wrong, good := forms[0], forms[1]
			if p := b.Send(t, wrong, url.Values{"do": {"test"}}); !strings.Contains(p.Text("own-keys"), "does not work") || !strings.Contains(p.Text("own-keys"), "401") {
				t.Errorf("the wrong one: %s", p.Text("own-keys"))
			}
			if p := b.Send(t, good, url.Values{"do": {"test"}}); !strings.Contains(p.Text("own-keys"), "works") {
				t.Errorf("the good one: %s", p.Text("own-keys"))
			}
			// A model that is gone says nothing about the key: the next one is asked.
			up.Then(fake.Status(http.StatusNotFound, "no such model"))
			if p := b.Send(t, good, url.Values{"do": {"test"}}); !strings.Contains(p.Text("own-keys"), "works") {
				t.Errorf("after a model that is gone: %s", p.Text("own-keys"))
			}
			b.Send(t, good, url.Values{"do": {"up"}})
			asked := len(up.Seen())
			a := h.Chat(key, harness.Ask("openai/gpt-4o", map[string]any{"max_tokens": 50}))
			if a.Status != http.StatusOK || len(up.Seen()) != asked+1 || !strings.Contains(string(a.Body), `"is_byok":true`) {
				t.Errorf("%d after %d: %s", a.Status, len(up.Seen())-asked, a.Body)
			}
			// 10 × 2.5 + 4 × 10, all $/M, are 0.000065; 5 % of it is the fee.
			receipt := b.Open(t, "/activity/"+a.Header.Get("X-Generation-Id"))
			if receipt.Text("own-key") == "" || receipt.Text("provider-cost") != "$0.000065" || receipt.Text("fee") != "$0.00000325" {
				t.Errorf("list %s, fee %s", receipt.Text("provider-cost"), receipt.Text("fee"))
			}
			// Somebody else can neither see, use nor remove it.
			other := h.SignUp(t, "other@example.com")
			if p := other.Open(t, ownKeysPath); strings.Contains(p.Doc.Text(), "…-one") {
				t.Error("the key of another is listed")
			}
			if p := other.Send(t, good, url.Values{"do": {"test"}}); p.Status != http.StatusNotFound {
				t.Errorf("another tries it: %d", p.Status)
			}
			other.Send(t, good, url.Values{"do": {"remove"}})
			if p := b.Open(t, ownKeysPath); p.Doc.Find(`[data-testid="own-key"]`).Length() != 2 {
				t.Error("another removed it")
			}
			b.Send(t, good, url.Values{"do": {"remove"}})
			b.Send(t, wrong, url.Values{"do": {"remove"}})
			if a := h.Chat(key, harness.Ask("openai/gpt-4o", map[string]any{"max_tokens": 50})); a.Status == http.StatusOK {
				t.Error("a removed key is used")
			}
			if p := h.Visit(t, "").Open(t, ownKeysPath); p.URL.Path != "/sign-in" {
				t.Errorf("a stranger is led to %s", p.URL)
			}
		})
	}
}

// TestOwnKeysOff says what is missing where keys cannot be kept.
func TestOwnKeysOff(t *testing.T) {
	h := harness.Start(t, map[string]string{"DATABASE_URL": pgtest.URL(t)})
	b := h.SignUp(t, "owner@example.com")
	if p := b.Open(t, ownKeysPath); p.Status != http.StatusOK || p.Text("off") == "" || p.Doc.Find("#key").Length() != 0 {
		t.Errorf("%d %q", p.Status, p.Text("off"))
	}
	if p := b.Send(t, ownKeysPath, url.Values{"provider": {"openai"}, "key": {"sk-0123456789"}}); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("%d", p.Status)
	}
}

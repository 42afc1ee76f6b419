package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"bourse/app/auth"
	"bourse/test/harness"
)

// page is one page that every state is tried on.
type page struct {
	name, path string
	lands      string // where it leads, when that is not the path
	refused    bool   // the status is an error, which the browser notes on the console
}

const tags = `["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]`

// TestStates opens every page in light and dark, wide, narrow and very narrow: nothing that axe
// can find is wrong, nothing is on the console, and nothing has to be scrolled sideways.
func TestStates(t *testing.T) {
	t.Parallel()
	h := harness.Start(t, nil)
	person := h.SignUp(t, "operator@example.com")
	person.TopUp(t, "10")
	key := person.MakeKey(t, "laptop", "5")
	answer := h.Chat(key, harness.Ask("bourse/demo", map[string]any{"stream": true, "max_tokens": 30}))
	generation := lastUsage(t, answer).ID
	user, err := h.DB.UserByEmail(t.Context(), "operator@example.com")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := h.Keys.List(t.Context(), user.ID)
	if err != nil || len(keys) != 1 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	open := person.Submit(t, "/credits", "/credits", url.Values{"amount": {"25"}})
	account, err := h.DB.AccountOfUser(t.Context(), user.ID)
	if err != nil {
		t.Fatal(err)
	}
	purchases, err := h.DB.TopUps(t.Context(), account.ID, 10)
	if err != nil || len(purchases) != 2 {
		t.Fatalf("%d purchases, %v", len(purchases), err)
	}

	for i, k := range []auth.OwnKey{{Provider: "openai", Key: "sk-0123456789"}, {Provider: "azure", Key: "0123456789abcdef", BaseURL: "https://a-rather-long-resource-name.openai.azure.com/openai/v1"}, {Provider: "groq", Key: "gsk_0123456789"}} {
		row, err := h.Own.Add(t.Context(), account.ID, k)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			if err := h.Own.Tested(t.Context(), account.ID, row.ID, []string{"", "Azure AI Foundry does not accept your own key for it, or that key's account has no money left. It answered 401 to a question to phi-4-mini.", ""}[i]); err != nil {
				t.Fatal(err)
			}
		}
	}

	for _, below := range []string{"9", "2.5"} {
		person.Submit(t, "/alerts?model=openai/gpt-4o", "/alerts", url.Values{"below": {below}, "offers": {"no_training"}})
	}
	alerts, err := h.DB.PriceAlerts(t.Context(), account.ID)
	if err != nil || len(alerts) != 2 {
		t.Fatalf("%d alerts, %v", len(alerts), err)
	}

	t.Run("visitor", func(t *testing.T) {
		t.Parallel()
		states(t, openTab(t, h.URL), []page{
			{name: "home", path: "/"},
			{name: "models", path: "/models"},
			{name: "models-found", path: "/models?q=claude"},
			{name: "search", path: "/search?q=claude"},
			{name: "search-slip", path: "/search?q=mistrl"},
			{name: "search-empty", path: "/search"},
			{name: "chat-visitor", path: "/chat?m=openai/gpt-4o"},
			{name: "docs", path: "/docs"},
			{name: "docs-money", path: "/docs/money"},
			{name: "docs-openai", path: "/docs/openai-sdk"},
			{name: "models-none", path: "/models?q=nothing-has-this-name"},
			{name: "model", path: "/anthropic/claude-sonnet-4.5", lands: "/models/anthropic/claude-sonnet-4.5"},
			{name: "model-demo", path: "/models/bourse/demo"},
			{name: "model-asked", path: "/models/deepseek/deepseek-v3.2?sort=context&zdr=true"},
			{name: "model-by-piece", path: "/models/openai/gpt-image-1"},
			{name: "models-cards", path: "/models?fmt=cards&per=20"},
			{name: "models-own-mix", path: "/models?mix=7:1:60&min_price=0.2&order=pricing-low-to-high&per=20"},
			{name: "models-ignored", path: "/models?context=abc&order=best&per=20"},
			{name: "models-picked", path: "/models?per=20&m=openai/gpt-4o,anthropic/claude-sonnet-4.5"},
			{name: "compare", path: "/compare?m=openai/gpt-4o&m=anthropic/claude-sonnet-4.5&m=no/such"},
			{name: "providers", path: "/providers"},
			{name: "provider", path: "/providers/groq"},
			{name: "authors", path: "/authors?order=name"},
			{name: "prices", path: "/prices?provider=groq"},
			{name: "market", path: "/market"},
			{name: "rankings-none", path: "/rankings"},
			{name: "market-month", path: "/market?days=30"},
			{name: "compare-none", path: "/compare"},
			{name: "sign-up", path: "/sign-up"},
			{name: "sign-in", path: "/sign-in"},
			{name: "reset", path: "/reset"},
			{name: "reset-wrong", path: "/reset/new?token=wrong", refused: true},
			{name: "not-found", path: "/no/such/page", refused: true},
			{name: "dev-mail", path: "/dev/mail"},
			{name: "parts", path: "/_gallery"},
		})
	})
	t.Run("customer", func(t *testing.T) {
		t.Parallel()
		b := openTab(t, h.URL)
		b.carry(person.Cookies())
		states(t, b, []page{
			{name: "credits", path: "/credits"},
			{name: "statement", path: "/credits/statement"},
			{name: "auto", path: "/credits/auto"},
			{name: "payments", path: "/credits/payments"},
			{name: "payment", path: "/credits/payments/" + purchases[1].ID},
			{name: "refund", path: "/credits/payments/" + purchases[1].ID + "/refund"},
			{name: "sandbox-payment", path: "/sandbox/payment/" + purchases[1].PaymentIntent},
			{name: "admin-payments", path: "/admin/payments"},
			{name: "checkout", path: open.URL.Path},
			{name: "credited", path: "/credits/return?topup=" + purchases[1].ID},
			{name: "chat", path: "/chat"},
			{name: "docs-quickstart", path: "/docs/quickstart"},
			{name: "keys", path: "/keys"},
			{name: "key-edit", path: "/keys/" + keys[0].ID + "/edit"},
			{name: "key-revoke", path: "/keys/" + keys[0].ID + "/revoke"},
			{name: "keys-new", path: "/keys/new"},
			{name: "activity", path: "/activity"},
			{name: "receipt", path: "/activity/" + generation},
			{name: "settings", path: "/settings"},
			{name: "alerts", path: "/alerts?model=anthropic/claude-sonnet-4.5"},
			{name: "alert-remove", path: "/alerts/" + alerts[0].ID + "/remove"},
			{name: "provider-keys", path: "/settings/providers"},
			{name: "consent", path: "/auth?callback_url=https%3A%2F%2Fwriter.example.com%2Fback&code_challenge=abc&code_challenge_method=S256"},
			{name: "consent-wrong", path: "/auth?callback_url=http%3A%2F%2Fwriter.example.com", refused: true},
			{name: "somebody-elses", path: "/activity/gen-0", refused: true},
		})
	})
}

func states(t *testing.T, b *tab, pages []page) {
	for _, p := range pages {
		b.errors()
		for _, width := range []int64{1280, 390, 320} {
			b.size(width)
			for _, theme := range []string{"light", "dark"} {
				b.theme(theme)
				b.open(p.path)
				if where := strings.TrimPrefix(value(b, chromedp.Location()), b.url); where != cmp.Or(p.lands, p.path) {
					t.Fatalf("%s leads to %s", p.path, where)
				}
				state := fmt.Sprintf("%s-%d-%s", p.name, width, theme)
				for _, v := range violations(b) {
					t.Errorf("%s: %s", state, v)
				}
				if over := value(b, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`)); over > 0 {
					t.Errorf("%s: %d pixels too wide", state, over)
				}
				for _, message := range b.errors() {
					if !p.refused || !strings.Contains(message, "Failed to load resource") {
						t.Errorf("%s: console: %s", state, message)
					}
				}
				if width != 320 {
					b.shoot(state)
				}
			}
		}
	}
}

// violations are what axe finds wrong on the page.
func violations(b *tab) []string {
	b.t.Helper()
	text := value(b, chromedp.Evaluate[string](axe+`;axe.run({runOnly:`+tags+`,resultTypes:["violations"]}).then(r=>JSON.stringify(r.violations))`,
		chromedp.EvalAwaitPromise))
	var found []struct {
		ID    string `json:"id"`
		Help  string `json:"help"`
		Nodes []struct {
			HTML    string `json:"html"`
			Summary string `json:"failureSummary"`
		} `json:"nodes"`
	}
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		b.t.Fatal(err)
	}
	list := make([]string, 0, len(found))
	for _, v := range found {
		line := v.ID + ": " + v.Help
		if len(v.Nodes) > 0 {
			line += fmt.Sprintf(" (%d times): %s: %s", len(v.Nodes), v.Nodes[0].HTML, v.Nodes[0].Summary)
		}
		list = append(list, line)
	}
	return list
}

package account

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"bourse/app/mail"
	"bourse/models"
	"bourse/test/harness"
)

const watched = "openai/gpt-4o"

// TestAPriceAlertFromPageToLetter sets an alert on a model's page, lets the price fall, reads the
// letter and removes the alert from it without signing in.
func TestAPriceAlertFromPageToLetter(t *testing.T) {
	h := harness.Start(t, nil)
	stranger := h.Visit(t, "")
	link := stranger.Open(t, "/models/"+watched).Doc.Find(`a[data-testid="alert"]`).AttrOr("href", "")
	if link != "/sign-in?next=%2Fmodels%2Fopenai%2Fgpt-4o%23history" {
		t.Fatalf("a stranger is led to %q", link)
	}
	b := h.SignUp(t, "owner@example.com")
	page := b.Submit(t, "/models/"+watched, "/alerts", nil)
	if page.URL.Path != "/alerts" || !strings.Contains(page.Text("flash"), "You get a letter when GPT-4o costs this: output at or below $9.00") {
		t.Fatalf("%s: %s", page.URL, page.Text("flash"))
	}
	row := page.Doc.Find(`[data-testid="alert-row"]`)
	for _, part := range []string{"GPT-4o", "output", "$9.00", "$10.00", "waiting"} {
		if !strings.Contains(row.Text(), part) {
			t.Errorf("the row does not say %q: %s", part, row.Text())
		}
	}
	if again := b.Submit(t, "/models/"+watched, "/alerts", nil); again.Doc.Find(`[data-testid="alert-row"]`).Length() != 1 {
		t.Error("the same form sent twice made two alerts")
	}
	if text := b.Open(t, "/models/"+watched).Doc.Find(".alert-box").Text(); !strings.Contains(text, "output at or below $9.00") {
		t.Errorf("the model's page does not say that an alert is set: %s", text)
	}

	fall(t, h, 8_500_000)
	letter := waitLetter(t, h, "GPT-4o: output at $8.50")
	if letter.To != "owner@example.com" {
		t.Errorf("the letter goes to %s", letter.To)
	}
	if text := b.Open(t, "/alerts").Doc.Find(`[data-testid="alert-row"]`).Text(); !strings.Contains(text, "told") || !strings.Contains(text, "$8.50 at") {
		t.Errorf("the row says %s", text)
	}
	_, remove, _ := strings.Cut(letter.Body, "Remove this alert: "+h.URL)
	remove, _, _ = strings.Cut(remove, "\n")
	if asked := stranger.Open(t, remove); asked.Status != http.StatusOK || b.Open(t, "/alerts").Doc.Find(`[data-testid="alert-row"]`).Length() != 1 {
		t.Fatalf("looking at %s: %d, and it removes already", remove, asked.Status)
	}
	if gone := stranger.Submit(t, remove, "", nil); gone.URL.Path != "/models/"+watched {
		t.Errorf("removing leads to %s", gone.URL)
	}
	if n := b.Open(t, "/alerts").Doc.Find(`[data-testid="alert-row"]`).Length(); n != 0 {
		t.Errorf("%d alerts are left", n)
	}
	for _, path := range []string{remove, "/alerts/al-0/remove"} {
		if p := stranger.Open(t, path); p.Status != http.StatusNotFound {
			t.Errorf("%s: %d", path, p.Status)
		}
	}
}

// fall has the cheapest offer of the watched model ask less for what it writes.
func fall(t *testing.T, h *harness.House, output models.Rate) {
	t.Helper()
	o := h.Catalog.Current().Model(watched).Lowest
	rates := models.Rates{}
	for u, r := range o.Pricing.Rates {
		rates[u] = r
	}
	rates[models.UnitOutput] = output
	err := h.DB.AddPriceVersions(t.Context(), []models.PriceVersion{{ID: models.NewID("pv"), Model: watched, Tag: o.Tag,
		Pricing: models.Pricing{Rates: rates}, EffectiveFrom: time.Now(), Source: "test"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Catalog.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := h.Alerts.Watch(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := h.Billing.RunOutbox(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func waitLetter(t *testing.T, h *harness.House, subject string) mail.Letter {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); <-tick.C {
		for _, l := range h.Mail.Recent() {
			if strings.HasPrefix(l.Subject, subject) {
				return l
			}
		}
	}
	t.Fatalf("no letter about %q", subject)
	return mail.Letter{}
}

func TestAnAlertThatMakesNoSenseIsAskedForAgain(t *testing.T) {
	h := harness.Start(t, nil)
	b := h.SignUp(t, "owner@example.com")
	for typed, says := range map[string]string{
		"-1": "cannot be negative", "0": "more than zero", "nine": "not a price", "1e3": "not a price", "0.0000001": "more than 6 decimals",
		"99999999999999999999": "too large", "10": "It is at $10.00 already", "250": "already", "": "Write a price", "<b>": "not a price",
	} {
		page := b.Submit(t, "/alerts?model="+watched, "/alerts", url.Values{"below": {typed}, "offers": {"zdr"}, "price": {"input"}})
		if typed == "10" || typed == "250" {
			page = b.Submit(t, "/alerts?model="+watched, "/alerts", url.Values{"below": {typed}, "price": {"output"}})
		} else if chosen := page.Doc.Find("#price option[selected]").AttrOr("value", "") + page.Doc.Find("#offers option[selected]").AttrOr("value", ""); chosen != "inputzdr" {
			t.Errorf("%q: the choices are lost: %q", typed, chosen)
		}
		if page.Status != http.StatusUnprocessableEntity || !strings.Contains(page.Doc.Find("#below-error").Text(), says) {
			t.Errorf("%q: %d %q", typed, page.Status, page.Doc.Find("#below-error").Text())
		}
		if got := page.Doc.Find("#below").AttrOr("value", "?"); got != typed {
			t.Errorf("%q came back as %q", typed, got)
		}
	}
	if page := b.Send(t, "/alerts", url.Values{"model": {"no/such"}, "price": {"output"}, "below": {"1"}}); page.Status != http.StatusUnprocessableEntity {
		t.Errorf("an unknown model: %d", page.Status)
	}
	if page := b.Submit(t, "/alerts?model="+watched, "/alerts", url.Values{"below": {"$9.5"}}); page.URL.Path != "/alerts" || page.Status != http.StatusOK {
		t.Errorf("with a sign: %d at %s", page.Status, page.URL)
	}
	for range models.PriceAlertsMax - 1 {
		if err := h.DB.InsertPriceAlert(t.Context(), models.PriceAlert{ID: models.NewID("al"), AccountID: account(t, h), Model: watched, Price: "input", Offers: models.NewID("x"), Below: 1, State: models.AlertArmed}); err != nil {
			t.Fatal(err)
		}
	}
	if page := b.Submit(t, "/alerts?model="+watched, "/alerts", url.Values{"below": {"8"}}); page.Status != http.StatusUnprocessableEntity || !strings.Contains(page.Text("errors"), "Remove one first") {
		t.Errorf("one more than allowed: %d %s", page.Status, page.Text("errors"))
	}
}

func account(t *testing.T, h *harness.House) string {
	t.Helper()
	u, err := h.DB.UserByEmail(t.Context(), "owner@example.com")
	if err != nil {
		t.Fatal(err)
	}
	a, err := h.DB.AccountOfUser(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	return a.ID
}

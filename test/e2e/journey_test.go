package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"bourse/models"
	"bourse/test/harness"
)

// TestJourney is the way of a newcomer, with script and without: sign up, buy, make a key, call,
// read what it cost.
func TestJourney(t *testing.T) {
	for _, script := range []bool{true, false} {
		name := "with script"
		if !script {
			name = "without script"
		}
		t.Run(name, func(t *testing.T) {
			h := harness.Start(t, nil)
			b := openTab(t, h.URL)
			b.size(1280)
			if !script {
				b.withoutScript()
			}
			j := journey{b, h, "newcomer@example.com", strings.ReplaceAll(name, " ", "-") + "-"}
			j.signUp()
			j.topUp("10")
			key := j.makeKey()
			charges := j.call(key, 3)
			j.receipts(charges)
			if got := h.Balance(t, key); mustUSD(t, got.Available.String()) != 10*models.NanoPerUSD-total(charges) {
				t.Errorf("10 dollars less %d charges of %s is not %s", len(charges), total(charges).USD(), got.Available)
			}
			for _, message := range b.errors() {
				t.Errorf("console: %s", message)
			}
		})
	}
}

type journey struct {
	*tab
	house *harness.House
	email string
	shots string
}

func (j journey) signUp() {
	j.t.Helper()
	j.open("/sign-up")
	j.fill("email", j.email)
	j.fill("password", harness.Password)
	j.press(`main form[action="/sign-up"] button[type="submit"]`, `main:not(:has(form[action="/sign-up"]))`)
	j.shoot(j.shots + "1-signed-up")
	j.do(chromedp.Navigate(j.house.LetterLink(j.email)))
	j.open("/settings")
	if where := value(j.tab, chromedp.Location()); strings.Contains(where, "/sign-in") {
		j.fill("email", j.email)
		j.fill("password", harness.Password)
		j.press(`main form[action^="/sign-in"] button[type="submit"]`, at("balance"))
	}
}

func (j journey) topUp(dollars string) {
	j.t.Helper()
	j.open("/credits")
	j.do(chromedp.Click(chromedp.CSS(`label.preset:has(input[value="own"])`)))
	j.fill("own", dollars)
	j.shoot(j.shots + "2-credits")
	j.press(`main form[action="/credits"] button[type="submit"]`, at("checkout"))
	j.shoot(j.shots + "3-checkout")
	j.press(`button[value="pay"]`, `[data-testid="top-up"]:not([data-poll])`)
	j.shoot(j.shots + "4-credited")
	j.open("/credits")
	if got := value(j.tab, chromedp.Text(at("available"))); mustUSD(j.t, got) != 10*models.NanoPerUSD {
		j.t.Fatalf("10 dollars were bought and %q is there", got)
	}
}

func (j journey) makeKey() string {
	j.t.Helper()
	j.open("/keys/new")
	j.fill("name", "laptop")
	j.press(`main form[action="/keys/new"] button[type="submit"]`, at("key"))
	j.shoot(j.shots + "5-key")
	key := value(j.tab, chromedp.AttributeValue(at("key"), "value")).Value
	if !strings.HasPrefix(key, "sk-brs-v1-") {
		j.t.Fatalf("%q is not a key", key)
	}
	return key
}

// call makes streamed calls, and returns what each was said to cost.
func (j journey) call(key string, times int) map[string]models.Amount {
	j.t.Helper()
	charges := make(map[string]models.Amount)
	for range times {
		a := j.house.Chat(key, harness.Ask("bourse/demo", map[string]any{"stream": true, "max_tokens": 60}))
		if a.Status != http.StatusOK {
			j.t.Fatalf("status %d: %s", a.Status, a.Body)
		}
		last := lastUsage(j.t, a)
		charges[last.ID] = mustUSD(j.t, last.Usage.Cost.String())
	}
	return charges
}

// receipts opens each call from the list and compares what was debited with what the API said.
func (j journey) receipts(charges map[string]models.Amount) {
	j.t.Helper()
	j.open("/activity")
	j.shoot(j.shots + "6-activity")
	rows := value(j.tab, chromedp.Nodes(chromedp.CSSAll(string(at("generation")))))
	if len(rows) != len(charges) {
		j.t.Errorf("%d calls, and %d rows of them", len(charges), len(rows))
	}
	j.press(chromedp.CSS(string(at("generation"))+` a[href^="/activity/gen-"]`), at("receipt"))
	j.shoot(j.shots + "7-receipt")
	for id, charge := range charges {
		j.open("/activity/" + id)
		cost, fee := value(j.tab, chromedp.Text(at("provider-cost"))), value(j.tab, chromedp.Text(at("fee")))
		debited := mustUSD(j.t, value(j.tab, chromedp.Text(at("total"))))
		if debited != charge {
			j.t.Errorf("%s: the API said %s and the receipt says %s", id, charge.USD(), debited.USD())
		}
		if sum := mustUSD(j.t, cost) + mustUSD(j.t, fee); sum != debited {
			j.t.Errorf("%s: %s and a fee of %s is not %s", id, cost, fee, debited.USD())
		}
	}
}

func total(charges map[string]models.Amount) models.Amount {
	var sum models.Amount
	for _, c := range charges {
		sum += c
	}
	return sum
}

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"bourse/models"
	"bourse/test/harness"
)

// buyer is somebody at the pages about payments.
type buyer struct {
	*tab
	house *harness.House
	shots string
}

func newBuyer(t *testing.T, h *harness.House, email, shots string) buyer {
	t.Helper()
	person := h.SignUp(t, email)
	b := openTab(t, h.URL)
	b.size(1280)
	b.theme("light")
	b.carry(person.Cookies())
	return buyer{b, h, shots}
}

// checkout begins a purchase and ends at the sandbox's checkout.
func (b buyer) checkout(dollars string, keep bool) {
	b.t.Helper()
	b.open("/credits")
	b.do(chromedp.Click(chromedp.CSS(`label.preset:has(input[value="own"])`)))
	b.fill("own", dollars)
	if keep {
		b.do(chromedp.Click(chromedp.CSS(`main input[name="save"]`)))
	}
	b.press(`main form[action="/credits"] button[type="submit"]`, at("checkout"))
}

// choose presses one of the sandbox's buttons.
func (b buyer) choose(action string, then chromedp.CSS) {
	b.t.Helper()
	b.press(chromedp.CSS(`button[value="`+action+`"]`), then)
}

// has waits until the balance is so many dollars.
func (b buyer) has(dollars int64) {
	b.t.Helper()
	var got string
	for range 40 { // what the outbox does takes some seconds
		b.open("/credits")
		if got = value(b.tab, chromedp.Text(at("available"))); mustUSD(b.t, got) == models.Amount(dollars)*models.NanoPerUSD {
			return
		}
		b.do(chromedp.Sleep(250 * time.Millisecond))
	}
	b.t.Fatalf("%d dollars should be there, %q are", dollars, got)
}

func (b buyer) state(state string) chromedp.CSS {
	return chromedp.CSS(`[data-testid="top-up"][data-state="` + state + `"]`)
}

// everywhere takes pictures of a page in light and dark, wide and narrow.
func (b buyer) everywhere(path, name string) {
	b.t.Helper()
	for _, width := range []int64{1280, 390} {
		b.size(width)
		for _, theme := range []string{"light", "dark"} {
			b.theme(theme)
			b.open(path)
			b.shoot(b.shots + name + map[int64]string{1280: "-wide-", 390: "-phone-"}[width] + theme)
		}
	}
	b.size(1280)
	b.theme("light")
}

// TestPayments is everything that can happen to a payment, in a browser against the sandbox.
func TestPayments(t *testing.T) {
	h := harness.Start(t, map[string]string{"PROCESSING_BPS": "290", "PROCESSING_CENTS": "30"})
	b := newBuyer(t, h, "operator@example.com", "payments-")

	// Declined, then asked by the bank and refused, then confirmed.
	b.open("/credits")
	if got := value(b.tab, chromedp.Text(chromedp.CSS(`[data-total]`))); got != "$25.00 credits + $1.03 processing = $26.03" {
		t.Errorf("before the button it says %q", got)
	}
	b.everywhere("/credits", "1-credits-new")
	b.checkout("10", false)
	b.choose("decline", at("declined"))
	b.shoot("payments-2-declined")
	b.choose("authenticate", at("waiting"))
	b.shoot("payments-3-authentication")
	b.choose("refuse", at("declined"))
	b.choose("authenticate", at("waiting"))
	b.choose("confirm", b.state("credited"))
	b.shoot("payments-4-credited")
	b.has(10)

	// Promised, arriving later.
	b.checkout("25", false)
	b.everywhere(path(b), "5-checkout")
	b.choose("later", b.state("pending"))
	b.shoot("payments-6-pending")
	b.press(`a[href^="/sandbox/payment/"]`, at("sandbox-payment"))
	b.shoot("payments-7-promised")
	b.press(`button[value="arrive"]`, `button[value="dispute"]`)
	b.has(35)

	// A card is kept, and buys by itself.
	b.checkout("50", true)
	b.choose("pay", b.state("credited"))
	b.has(85)
	b.open("/credits/auto")
	b.fill("below", "90")
	b.fill("each", "10")
	b.fill("cap", "100")
	b.press(`main form[action="/credits/auto"] button[value="yes"]`, at("flash"))
	b.has(95)
	b.everywhere("/credits/auto", "8-auto")

	// Five dollars go back.
	b.open("/credits/payments")
	b.everywhere("/credits/payments", "9-payments")
	b.open("/credits/payments")
	b.press(`[data-testid="payments"] tbody tr:first-child a[href$="/refund"]`, `input[name="amount"]`)
	b.everywhere(path(b), "10-refund")
	b.fill("amount", "5")
	b.press(`main form button.btn-danger`, at("events"))
	receipt := path(b)
	b.everywhere(receipt, "11-receipt")
	b.has(90)

	// A dispute freezes; won, everything is as it was.
	b.open(receipt)
	b.press(`a[href^="/sandbox/payment/"]`, at("sandbox-payment"))
	payment := path(b)
	b.choose("fail-refund", `[data-testid="sandbox-payment"]:not(:has(button[value="fail-refund"]))`)
	b.has(95)
	b.open(payment)
	b.choose("dispute", `button[value="win"]`)
	b.everywhere(payment, "12-sandbox-payment")
	b.open("/credits")
	if got := value(b.tab, chromedp.Text(chromedp.CSS(`section[aria-labelledby="buy-head"]`))); !strings.Contains(got, "frozen") {
		t.Errorf("after a dispute the page says %q", got)
	}
	b.everywhere("/credits", "13-frozen")
	b.open("/admin/payments")
	b.do(chromedp.Click(chromedp.CSS(`form[action="/admin/payments/compare"] button`)), chromedp.WaitVisible(at("flash")))
	b.everywhere("/admin/payments", "14-admin")
	b.open(payment)
	b.choose("win", `[data-testid="sandbox-payment"]:not(:has(button[value="win"]))`)
	b.has(95)
	b.everywhere("/credits", "15-credits")
	b.open("/admin/payments")
	b.do(chromedp.Click(chromedp.CSS(`form[action="/admin/payments/compare"] button`)), chromedp.WaitVisible(at("flash")))
	if got := value(b.tab, chromedp.Text(chromedp.CSS(`section[aria-labelledby="clearing-head"]`))); !strings.Contains(got, "to the cent") {
		t.Errorf("the provider's balance is not explained: %q", got)
	}
	for _, message := range b.errors() {
		t.Errorf("console: %s", message)
	}
}

// TestConfirm is a kept card whose bank asks its owner when it is charged later.
func TestConfirm(t *testing.T) {
	h := harness.Start(t, nil)
	b := newBuyer(t, h, "owner@example.com", "confirm-")
	b.checkout("10", true)
	b.do(chromedp.SetValue(chromedp.CSS(`select[name="card"]`), "authenticate"))
	b.choose("pay", b.state("credited"))
	b.open("/credits/auto")
	b.fill("below", "11")
	b.fill("each", "10")
	b.fill("cap", "20")
	b.press(`main form[action="/credits/auto"] button[value="yes"]`, at("flash"))
	for range 40 {
		b.open("/credits/auto")
		if value(b.tab, chromedp.Evaluate[bool](`document.querySelector("[data-testid=attempts]") !== null && document.querySelector("[data-testid=auto-reason]") !== null`)) {
			break
		}
		b.do(chromedp.Sleep(250 * time.Millisecond))
	}
	b.shoot("confirm-1-auto")
	b.press(`[data-testid="attempts"] a`, `form[action="/credits/confirm"] button`)
	b.shoot("confirm-2-asked")
	b.press(`form[action="/credits/confirm"] button`, at("sandbox-payment"))
	b.choose("confirm", b.state("credited"))
	b.has(20)
	for _, message := range b.errors() {
		t.Errorf("console: %s", message)
	}
}

func path(b buyer) string {
	b.t.Helper()
	return strings.TrimPrefix(value(b.tab, chromedp.Location()), b.url)
}

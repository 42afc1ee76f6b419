package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"

	"bourse/test/harness"
)

// TestAnAlertIsSetWhereThePriceIsSeen opens the form beside the price history, without script too,
// and sends it.
func TestAnAlertIsSetWhereThePriceIsSeen(t *testing.T) {
	h := harness.Start(t, nil)
	person := h.SignUp(t, "owner@example.com")
	for _, script := range []bool{true, false} {
		b := openTab(t, h.URL)
		b.carry(person.Cookies())
		if !script {
			b.withoutScript()
		}
		b.size(390)
		b.open("/models/openai/gpt-4o")
		b.do(chromedp.Click(at("alert")), chromedp.WaitVisible(at("alert-form")))
		if script {
			for _, theme := range []string{"light", "dark"} {
				b.theme(theme)
				for _, v := range violations(b) {
					t.Error(v)
				}
				b.shootView("alert-form-" + theme)
			}
		}
		if script {
			b.do(chromedp.Evaluate[chromedp.Void](`{ const p = document.querySelector("#price"); p.value = "input"; p.dispatchEvent(new Event("change", { bubbles: true })); }`))
			if got := value(b, chromedp.Evaluate[string](`document.querySelector("#below").value`)); got != "2.25" {
				t.Errorf("for the price of input %q is proposed", got)
			}
			b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#price").value = "output"; document.querySelector("#below").value = ""; undefined`))
		}
		b.fill("below", "8.75")
		b.press(`[data-testid="alert-form"] [type=submit]`, at("alerts"))
		if n := value(b, chromedp.Evaluate[int](`document.querySelectorAll("[data-testid=alert-row]").length`)); n != 1 {
			t.Errorf("%d alerts", n)
		}
		if e := b.errors(); len(e) > 0 {
			t.Errorf("console: %v", e)
		}
	}
}

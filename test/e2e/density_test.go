package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"

	"bourse/test/harness"
)

const rowHeight = `document.querySelector("[data-testid=model]").getBoundingClientRect().height`

// TestRowsStandCloserWhenAsked switches the density on the list, with script and without, and back
// in the settings.
func TestRowsStandCloserWhenAsked(t *testing.T) {
	h := harness.Start(t, nil)
	person := h.SignUp(t, "owner@example.com")
	for _, script := range []bool{true, false} {
		b := openTab(t, h.URL)
		b.carry(person.Cookies())
		if !script {
			b.withoutScript()
		}
		b.size(1280)
		b.open("/models?per=20&q=claude")
		wide := value(b, chromedp.Evaluate[float64](rowHeight))
		b.press(`button[name=density][value=compact]`, `button[name=density][value=comfortable]`)
		if where := value(b, chromedp.Evaluate[string](`location.pathname + location.search`)); where != "/models?per=20&q=claude" {
			t.Errorf("the button leads to %s", where)
		}
		if close := value(b, chromedp.Evaluate[float64](rowHeight)); wide < 44 || close > 35 {
			t.Errorf("rows are %v high, then %v", wide, close)
		}
		for _, width := range []int64{1280, 390} {
			b.size(width)
			if script {
				for _, v := range violations(b) {
					t.Errorf("at %d: %s", width, v)
				}
			}
			b.shoot("models-compact-" + map[bool]string{true: "wide", false: "narrow"}[width > 1000])
		}
		b.open("/settings")
		b.do(chromedp.SetValue(chromedp.CSS("#density"), "comfortable"), chromedp.Click(chromedp.CSS(`form[action="/settings/density"] [type=submit]`)),
			chromedp.WaitVisible(chromedp.CSS(`html:not([data-density]) #density`)))
		b.open("/models?per=20&q=claude")
		if again := value(b, chromedp.Evaluate[float64](rowHeight)); again != wide {
			t.Errorf("rows are %v high again, not %v", again, wide)
		}
		if e := b.errors(); len(e) > 0 {
			t.Errorf("console: %v", e)
		}
	}
}

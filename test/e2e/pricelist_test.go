package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"bourse/test/harness"
)

// TestKeyboardWalk goes from the landing page to a compared pair without touching a pointer.
func TestKeyboardWalk(t *testing.T) {
	h := harness.Start(t, nil)
	b := openTab(t, h.URL)
	b.size(1280)
	b.open("/")
	b.do(chromedp.KeyEvent("g"), chromedp.KeyEvent("m"), chromedp.WaitVisible(at("models")))
	b.do(chromedp.KeyEvent("j"), chromedp.KeyEvent("x"), chromedp.WaitVisible(chromedp.CSS(`.tray-on li`)))
	b.do(chromedp.KeyEvent("j"), chromedp.KeyEvent("j"), chromedp.KeyEvent("x"), chromedp.WaitVisible(chromedp.CSS(`a[data-compare]`)))
	b.do(chromedp.KeyEvent("c"), chromedp.WaitVisible(at("compare")))
	if n := value(b, chromedp.Evaluate[int](`document.querySelectorAll("[data-testid=compare] thead th a[href^='/models/']").length`)); n != 2 {
		t.Errorf("%d models are compared", n)
	}
	if e := b.errors(); len(e) > 0 {
		t.Errorf("console: %s", strings.Join(e, "\n"))
	}
}

// TestCompareWithoutScript ticks two rows, presses a button, and hides what does not differ.
func TestCompareWithoutScript(t *testing.T) {
	h := harness.Start(t, nil)
	b := openTab(t, h.URL)
	b.withoutScript()
	b.size(1280)
	b.open("/models?q=gpt-4o")
	b.do(chromedp.Click(chromedp.CSS(`tbody tr:nth-child(1) input[name=m]`)), chromedp.Click(chromedp.CSS(`tbody tr:nth-child(2) input[name=m]`)))
	b.press(`.tray button[formaction="/compare"]`, at("compare"))
	before := value(b, chromedp.Evaluate[int](`[...document.querySelectorAll(".compare-table tr")].filter(r => r.checkVisibility()).length`))
	b.do(chromedp.Click(chromedp.CSS("#differ")))
	after := value(b, chromedp.Evaluate[int](`[...document.querySelectorAll(".compare-table tr")].filter(r => r.checkVisibility()).length`))
	if after >= before || after < 2 {
		t.Errorf("of %d rows %d differ", before, after)
	}
}

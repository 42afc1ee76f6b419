package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"bourse/test/harness"
)

// TestSearchWhileTyping finds a model from a page that is about something else, by keyboard alone.
func TestSearchWhileTyping(t *testing.T) {
	h := harness.Start(t, nil)
	b := openTab(t, h.URL)
	b.size(1280)
	b.open("/providers")
	b.do(chromedp.KeyEvent("/"), chromedp.SendKeys(chromedp.CSS("#find"), "snonet 4.5"), chromedp.WaitVisible(chromedp.CSS(".find-box a")))
	b.shoot("search-typing-1280")
	b.do(chromedp.Poll[chromedp.Void](`document.querySelector(".find-box a")?.textContent.includes("Sonnet")`))
	if list := violations(b); len(list) > 0 {
		t.Errorf("axe: %s", strings.Join(list, "\n"))
	}
	b.do(chromedp.KeyEvent(kb.ArrowDown))
	b.do(chromedp.Poll[chromedp.Void](`document.activeElement.closest(".find-box") !== null`))
	b.do(chromedp.KeyEvent("\r"), chromedp.WaitVisible(at("model-id")))
	if title := value(b, chromedp.Title()); !strings.Contains(title, "Sonnet") {
		t.Errorf("the walk ended at %q", title)
	}
	if e := b.errors(); len(e) > 0 {
		t.Errorf("console: %s", strings.Join(e, "\n"))
	}
}

// TestSearchWithoutScript sends the form of the header.
func TestSearchWithoutScript(t *testing.T) {
	h := harness.Start(t, nil)
	b := openTab(t, h.URL)
	b.withoutScript()
	b.size(1280)
	b.open("/providers")
	b.do(chromedp.SendKeys(chromedp.CSS("#find"), "gpt4o\r"), chromedp.WaitVisible(at("found")))
	if first := value(b, chromedp.Evaluate[string](`document.querySelector("#found a").getAttribute("href")`)); first != "/models/openai/gpt-4o" {
		t.Errorf("the first is %s", first)
	}
}

// TestListOfKeys opens the list of keys by its own key, and closes it.
func TestListOfKeys(t *testing.T) {
	h := harness.Start(t, nil)
	b := openTab(t, h.URL)
	b.size(1280)
	b.open("/docs")
	b.do(chromedp.KeyEvent("?"), chromedp.WaitVisible(chromedp.CSS(".keys-help")))
	if list := violations(b); len(list) > 0 {
		t.Errorf("axe: %s", strings.Join(list, "\n"))
	}
	b.do(chromedp.KeyEvent(kb.Escape), chromedp.Poll[chromedp.Void](`!document.querySelector(".keys-help[open]")`))
	if e := b.errors(); len(e) > 0 {
		t.Errorf("console: %s", strings.Join(e, "\n"))
	}
}

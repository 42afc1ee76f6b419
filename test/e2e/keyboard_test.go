package e2e

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"bourse/test/harness"
)

// tabsMost is how many presses of Tab may lie between two things that somebody wants.
const tabsMost = 400

// focus is what has the focus, and why that cannot be seen; "" when it can.
const focus = `(() => {
	const e = document.activeElement;
	if (!e || e === document.body) return ["", "nothing has the focus"];
	const name = e.tagName.toLowerCase() + " " + (e.getAttribute("aria-label") ?? e.id + " " + e.textContent.trim().slice(0, 40));
	const style = getComputedStyle(e);
	if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) return [name, "has no outline"];
	for (const r of e.getClientRects()) {
		const [left, right, top, bottom] = [Math.max(r.left, 0), Math.min(r.right, innerWidth), Math.max(r.top, 0), Math.min(r.bottom, innerHeight)];
		if (left >= right || top >= bottom) continue;
		for (const x of [.5, .1, .9]) for (const y of [.5, .1, .9]) {
			const seen = document.elementFromPoint(left + (right - left) * x, top + (bottom - top) * y);
			if (seen && (e.contains(seen) || seen.contains(e))) return [name, ""];
		}
	}
	return [name, "lies outside of the screen or under something"];
})()`

// tabTo presses Tab until what the selector names has the focus, and looks at every stop on the way.
func (b *tab) tabTo(selector string) {
	b.t.Helper()
	for range tabsMost {
		b.do(chromedp.KeyEvent(kb.Tab))
		seen := value(b, chromedp.Evaluate[[]string](focus))
		if seen[0] == "" {
			continue // past the end of the page
		}
		if seen[1] != "" {
			b.t.Errorf("at %s, on the way to %s: %s %s", value(b, chromedp.Location()), selector, seen[0], seen[1])
		}
		if value(b, chromedp.Evaluate[bool](`document.activeElement.matches(`+"`"+selector+"`"+`)`)) {
			return
		}
	}
	b.t.Fatalf("no Tab leads to %s at %s", selector, value(b, chromedp.Location()))
}

// TestKeysAloneLeadToAComparedPair uses Tab, Space and Enter and nothing else, with script and
// without, wide and on a phone.
func TestKeysAloneLeadToAComparedPair(t *testing.T) {
	h := harness.Start(t, nil)
	for _, c := range []struct {
		name   string
		script bool
		width  int64
	}{{"script", true, 1280}, {"no script", false, 1280}, {"script, phone", true, 390}, {"no script, phone", false, 390}} {
		t.Run(c.name, func(t *testing.T) {
			b := openTab(t, h.URL)
			if !c.script {
				b.withoutScript()
			}
			b.size(c.width)
			b.open("/")
			if c.width < 500 {
				b.tabTo(`.menu-button`)
				b.do(chromedp.KeyEvent(kb.Enter))
			}
			b.tabTo(`#menu a[href="/models"]`)
			b.do(chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(at("models")))
			b.tabTo("#q")
			b.do(chromedp.KeyEvent("claude-sonnet"), chromedp.KeyEvent(kb.Enter),
				chromedp.WaitVisible(chromedp.CSS(`ul[aria-label="Filters in force"]`)))
			var picked []string
			for i := range 2 {
				row := []string{"1", "3"}[i]
				b.tabTo(`tbody tr:nth-child(` + row + `) input[name=m]`)
				picked = append(picked, value(b, chromedp.Evaluate[string](`document.activeElement.value`)))
				b.do(chromedp.KeyEvent(" "))
				if c.script {
					b.do(chromedp.Poll[chromedp.Void](`document.querySelectorAll(".tray-list li").length === ` + []string{"1", "2"}[i]))
				}
				if !value(b, chromedp.Evaluate[bool](`document.activeElement.matches("input[name=m]:checked")`)) {
					t.Fatal("after Space the box is not ticked, or has lost the focus")
				}
			}
			if c.script {
				b.tabTo(`a[data-compare]`)
			} else {
				b.tabTo(`button[formaction="/compare"]`)
			}
			b.do(chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(at("compare")))
			where, err := url.Parse(value(b, chromedp.Location()))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Split(strings.Join(where.Query()["m"], ","), ","); where.Path != "/compare" || !slices.Equal(got, picked) {
				t.Errorf("picked %v, landed on %s", picked, where)
			}
			columns := value(b, chromedp.Evaluate[[]string](`[...document.querySelectorAll("[data-testid=compare] thead th a[href^='/models/']")].map(a => a.getAttribute("href").slice(8))`))
			if !slices.Equal(columns, picked) {
				t.Errorf("picked %v, compared are %v", picked, columns)
			}
			if e := b.errors(); len(e) > 0 {
				t.Errorf("console: %s", strings.Join(e, "\n"))
			}
		})
	}
}

// TestEveryStopOfTheTabKeyCanBeSeen goes through whole pages.
func TestEveryStopOfTheTabKeyCanBeSeen(t *testing.T) {
	h := harness.Start(t, nil)
	person := h.SignUp(t, "owner@example.com")
	b := openTab(t, h.URL)
	b.carry(person.Cookies())
	for _, width := range []int64{1280, 390} {
		b.size(width)
		for _, path := range []string{"/", "/models?per=20", "/models?per=20&fmt=cards", "/models/openai/gpt-4o", "/compare?m=openai/gpt-4o&m=anthropic/claude-sonnet-4.5",
			"/prices", "/providers/groq", "/market", "/docs/quickstart", "/chat", "/keys/new", "/credits", "/settings", "/alerts?model=openai/gpt-4o", "/search?q=claude"} {
			b.open(path)
			stops := 0
			for ; stops < tabsMost; stops++ {
				b.do(chromedp.KeyEvent(kb.Tab))
				seen := value(b, chromedp.Evaluate[[]string](focus))
				if seen[0] == "" {
					break
				}
				if seen[1] != "" {
					t.Errorf("%s at %d: %s %s", path, width, seen[0], seen[1])
				}
			}
			if stops < 5 {
				t.Errorf("%s at %d: only %d stops", path, width, stops)
			}
		}
	}
}

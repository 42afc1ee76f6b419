package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"bourse/models"
	"bourse/test/harness"
)

const answered = `document.querySelectorAll("[data-testid=chat-cost]").length`

// TestPlayground asks one model, then two side by side, by keyboard, and finds the conversation
// again after the page was left. What the answers say they cost is what the books have.
func TestPlayground(t *testing.T) {
	h := harness.Start(t, nil)
	person := h.SignUp(t, "operator@example.com")
	person.TopUp(t, "10")
	b := openTab(t, h.URL)
	b.carry(person.Cookies())
	b.size(1280)
	b.open("/models/bourse/demo")
	b.press(`a[href^="/chat?m="]`, "#text")
	b.do(chromedp.SendKeys(chromedp.CSS("#text"), "What is a hold?"), chromedp.KeyEvent(kb.Enter))
	b.do(chromedp.Poll[chromedp.Void](answered+` === 1`), chromedp.Poll[chromedp.Void](`document.activeElement.id === "text"`))
	if text := value(b, chromedp.Evaluate[string](`document.querySelector(".chat-answer .prose").textContent.trim()`)); len(text) < 20 {
		t.Errorf("the answer is %q", text)
	}
	b.shoot("chat-one-1280")

	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#m1").value = "bourse/demo-mini"; undefined`))
	b.do(chromedp.SendKeys(chromedp.CSS("#text"), "And a receipt?"), chromedp.KeyEvent(kb.Enter))
	b.do(chromedp.Poll[chromedp.Void](answered + ` === 3`))
	if n := value(b, chromedp.Evaluate[int](`document.querySelectorAll(".chat-column").length`)); n != 2 {
		t.Errorf("%d models side by side", n)
	}
	b.do(chromedp.EmulateViewport(1280, 3000)) // tall enough that no link lies under what sticks
	for _, theme := range []string{"light", "dark"} {
		b.theme(theme)
		if list := violations(b); len(list) > 0 {
			t.Errorf("axe, %s: %s", theme, strings.Join(list, "\n"))
		}
		b.shoot("chat-two-1280-" + theme)
	}
	for _, width := range []int64{390, 320} {
		b.size(width)
		if over := value(b, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`)); over > 0 {
			t.Errorf("%d pixels too wide at %d: %s", over, width, value(b, chromedp.Evaluate[string](`[...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > innerWidth).slice(0, 6).map(e => e.tagName + "." + e.className + e.id).join(" ")`)))
		}
	}
	b.shoot("chat-two-390")
	b.size(1280)

	b.open("/models")
	b.open("/chat?m=bourse/demo")
	b.do(chromedp.Poll[chromedp.Void](`document.querySelector("#m0 optgroup").label === "Used last"`))
	for id, want := range map[string]string{"m0": "bourse/demo", "m1": ""} {
		got := value(b, chromedp.Evaluate[[]string](`[document.querySelector("#`+id+`").value, ...[...document.querySelectorAll("#`+id+` [data-recent] option")].map(o => o.value)]`))
		if strings.Join(got, " ") != want+" bourse/demo bourse/demo-mini" {
			t.Errorf("%s has chosen, and used last: %q", id, got)
		}
	}
	b.do(chromedp.Click(chromedp.CSS(".chat-past li .link")))
	b.do(chromedp.Poll[chromedp.Void](answered + ` === 3`))
	b.do(chromedp.SendKeys(chromedp.CSS("#text"), "Go on."), chromedp.KeyEvent(kb.Enter), chromedp.Poll[chromedp.Void](answered+` === 5`))

	charged := value(b, chromedp.Evaluate[[]string](`[...document.querySelectorAll("[data-testid=chat-cost]")].map(x => x.textContent)`))
	var sum models.Amount
	for _, text := range charged {
		cost, err := models.ParseUSD(strings.TrimPrefix(text, "$"))
		if err != nil || cost <= 0 {
			t.Errorf("an answer cost %q: %v", text, err)
		}
		sum += cost
	}
	user, err := h.DB.UserByEmail(t.Context(), "operator@example.com")
	if err != nil {
		t.Fatal(err)
	}
	account, err := h.DB.AccountOfUser(t.Context(), user.ID)
	if err != nil {
		t.Fatal(err)
	}
	if left := account.Available(); left != 10*models.NanoPerUSD-sum {
		t.Errorf("the answers say $%s, but of $10 there is $%s left", sum.USD(), left.USD())
	}
	if e := b.errors(); len(e) > 0 {
		t.Errorf("console: %s", strings.Join(e, "\n"))
	}
}

// TestPlaygroundStops ends an answer in its middle: what came stays, and its cost is said.
func TestPlaygroundStops(t *testing.T) {
	h := harness.Start(t, nil)
	person := h.SignUp(t, "operator@example.com")
	person.TopUp(t, "10")
	b := openTab(t, h.URL)
	b.carry(person.Cookies())
	b.size(1280)
	b.open("/chat")
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#max_tokens").value = "4000"; undefined`))
	b.do(chromedp.SendKeys(chromedp.CSS("#text"), "Write 3000 words."), chromedp.KeyEvent(kb.Enter))
	b.do(chromedp.Poll[chromedp.Void](`document.querySelector(".chat-answer .prose")?.textContent.length > 40`), chromedp.KeyEvent(kb.Escape))
	b.do(chromedp.Poll[chromedp.Void](answered + ` === 1`))
	if text := value(b, chromedp.Evaluate[string](`document.querySelector("[data-testid=chat-meta]").textContent`)); !strings.Contains(text, "Stopped") {
		t.Errorf("it says %q", text)
	}
	if e := b.errors(); len(e) > 0 {
		t.Errorf("console: %s", strings.Join(e, "\n"))
	}
}

// TestPlaygroundWithoutScript asks twice with forms alone; the conversation goes on.
func TestPlaygroundWithoutScript(t *testing.T) {
	h := harness.Start(t, nil)
	person := h.SignUp(t, "operator@example.com")
	person.TopUp(t, "10")
	b := openTab(t, h.URL)
	b.withoutScript()
	b.carry(person.Cookies())
	b.size(1280)
	b.open("/chat")
	for turns := range 2 {
		asked := chromedp.CSS(".chat-column > :nth-child(" + []string{"3", "5"}[turns] + ")") // a heading, then question and answer in turn
		b.do(chromedp.SendKeys(chromedp.CSS("#text"), "What is a hold?"), chromedp.Click(chromedp.CSS("[data-send]")), chromedp.WaitVisible(asked))
		if n := value(b, chromedp.Evaluate[int](answered)); n != turns+1 {
			t.Fatalf("after %d questions %d answers have a cost", turns+1, n)
		}
	}
	b.shoot("chat-without-script-1280")
}

// Package e2e looks at the marketplace as people do: in a browser.
package e2e

import (
	"context"
	_ "embed"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

const (
	stepTime  = 30 * time.Second
	suiteTime = 8 * time.Minute
)

//go:embed testdata/axe.min.js
var axe string

// The one browser of this process: starting it takes longer than most tests.
var (
	browserOnce sync.Once
	browserCtx  context.Context
	browserEnd  func()
	errBrowser  error
)

func TestMain(m *testing.M) {
	code := m.Run()
	if browserEnd != nil {
		browserEnd()
	}
	os.Exit(code)
}

func startBrowser() {
	bin, err := exec.LookPath("chromium")
	if err != nil {
		errBrowser = err
		return
	}
	profile, err := os.MkdirTemp("", "bourse-chromium-")
	if err != nil {
		errBrowser = err
		return
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(bin), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(profile),
		chromedp.Flag("disable-quic", true),
		// While one page fades into the next, clicks and pictures meet neither.
		chromedp.Flag("force-prefers-reduced-motion", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-dev-shm-usage", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	browserCtx = ctx
	browserEnd = func() { cancel(); stop(); os.RemoveAll(profile) }
	errBrowser = chromedp.Do(ctx)
}

// tab is one tab with cookies of its own.
type tab struct {
	t   *testing.T
	ctx context.Context
	url string // of the house

	mu      sync.Mutex
	console []string
}

func openTab(t *testing.T, url string) *tab {
	t.Helper()
	if browserOnce.Do(startBrowser); errBrowser != nil {
		t.Fatalf("no Chromium (apt-get install chromium, or run .ci/setup): %v", errBrowser)
	}
	ctx, cancel := chromedp.NewContext(browserCtx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	b := &tab{t: t, url: url}
	b.ctx, cancel = context.WithTimeout(ctx, suiteTime)
	t.Cleanup(cancel)
	messages := chromedp.Console(b.ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == chromedp.ConsoleError {
				b.mu.Lock()
				b.console = append(b.console, m.String())
				b.mu.Unlock()
			}
		}
	}()
	return b
}

// errors are the errors on the console since the last call.
func (b *tab) errors() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.console
	b.console = nil
	return list
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepTime)
	defer cancel()
	for i, step := range steps {
		if err := chromedp.Do(ctx, step); err != nil {
			where, _ := chromedp.Run(b.ctx, chromedp.Location()) // only to say more
			b.t.Fatalf("step %d at %s: %v", i+1, where, err)
		}
	}
}

func value[T any](b *tab, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepTime)
	defer cancel()
	v, err := chromedp.Run(ctx, action)
	if err != nil {
		where, _ := chromedp.Run(b.ctx, chromedp.Location()) // only to say more
		b.t.Fatalf("at %s: %v", where, err)
	}
	return v
}

// at is the part of a page with a test id.
func at(id string) chromedp.CSS { return chromedp.CSS(`[data-testid="` + id + `"]`) }

func (b *tab) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.url + path))
}

// fill types into the field of the page's matter.
func (b *tab) fill(name, text string) {
	b.t.Helper()
	field := chromedp.CSS(`main input[name="` + name + `"]`)
	b.do(chromedp.Clear(field), chromedp.SendKeys(field, text))
}

// press clicks a button or link and waits until something of the next page is there.
func (b *tab) press(button, then chromedp.CSS) {
	b.t.Helper()
	b.do(chromedp.Click(button), chromedp.WaitVisible(then))
}

func (b *tab) size(width int64) { b.t.Helper(); b.do(chromedp.EmulateViewport(width, 900)) }

func (b *tab) theme(name string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) withoutScript() {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		b.t.Fatal(err)
	}
}

// shoot keeps a picture for people to look at; nothing is compared with it.
func (b *tab) shoot(name string) {
	b.t.Helper()
	b.keepShot(name, value(b, chromedp.FullScreenshot(100)))
}

// shootView is shoot of what is on the screen, for what lies over the page.
func (b *tab) shootView(name string) {
	b.t.Helper()
	b.keepShot(name, value(b, chromedp.CaptureScreenshot()))
}

func (b *tab) keepShot(name string, picture []byte) {
	b.t.Helper()
	if err := os.MkdirAll("shots", 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("shots", name+".png"), picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// carry gives the browser the cookies of a person who is signed in already.
func (b *tab) carry(cookies []*http.Cookie) {
	b.t.Helper()
	for _, c := range cookies {
		_, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: b.url})
		if err != nil {
			b.t.Fatal(err)
		}
	}
}

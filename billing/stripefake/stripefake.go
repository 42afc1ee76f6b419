// Package stripefake is a small payment provider that speaks as much of Stripe's API as the
// marketplace uses. It stands behind the labelled sandbox checkout when no Stripe key is set, so
// that a newcomer walks the very path that real money takes: session, signed webhook, fulfilment.
// In tests it also fails in every way that a payment provider can.
package stripefake

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"bourse/models"
)

// Store keeps the fake's objects as JSON. An unknown id is a models.NotFound error. List is newest
// first.
type Store struct {
	Put  func(ctx context.Context, o models.SandboxObject) error
	Get  func(ctx context.Context, id string) ([]byte, error)
	List func(ctx context.Context, kind, ref string, since time.Time, limit int) ([][]byte, error)
}

// Config says where the fake's pages are and how its events reach the marketplace.
type Config struct {
	Store         Store
	PagesURL      string // of the marketplace, with checkout/, payment/ and portal/ under it
	WebhookSecret string
	// Deliver sends one signed event to the marketplace's own webhook route.
	Deliver func(ctx context.Context, body []byte, signature string) error
	Now     func() time.Time // nil = time.Now
	Live    bool             // objects say that they are live: for tests of a live key
}

// Fake is the payment provider.
type Fake struct {
	config Config
	// One thing happens at a time, so that a button pressed twice does what it says once. It is
	// never held while an event is delivered: the marketplace asks back.
	telling sync.WaitGroup // events on their way; as many as there are requests

	mu sync.Mutex

	faultsMu sync.Mutex
	faults   Faults
	kept     []keptEvent
}

// New makes a fake.
func New(c Config) *Fake {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Fake{config: c}
}

// The versions in which events are written: the one that the marketplace's client is pinned to, and
// the newest that Stripe has published.
const (
	Pinned = "2023-10-16"
	Newest = "2026-08-26.dahlia"
)

const (
	sessionLife  = 24 * time.Hour
	formBytesMax = 64 << 10
	listMax      = 100
)

// RoundTrip answers a request of the Stripe client in this process, without a network.
func (f *Fake) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	if f.loses(r) {
		return nil, errLost
	}
	return w.Result(), nil
}

// endpoint is one address of the API: {} in its path stands for an id.
type endpoint struct {
	method, path string
	serve        func(f *Fake, c *call) (any, *problem)
}

// endpoints is the part of the API that is used.
var endpoints = []endpoint{
	{"POST", "/v1/checkout/sessions", (*Fake).createSession},
	{"GET", "/v1/checkout/sessions", (*Fake).listSessions},
	{"GET", "/v1/checkout/sessions/{}", (*Fake).getSession},
	{"POST", "/v1/checkout/sessions/{}/expire", (*Fake).expireSession},
	{"POST", "/v1/payment_intents", (*Fake).createIntent},
	{"GET", "/v1/payment_intents", (*Fake).listIntents},
	{"GET", "/v1/payment_intents/{}", (*Fake).getIntent},
	{"POST", "/v1/payment_intents/{}/confirm", (*Fake).confirmIntent},
	{"POST", "/v1/payment_intents/{}/cancel", (*Fake).cancelIntent},
	{"POST", "/v1/refunds", (*Fake).createRefund},
	{"GET", "/v1/refunds", (*Fake).listRefunds},
	{"GET", "/v1/disputes", (*Fake).listDisputes},
	{"POST", "/v1/customers", (*Fake).createCustomer},
	{"GET", "/v1/payment_methods", (*Fake).listMethods},
	{"POST", "/v1/payment_methods/{}/detach", (*Fake).detachMethod},
	{"POST", "/v1/billing_portal/sessions", (*Fake).createPortal},
	{"GET", "/v1/invoices/{}", (*Fake).getInvoice},
	{"GET", "/v1/events", (*Fake).listEvents},
	{"GET", "/v1/balance", (*Fake).getBalance},
	{"GET", "/v1/balance_transactions", (*Fake).listTxns},
	{"POST", "/v1/webhook_endpoints", (*Fake).createWebhook},
	{"GET", "/v1/webhook_endpoints", (*Fake).listWebhooks},
	{"DELETE", "/v1/webhook_endpoints/{}", (*Fake).deleteWebhook},
}

// call is one request to the API.
type call struct {
	*http.Request
	id     string // the {} of its path
	events []happened
}

// happened is an event that is sent when the request is done.
type happened struct {
	kind   string
	object any
}

func (c *call) tell(kind string, object any) { c.events = append(c.events, happened{kind, object}) }

// problem is an error of the API.
type problem struct {
	status int
	kind   string
	code   string
	words  string
	param  string
	more   map[string]any
}

func invalid(param, words string) *problem {
	return &problem{status: http.StatusBadRequest, kind: "invalid_request_error", code: "parameter_invalid", words: words, param: param}
}

func missing(what, id string) *problem {
	return &problem{status: http.StatusNotFound, kind: "invalid_request_error", code: "resource_missing", words: "No such " + what + ": '" + id + "'"}
}

func broken(err error) *problem {
	return &problem{status: http.StatusInternalServerError, kind: "api_error", words: "The sandbox could not keep this: " + err.Error()}
}

// ServeHTTP speaks the part of the API that is used.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p := f.fails(r); p != nil {
		p.write(w)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, formBytesMax)
	if err := r.ParseForm(); err != nil {
		invalid("", "The form cannot be read.").write(w)
		return
	}
	for _, e := range endpoints {
		if id, ok := match(e.path, r.URL.Path); ok && e.method == r.Method {
			f.serve(w, e, &call{Request: r, id: id})
			return
		}
	}
	(&problem{status: http.StatusNotFound, kind: "invalid_request_error", words: "Unrecognized request URL (" + r.Method + ": " + r.URL.Path + ")."}).write(w)
}

func match(pattern, path string) (id string, ok bool) {
	before, after, has := strings.Cut(pattern, "{}")
	if !has {
		return "", pattern == path
	}
	rest, ok := strings.CutPrefix(path, before)
	if !ok {
		return "", false
	}
	id, ok = strings.CutSuffix(rest, after)
	return id, ok && id != "" && !strings.Contains(id, "/")
}

// serve answers a request once: a POST with a key that was used before gets the answer it got then.
func (f *Fake) serve(w http.ResponseWriter, e endpoint, c *call) {
	f.mu.Lock()
	if e.method == http.MethodPost && f.replay(w, c) {
		f.mu.Unlock()
		return
	}
	body, p := e.serve(f, c)
	a := saved{Status: http.StatusOK}
	if p != nil {
		a.Status, body = p.status, p.body()
	}
	var err error
	if a.Body, err = json.Marshal(body); err == nil && e.method == http.MethodPost {
		err = f.remember(c, a)
	}
	f.mu.Unlock()
	if err != nil {
		broken(err).write(w)
		return
	}
	a.write(w)
	if len(c.events) == 0 {
		return
	}
	// As with the real provider: what happened stands, whether or not anybody hears of it, and the
	// answer does not wait for that. Whoever asked may be who has to hear of it.
	ctx := context.WithoutCancel(c.Context())
	f.telling.Go(func() { _ = f.send(ctx, c.events) })
}

// Quiet returns when everything that happened has been told.
func (f *Fake) Quiet() { f.telling.Wait() }

func (p *problem) body() map[string]any {
	e := map[string]any{"type": p.kind, "message": p.words}
	if p.code != "" {
		e["code"] = p.code
	}
	if p.param != "" {
		e["param"] = p.param
	}
	for name, v := range p.more {
		e[name] = v
	}
	return map[string]any{"error": e}
}

func (p *problem) write(w http.ResponseWriter) {
	body, _ := json.Marshal(p.body()) // of plain values
	saved{Status: p.status, Body: body}.write(w)
}

// put keeps an object.
func (f *Fake) put(ctx context.Context, kind, id, ref string, created int64, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return f.config.Store.Put(ctx, models.SandboxObject{ID: id, Kind: kind, Ref: ref, Created: time.Unix(created, 0), Body: body})
}

// get reads an object; its id begins with prefix, or it does not exist.
func get[T any](ctx context.Context, f *Fake, prefix, id string) (*T, error) {
	if !strings.HasPrefix(id, prefix) {
		return nil, models.Errorf(models.NotFound, "There is no such object.")
	}
	body, err := f.config.Store.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	v := new(T)
	if err := json.Unmarshal(body, v); err != nil {
		return nil, fmt.Errorf("read %s: %w", id, err)
	}
	return v, nil
}

// list reads objects, newest first.
func list[T any](ctx context.Context, f *Fake, kind, ref string, since time.Time) ([]*T, error) {
	bodies, err := f.config.Store.List(ctx, kind, ref, since, listMax*listMax)
	if err != nil {
		return nil, err
	}
	out := make([]*T, 0, len(bodies))
	for _, body := range bodies {
		v := new(T)
		if err := json.Unmarshal(body, v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func newID(prefix string) string { return prefix + string(models.AppendRandom(nil, 24)) }

// Package proxy is the door for inference: the hot path. It is plain net/http, mounted outside
// every group, so that no session, compression or timeout can ever wrap a stream.
//
// A request takes ten steps, all in this package and all downward: who asks, read, parse, resolve
// the models, plan the endpoints, hold, try, answer, settle, observe.
package proxy

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"bourse/app/auth"
	"bourse/app/catalog"
	"bourse/app/cluster"
	"bourse/app/market"
	"bourse/app/provider"
	"bourse/app/routing"
	"bourse/app/wire"
	"bourse/billing"
	"bourse/models"
)

// Limits of the hot path.
const (
	bodyBytesMax     = 32 << 20 // an image of 20 MB as a data URL, with its prompt
	bodyKeepMax      = 1 << 20  // larger buffers are not kept for the next request
	bodyReadTime     = 60 * time.Second
	writeTime        = 60 * time.Second // a client that takes no byte for so long is gone
	firstTokenTime   = 120 * time.Second
	thinkingTime     = 300 * time.Second // of a provider that says all the while that it is at it
	plainTime        = 600 * time.Second
	idleTime         = 90 * time.Second // between two events of an upstream
	streamTime       = 30 * time.Minute
	keepAliveEvery   = 10 * time.Second
	checkpointEvery  = 5 * time.Second
	drainTime        = 60 * time.Second // for providers that go on billing when we hang up
	coolingWaitMax   = 2 * time.Second  // for the first of endpoints that all want to be left alone
	inFlightMax      = 20_000
	settleTime       = 60 * time.Second
	outputUnknownMax = 16_384 // an endpoint that does not say how much it can write
	outputUsual      = 4_096  // held for a request that sets no limit, whatever its share of the balance
	outputLeast      = 64     // less than this is not worth starting
)

// Proxy answers chat completions.
type Proxy struct {
	Keys    *auth.Keys
	Catalog *catalog.Catalog
	Health  *market.Health
	Sticky  *routing.Sticky
	Budget  *routing.Budget
	Client  *provider.Client
	Billing *billing.Billing
	Limits  *cluster.Local
	Free    FreeLimits
	DB      *models.DB
	// Target says where the endpoint's provider is and with which key; false when it is not connected.
	Target func(o *catalog.Offer) (provider.Target, bool)
	// OwnTarget says the same for a key of the customer's own.
	OwnTarget func(o *catalog.Offer, k auth.OwnKey) (provider.Target, bool)
	Own       *auth.OwnKeys
	BaseURL   string
	Replica   string
	// Silence is how long a stream may say nothing between two events; 0 is 90 seconds.
	Silence time.Duration
	Log     *slog.Logger

	inFlight atomic.Int64
	bodies   sync.Pool
}

// Running is how many requests are in progress.
func (p *Proxy) Running() int64 { return p.inFlight.Load() }

// call is one request on its way through the steps.
type call struct {
	p         *Proxy
	w         http.ResponseWriter
	r         *http.Request
	out       *http.ResponseController
	parse     func(body []byte) (*wire.ChatRequest, *wire.Error)
	skin      wire.Skin // nil when the answer has the shape of chat completions
	quiet     []byte    // keeps a stream alive that says nothing
	requestID string
	started   time.Time

	known *auth.Identity // who it is, when that was found out before; nil: the key says
	who   auth.Identity
	body  *[]byte
	req   *wire.ChatRequest
	plan  []candidate
	// brought are the customer's own keys, and own which of them an offer of the plan is for.
	fetched map[string]string // what the messages link to, as data URLs
	brought []auth.OwnKey
	own     map[*catalog.Offer]int
	// asked is the model as the client named it, chosen how it was found.
	asked  string
	others []string // models[], as given
	chosen chosen
	// embedding is the request when vectors are wanted, else nil; req is a part of it.
	embedding *wire.EmbeddingRequest
	session   bool   // the client names its conversation itself
	thinks    bool   // long before it writes, perhaps
	wanted    string // the service tier asked for, "" for the usual one
	most      wire.MaxPrice
	counts    []byte   // what the provider said of its counts; lent
	undone    []string // what the request asks for and nobody does here
	echo      bool     // the client wants to see what its provider is sent
	sent      []byte

	gen      *models.Generation
	held     *billing.Held
	base     context.Context // of the attempts: outlives the client, ends with a refused reservation
	quoted   *quote
	refused  *wire.Error // the reservation, after an upstream was asked
	maxToken int64       // sent upstream when positive
	clamped  bool        // to what the hold bears, which the client is told
	limit    int64       // tokens of all answers together that were asked for; 0 when no limit is known
	grow     *growth     // nil when the hold bears the longest answer
	feeBps   int64
	stream   bool
	promptN  int64     // tokens estimated
	began    time.Time // of the attempt in progress
	headSent bool      // the status line is out: errors go into the stream
	answered bool      // something of an answer is out: no other endpoint may be asked
}

// serve runs the steps. An error that comes back has not been answered yet.
func (c *call) serve() *wire.Error {
	if e := c.arrive(); e != nil {
		return e
	}
	defer c.release()
	c.stream, c.promptN = c.req.Stream, c.req.TokensEstimate
	c.wishes()
	if e := c.route(); e != nil {
		return e
	}
	c.preferTier()
	if e := c.free(); e != nil {
		return e
	}
	if e := c.hold(); e != nil {
		return e
	}
	// From here on money is reserved: this is the one way out.
	defer c.close()
	return c.attempts()
}

// arrive is the first three steps. When it succeeds, the body has to be released.
func (c *call) arrive() *wire.Error {
	if err := c.identify(); err != nil {
		return wire.FromModels(err)
	}
	if c.who.IsManagement {
		return wire.Forbidden("This is a management key: it manages keys and calls no model. Make a key for calling at " + c.p.BaseURL + "/keys.")
	}
	if e := c.paced(); e != nil {
		return e
	}
	if e := c.read(); e != nil {
		return e
	}
	var e *wire.Error
	if c.req, e = c.parse(*c.body); e != nil {
		c.release()
	}
	return e
}

func (c *call) identify() (err error) {
	if c.known != nil {
		c.who = *c.known
		return nil
	}
	c.who, err = c.p.Keys.Verify(c.r.Context(), bearer(c.r))
	return err
}

// bearer is the key that a client sent, in the header of any of the dialects.
func bearer(r *http.Request) string {
	if h := r.Header.Get("Authorization"); h != "" {
		if len(h) > 7 && strings.EqualFold(h[:7], "bearer ") {
			return strings.TrimSpace(h[7:])
		}
		return ""
	}
	return cmp.Or(r.Header.Get("X-Api-Key"), r.Header.Get("X-Goog-Api-Key"))
}

// read takes the whole body: routing and fallback need it, and it is small beside the answer.
func (c *call) read() *wire.Error {
	if c.r.ContentLength > bodyBytesMax {
		return wire.TooLarge(bodyBytesMax)
	}
	buf, _ := c.p.bodies.Get().(*[]byte)
	if buf == nil {
		buf = new([]byte)
	}
	// Not every connection can set deadlines; the server's own header timeout remains.
	_ = c.out.SetReadDeadline(time.Now().Add(bodyReadTime))
	data, err := readAll((*buf)[:0], http.MaxBytesReader(c.w, c.r.Body, bodyBytesMax), c.r.ContentLength)
	_ = c.out.SetReadDeadline(time.Time{})
	*buf = data
	c.body = buf
	if err == nil {
		return nil
	}
	c.release()
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return wire.TooLarge(bodyBytesMax)
	}
	return wire.RequestTimeout()
}

func readAll(buf []byte, r io.Reader, size int64) ([]byte, error) {
	if size > int64(cap(buf)) {
		buf = make([]byte, 0, size+1)
	}
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if errors.Is(err, io.EOF) {
			return buf, nil
		}
		if err != nil {
			return buf, err
		}
	}
}

// release gives the body back. The parsed request points into it and goes with it, so that a
// stream that is held for minutes does not keep its prompt alive.
func (c *call) release() {
	if c.body != nil && cap(*c.body) <= bodyKeepMax {
		c.p.bodies.Put(c.body)
	}
	c.body, c.req = nil, nil
}

// refuse answers with an error, or says it in the stream when that has begun.
func (c *call) refuse(e *wire.Error) {
	if c.r.Context().Err() != nil {
		return // nobody is there to read it
	}
	if e.Status >= http.StatusInternalServerError {
		c.p.Log.Warn("request failed", "request", c.requestID, "status", e.Status, "type", string(e.Type), "model", c.model(), "message", e.Message)
	}
	if a := e.Availability; a != nil {
		a.DocsURL = c.p.BaseURL + "/docs/errors"
		if names := c.names(); len(names) > 0 {
			a.Requested = names
		}
	}
	if !c.headSent {
		wire.WriteErrorAs(c.w, c.skin, e, c.requestID)
	}
}

func (c *call) model() string {
	if c.gen != nil {
		return c.gen.Model
	}
	return ""
}

// close is the last step of every request that held money: whatever happened, the hold ends here
// if it has not ended before. A panic in between is an error like any other for the books.
func (c *call) close() {
	if c.gen.State != models.GenerationOpen {
		return
	}
	c.finish("server", http.StatusInternalServerError)
	if err := c.void(); err != nil {
		c.p.Log.Error("hold stays open until it expires", "generation", c.gen.ID, "err", err)
	}
}

// void ends the hold without a charge.
func (c *call) void() error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), settleTime)
	defer cancel()
	c.gen.Usage.Source = models.UsageEstimate
	return c.p.Billing.Ledger.Void(ctx, c.gen)
}

// finish notes how a generation ended that is not charged.
func (c *call) finish(errorType string, status int) {
	g := c.gen
	g.ErrorType, g.Status, g.Finish, g.Finished = errorType, status, "error", time.Now()
}

func (p *Proxy) rng() *rand.Rand { return rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())) }

// Package provider speaks to the companies that serve models: connections, one call, and what
// went wrong with it. It knows the wire and the quirks, and neither prices nor accounts.
package provider

import (
	"context"
	"io"
	"net/http"
	"time"

	"bourse/app/wire"
	"bourse/models"
)

// Target is where one attempt goes.
type Target struct {
	Provider *models.Provider
	BaseURL  string // without a trailing slash; /chat/completions follows
	APIKey   string
	Model    string // the provider's id of the model
	Tag      string // of the endpoint
}

// Client calls upstreams over one pool of connections for each provider.
type Client struct{}

// NewClient makes a client without any connection yet.
func NewClient() *Client { return &Client{} }

// Close closes the idle connections.
func (c *Client) Close() {}

// Open posts the body and returns when the head of the answer is here.
func (c *Client) Open(ctx context.Context, t Target, body []byte, stream bool) (*Answer, *Failure) {
	return nil, nil
}

// Answer is an upstream's answer whose head has arrived.
type Answer struct {
	Status    int
	Header    http.Header
	Streaming bool // an event stream, whatever was asked for
	Body      io.Reader
}

// ReadAll appends the whole plain body to dst, and finds the failures that hide in a 200.
func (a *Answer) ReadAll(dst []byte) ([]byte, *Failure) { return dst, nil }

// Close gives the connection back when the body is at its end, and cuts it otherwise.
func (a *Answer) Close() {}

// Next says where a failed request may go.
type Next uint8

// Where to.
const (
	NextNever      Next = iota // the request itself is wrong
	NextAny                    // any other endpoint
	NextOnce                   // one other provider of the same model, then give up
	NextLarger                 // only endpoints with a larger context or limit
	NextOtherModel             // only another model of models[]
)

// Failure is why an attempt gave no answer.
type Failure struct {
	Provider   string // display name
	Upstream   int    // the upstream's status, 0 when there was none
	Status     int    // ours
	Type       wire.ErrorType
	Message    string // safe for strangers
	Code       string // the provider's own code, "" when none
	Raw        []byte // the upstream's body, bounded; for the log
	Err        error
	Next       Next
	Health     bool          // counts against the endpoint's uptime
	Cool       time.Duration // leave the endpoint alone for so long
	BadKey     bool          // the operator's key is refused or out of money
	Canceled   bool          // the caller went away
	RetryAfter time.Duration
}

// Wire turns the failure into the error a client reads.
func (f *Failure) Wire() *wire.Error { return nil }

// FromBody classifies an error that came inside an answer: in a chunk or in a 200.
func FromBody(p *models.Provider, raw []byte) *Failure { return nil }

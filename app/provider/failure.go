package provider

import (
	"net/http"
	"strings"
	"time"

	"bourse/app/wire"
	"bourse/models"
)

// Next says where a request that failed at one endpoint may go.
type Next uint8

// Where to.
const (
	NextNever      Next = iota // nowhere: the caller is gone
	NextAny                    // any other endpoint
	NextOnce                   // one other provider of the same model, then give up
	NextLarger                 // only endpoints with a larger context or limit
	NextOtherModel             // only another model of models[]
)

// Failure is why an attempt gave no answer.
type Failure struct {
	Provider   string // display name
	Upstream   int    // the upstream's status, 0 when there was none
	Status     int    // ours, for the case that nobody else can serve
	Type       wire.ErrorType
	Message    string // safe for strangers
	Code       string // the provider's own code, "" when none
	Raw        []byte // the upstream's body, bounded; for the log
	Err        error  // for the log
	Next       Next
	Health     bool          // counts against the endpoint's uptime
	RetryAfter time.Duration // after a 429 or an overload: leave the endpoint alone for so long
	Down       time.Duration // longer than that: take the endpoint out for so long
	BadKey     bool          // the operator's key is refused or out of money
	Canceled   bool          // the caller went away

	showRaw bool // the upstream's words are about the client's own request
}

// Error returns the message with what the log needs.
func (f *Failure) Error() string {
	s := f.Provider + ": " + f.Message
	if f.Err != nil {
		s += ": " + f.Err.Error()
	}
	return s
}

// Wire turns the failure into the error a client reads.
func (f *Failure) Wire() *wire.Error {
	e := &wire.Error{Status: f.Status, Type: f.Type, Message: f.Message}
	e.With("provider_name", f.Provider)
	if f.Code != "" {
		e.With("provider_code", f.Code)
	}
	if f.showRaw && len(f.Raw) > 0 {
		e.With("raw", strings.ToValidUTF8(string(f.Raw), "\uFFFD"))
	}
	if f.Status == http.StatusTooManyRequests || f.Status == http.StatusServiceUnavailable {
		e.RetryAfter = max(f.RetryAfter, coolMin)
	}
	return e
}

// unreachable is a provider that could not be spoken to, or that answered garbage.
func unreachable(p *models.Provider, err error) *Failure {
	return &Failure{Provider: p.Name, Status: http.StatusBadGateway, Type: wire.TypeUnavailable, Err: err,
		Message: p.Name + " could not be reached.", Next: NextAny, Health: true}
}

// Malformed is a provider whose answer is not what the protocol says.
func Malformed(p *models.Provider, err error) *Failure {
	f := unreachable(p, err)
	f.Message = p.Name + " sent an answer that cannot be read."
	return f
}

// slow is a provider that did not answer within the budget of time.
func slow(p *models.Provider, err error) *Failure {
	return &Failure{Provider: p.Name, Status: http.StatusGatewayTimeout, Type: wire.TypeTimeout, Err: err,
		Message: p.Name + " took too long to answer.", Next: NextAny, Health: true}
}

// TooSlow is a provider that used up a budget of time that the caller keeps.
func TooSlow(p *models.Provider) *Failure { return slow(p, ErrTooSlow) }

const (
	notFoundDown    = 5 * time.Minute
	coolDefault     = 5 * time.Second
	messageBytesMax = 1_000
)

// classify turns an upstream's refusal into what is to be done about it.
func classify(p *models.Provider, status int, header http.Header, raw []byte) *Failure {
	said := readSaid(raw)
	said.code = first(said.code, clip(header.Get("X-Amzn-Errortype"), 100))
	f := &Failure{Provider: p.Name, Upstream: status, Code: said.code, Raw: raw, Next: NextAny}
	hint := retryHint(header, raw)
	switch {
	case status == http.StatusTooManyRequests:
		f.limited(p, said, hint)
	case status == 529 || status == 498 || (status == http.StatusServiceUnavailable && said.overloaded()):
		f.overloaded(p, hint)
	case status == http.StatusRequestTimeout || status == http.StatusConflict || status == http.StatusTooEarly:
		f.say(http.StatusGatewayTimeout, wire.TypeTimeout, p.Name+" took too long to answer.")
		f.Health = true
	case status >= 500 || status == http.StatusFailedDependency: // a model that broke
		f.unavailable(p, hint)
	case said.outOfMoney() || said.badKey(): // some say so with a 400
		f.unavailable(p, 0)
		f.BadKey = true
	case said.policy():
		f.refused(http.StatusBadRequest, wire.TypeContentPolicy, p.Name+" refused the content", said, NextOtherModel)
	case said.region(status):
		f.unavailable(p, 0)
		f.Health = false
	case status == http.StatusUnauthorized || status == http.StatusPaymentRequired || status == http.StatusForbidden:
		f.unavailable(p, 0)
		f.BadKey = true
	case status == http.StatusNotFound || status == http.StatusGone:
		f.say(http.StatusNotFound, wire.TypeNotFound, p.Name+" does not serve this model now.")
		f.Health, f.Down = true, notFoundDown
	case status == http.StatusRequestEntityTooLarge:
		f.refused(http.StatusRequestEntityTooLarge, wire.TypePayloadTooLarge, p.Name+" finds the request too large", said, NextLarger)
	case said.contextLength():
		f.refused(http.StatusBadRequest, wire.TypeContextLength, p.Name+" finds the prompt too long for the model", said, NextLarger)
	case status >= 400:
		f.refused(http.StatusBadRequest, wire.TypeInvalidRequest, p.Name+" refused the request", said, NextOnce)
	default: // a redirect, or a success that is none
		f.unavailable(p, 0)
	}
	return f
}

// FromBody classifies an error that came inside an answer: in a chunk, or in a 200.
func FromBody(p *models.Provider, raw []byte) *Failure {
	if len(raw) > errorBytesMax {
		raw = raw[:errorBytesMax]
	}
	said := readSaid(raw)
	f := classify(p, said.status(), nil, append([]byte(nil), raw...))
	f.Upstream = http.StatusOK
	return f
}

func (f *Failure) say(status int, kind wire.ErrorType, message string) {
	f.Status, f.Type, f.Message = status, kind, message
}

// limited is a 429: not the endpoint's failure. A quota of a day is not worth waiting for, and an
// account without money is the operator's trouble.
func (f *Failure) limited(p *models.Provider, said said, hint time.Duration) {
	f.say(http.StatusTooManyRequests, wire.TypeRateLimit, p.Name+" is receiving too many requests now.")
	if said.outOfMoney() {
		f.unavailable(p, 0)
		f.BadKey = true
		return
	}
	f.RetryAfter, f.Down = cool(hint)
	if said.dailyQuota() {
		f.Down = max(f.Down, quotaDown)
	}
}

func (f *Failure) overloaded(p *models.Provider, hint time.Duration) {
	f.say(http.StatusServiceUnavailable, wire.TypeOverloaded, p.Name+" is overloaded now.")
	f.RetryAfter, f.Down = cool(hint)
	f.Health = true
}

// unavailable hides the reason: trouble with the operator's key is nobody else's business.
func (f *Failure) unavailable(p *models.Provider, hint time.Duration) {
	f.say(http.StatusBadGateway, wire.TypeUnavailable, p.Name+" cannot answer now.")
	f.Health = true
	if hint > 0 {
		f.RetryAfter, f.Down = cool(hint)
	}
}

// refused is about the client's own request: the provider's words help, so they are shown.
func (f *Failure) refused(status int, kind wire.ErrorType, what string, said said, next Next) {
	message := what + "."
	if said.message != "" {
		message = what + ": " + said.message
	}
	f.say(status, kind, message)
	f.Next, f.showRaw = next, true
}

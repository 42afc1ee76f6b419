package proxy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"bourse/app/market"
	"bourse/app/provider"
	"bourse/app/wire"
	"bourse/models"
)

var (
	errClientGone = errors.New("the client went away")
	errUnheld     = errors.New("the reservation was refused")
	errSpent      = errors.New("the credit is used up")
	errTooLong    = errors.New("the answer is longer than it may be")
	errCutShort   = errors.New("the stream ended without a finish")
)

// attempts tries the endpoints in order until one answers. Another is tried only while nothing
// has been sent to the client.
func (c *call) attempts() *wire.Error {
	var last *provider.Failure
	onceUsed := false
	c.p.Budget.Request()
	c.coolDown()
	for i := range c.plan {
		cand := c.plan[i]
		if i > 0 && !c.mayTry(last, cand, &onceUsed) {
			continue
		}
		if i > 0 && time.Since(c.started) > c.patience() {
			break
		}
		// One that is well is always worth a try; those that are not share a budget.
		if i > 0 && !cand.Stable() && !c.p.Budget.Again() {
			break
		}
		failure := c.attempt(cand)
		if c.held.Refused() {
			c.durable()
		}
		if c.refused != nil {
			return c.refused
		}
		if failure == nil {
			return nil
		}
		last = failure
		if failure.Canceled || c.answered || failure.Next == provider.NextNever {
			break
		}
	}
	return c.failed(last)
}

// patience is how long all attempts together may take before something of an answer is there.
func (c *call) patience() time.Duration {
	if c.stream {
		return firstTokenTime
	}
	return plainTime
}

// coolDown waits once when every endpoint asked to be left alone, the first of them not for long.
func (c *call) coolDown() {
	wait := c.plan[0].Cooling()
	if wait <= 0 || wait > coolingWaitMax {
		return
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-c.r.Context().Done():
	}
}

// mayTry reports whether the endpoint is one to which the last failure may move on.
func (c *call) mayTry(last *provider.Failure, next candidate, onceUsed *bool) bool {
	sameModel := next.Entry.ID == c.gen.Model
	switch last.Next {
	case provider.NextAny:
		return true
	case provider.NextOnce:
		if *onceUsed && sameModel {
			return false
		}
		*onceUsed = true
		return true
	case provider.NextLarger:
		return !sameModel || next.Offer.Context(next.Entry.Model) > c.contextOf(c.gen.Tag)
	case provider.NextOtherModel:
		return !sameModel
	}
	return false
}

func (c *call) contextOf(tag string) int64 {
	for _, cand := range c.plan {
		if cand.Offer.Tag == tag && cand.Entry.ID == c.gen.Model {
			return cand.Offer.Context(cand.Entry.Model)
		}
	}
	return 0
}

// attempt asks one endpoint. It returns nil when the request has been answered, in whatever way,
// and the failure otherwise.
func (c *call) attempt(cand candidate) *provider.Failure {
	c.began = time.Now()
	serve(c.gen, cand)
	c.ignored(cand)
	up := c.connect(cand)
	defer up.stop(nil)
	var failure *provider.Failure
	if c.embedding != nil {
		failure = c.embed(cand, up)
	} else {
		failure = c.ask(cand, up)
	}
	if failure != nil && (up.clientGone() || c.held.Refused()) {
		failure.Canceled, failure.Health = true, false
	}
	if failure != nil && cand.own {
		failure.OfOwnKey()
	}
	c.observe(cand, failure)
	return failure
}

// ask sends the request to the endpoint and passes its answer on.
func (c *call) ask(cand candidate, up *upstream) *provider.Failure {
	target := cand.target.For(c.req)
	target.Tier = c.tier(cand)
	fetched, failure := c.follow(cand, up)
	if failure != nil {
		return failure
	}
	answer, failure := c.open(up, target, wire.UpstreamOptions{Fetched: fetched, Supported: cand.Offer.SupportedParameters,
		MaxTokens: c.length(cand), MaxOutput: cand.Offer.MaxOutput, User: c.endUser()})
	if failure != nil {
		return failure
	}
	defer answer.Close()
	if c.stream {
		return c.relay(cand, up, answer)
	}
	return c.reply(cand, answer)
}

// open writes the request and sends it; once more when only a wish of ours was refused.
func (c *call) open(up *upstream, target provider.Target, o wire.UpstreamOptions) (*provider.Answer, *provider.Failure) {
	body, failure := target.ChatBody(c.req, o)
	if failure != nil {
		return nil, failure
	}
	if c.sent = nil; c.echo {
		c.sent = body
	}
	answer, failure := c.p.Client.Open(up.ctx, target, body, c.stream)
	if target.WithoutSummary(failure) && !o.NoSummary {
		o.NoSummary = true
		return c.open(up, target, o)
	}
	return answer, failure
}

// gone is the failure of a request whose client has left.
func gone(cand candidate) *provider.Failure {
	return &provider.Failure{Provider: cand.Offer.Provider.Name, Status: statusClientGone, Type: wire.TypeTimeout,
		Message: "The client went away.", Canceled: true, Err: errClientGone}
}

// statusClientGone is what the record says of a request whose client left before the answer.
const statusClientGone = 499

// note writes the attempt into the record, while that can still be changed.
func (c *call) note(cand candidate, f *provider.Failure) {
	if c.gen.State != models.GenerationOpen {
		return
	}
	a := models.Attempt{Provider: cand.Offer.Endpoint.Provider, Tag: cand.Offer.Tag, Status: http.StatusOK, Ms: time.Since(c.began).Milliseconds()}
	if f != nil {
		a.Status, a.Error = f.Upstream, string(f.Type)
	}
	c.gen.Attempts = append(c.gen.Attempts, a)
}

// observe notes a failed attempt on the record, and any in the endpoint's health.
func (c *call) observe(cand candidate, f *provider.Failure) {
	if cand.own { // what a customer's own account meets says nothing about the endpoint
		if f != nil {
			c.note(cand, f)
			c.p.Log.Info("attempt with a customer's own key failed", "request", c.requestID, "endpoint", cand.Name(), "upstream", f.Upstream, "type", string(f.Type))
		}
		return
	}
	if f == nil {
		c.p.Health.Observe(cand.Name(), market.Answered, 0)
		c.p.Sticky.Answered(cand.Conversation, c.session, cand.Offer, c.gen.Usage)
		if g := c.gen; c.stream && !g.Cancelled && !g.Estimated {
			c.p.Health.Measure(cand.Name(), g.FirstToken.Sub(c.began), g.Usage.Output, g.Finished.Sub(g.FirstToken))
		}
		return
	}
	c.note(cand, f)
	if f.Canceled {
		return
	}
	level := c.p.Log.Warn
	if f.BadKey {
		level = c.p.Log.Error
	}
	level("attempt failed", "request", c.requestID, "endpoint", cand.Name(), "upstream", f.Upstream, "type", string(f.Type), "err", f.Err)
	switch {
	case f.Type == wire.TypeRateLimit:
		c.p.Health.Observe(cand.Name(), market.Throttled, max(f.RetryAfter, f.Down))
	case f.Health:
		c.p.Health.Observe(cand.Name(), market.Failed, 0)
	}
}

// failed ends a request that no endpoint answered: the hold is freed, then the client is told.
func (c *call) failed(f *provider.Failure) *wire.Error {
	if c.gen.State != models.GenerationOpen {
		return nil // answered in part, and settled
	}
	e := c.explain(f.Wire())
	status := e.Status
	if f.Canceled {
		c.gen.Cancelled, status = true, statusClientGone
	}
	c.finish(string(e.Type), status)
	if err := c.void(); err != nil {
		c.p.Log.Error("hold stays open until it expires", "generation", c.gen.ID, "err", err)
	}
	if c.headSent { // keep-alive comments went out: the error has to follow in the stream
		rw := wire.NewRewriter(wire.RewriterOptions{Head: wire.Head{ID: c.gen.ID, Model: c.gen.Model, Provider: f.Provider, Created: c.gen.Created.Unix()}})
		_, _ = c.w.Write(c.appendError(nil, rw, e))
		return nil
	}
	c.w.Header().Set("X-Generation-Id", c.gen.ID)
	return e
}

// endUser is the client's own name for its user, as a hash that says nothing about them and that
// only this account shares: providers want one to tell abusers apart.
func (c *call) endUser() string {
	if c.req.User == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(c.who.AccountID + "\x00" + c.req.User))
	return hex.EncodeToString(sum[:16])
}

// upstream is the life of one attempt. It ends with the client, or a while after it when the
// provider bills to the end anyway and its count is worth waiting for.
type upstream struct {
	ctx    context.Context
	stop   context.CancelCauseFunc
	client context.Context
	watch  *time.Timer // cuts a provider that takes too long
}

func (u *upstream) clientGone() bool { return u.client.Err() != nil }

func (c *call) connect(cand candidate) *upstream {
	client := c.r.Context()
	ctx, stop := context.WithCancelCause(c.base)
	linger := time.Duration(0)
	if cand.Offer.Provider.Quirks.KeepsBilling && c.stream {
		linger = drainTime
	}
	detach := context.AfterFunc(client, func() {
		if linger == 0 {
			stop(errClientGone)
			return
		}
		t := time.AfterFunc(linger, func() { stop(errClientGone) })
		context.AfterFunc(ctx, func() { t.Stop() })
	})
	budget := plainTime
	if c.stream {
		budget = cand.FirstToken(c.thinks || cand.Entry.Reasoning)
	}
	budget = max(min(budget, c.patience()-time.Since(c.started)), time.Second)
	watch := time.AfterFunc(budget, func() { stop(provider.ErrTooSlow) })
	return &upstream{ctx: ctx, client: client, watch: watch, stop: func(cause error) { detach(); watch.Stop(); stop(cause) }}
}

package proxy

import (
	"cmp"
	"io"
	"net/http"
	"sync"
	"time"

	"bourse/app/provider"
	"bourse/app/wire"
)

var (
	keepAlive = []byte(": BOURSE PROCESSING\n\n")
	doneEvent = []byte("data: [DONE]\n\n")
	// cutChunk ends an answer that we cut because it is longer than it may be.
	cutChunk = []byte(`{"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}`)
)

// sendAtLeast is when no further event is waited for, however many have arrived.
const sendAtLeast = 32 << 10

// pendingBytesMax bounds what is kept back before the first content of a stream.
const pendingBytesMax = 1 << 20

// relay passes a stream on. Nothing is sent until the upstream has shown content or an end, so a
// stream that breaks before that can still be tried elsewhere.
func (c *call) relay(cand candidate, up *upstream, answer *provider.Answer) *provider.Failure {
	s := &relayed{c: c, rw: c.rewriter(cand), up: up, deadline: time.Now().Add(streamTime)}
	s.alive = time.AfterFunc(keepAliveEvery, s.keepAlive)
	defer s.end()
	if c.sent != nil {
		s.pending = s.rw.DebugEvent(s.pending, c.sent)
		c.sent = nil
	}
	if !answer.Streaming {
		return s.whole(cand, answer)
	}
	events := wire.NewEventReader(answer)
	for {
		kind, data, err := events.Next()
		if err != nil {
			return s.over(cand, err)
		}
		s.lives()
		switch kind {
		case wire.EventComment:
			continue
		case wire.EventDone:
			return s.over(cand, io.EOF)
		case wire.EventError, wire.EventBare:
			return s.broken(cand, provider.FromBody(cand.Offer.Provider, data))
		}
		if failure := s.event(cand, data, events.More()); failure != nil {
			return s.broken(cand, failure)
		}
		if s.content && s.c.runaway(cand, s.rw.Produced()) {
			up.stop(errTooLong)
			_ = s.event(cand, cutChunk, false) // ours, and well formed
			return s.complete(cand)
		}
		if s.checkpoint() != nil {
			up.stop(errSpent)
			return s.spent(cand)
		}
		if time.Now().After(s.deadline) {
			up.stop(provider.ErrTooSlow)
		}
	}
}

// whole relays a provider that answers with one object although a stream was asked for.
func (s *relayed) whole(cand candidate, answer *provider.Answer) *provider.Failure {
	body, failure := answer.ReadAll(nil)
	if failure != nil {
		return s.broken(cand, failure)
	}
	if failure := s.event(cand, body, false); failure != nil {
		return s.broken(cand, failure)
	}
	return s.over(cand, io.EOF)
}

// relayed is a stream on its way. The keep-alive timer writes too, hence the lock.
type relayed struct {
	c        *call
	rw       *wire.Rewriter
	up       *upstream
	alive    *time.Timer // speaks to the client while the upstream is silent
	deadline time.Time   // of the whole stream

	mu      sync.Mutex
	pending []byte // events kept back until the first content
	chunk   []byte // the chunk before it gets the shape of another door
	content bool   // something of the answer has come, and is sent as soon as the hold is durable
	hurried bool   // somebody waits for the hold
	ended   bool
	wrote   time.Time
	noted   time.Time // when the progress was last handed to the ledger
}

// checkpoint tells the ledger now and then what has been produced, so that a crash loses no more
// than that, and has the hold grow when it must. The error is that the money is spent.
func (s *relayed) checkpoint() error {
	if !s.content {
		return nil
	}
	c := s.c
	produced := s.rw.Produced()
	if now := time.Now(); now.Sub(s.noted) >= checkpointEvery {
		if !s.noted.IsZero() {
			c.p.Billing.Ledger.Progress(c.gen, c.promptN, produced)
		}
		s.noted = now
	}
	return c.afford(produced)
}

// spent ends a stream whose account cannot pay for more: what was produced is charged, and the
// client is told why it ends here.
func (s *relayed) spent(cand candidate) *provider.Failure {
	c := s.c
	s.mu.Lock()
	defer s.mu.Unlock()
	block, err := c.settle(cand, s.rw, "length", http.StatusPaymentRequired)
	if err != nil {
		c.unsettled(err)
		s.pending = c.appendError(s.pending, s.rw, wire.FromModels(err))
		s.flush()
		return nil
	}
	e := wire.PaymentRequired(wire.Shortfall{Source: wire.LimitCredits, Link: c.p.BaseURL + "/credits"})
	e.Message = "The credit was used up while this answer was written. What was written has been charged, $" + block.Cost.USD() + ". Add credits at " + c.p.BaseURL + "/credits."
	s.pending = c.appendError(s.pending, s.rw, e.With("reason", "insufficient_credits"))
	s.flush()
	s.ended = true
	return nil
}

// lives is called for each sign of life of the upstream.
func (s *relayed) lives() {
	wait := cmp.Or(s.c.p.Silence, idleTime)
	if !s.content {
		wait = min(firstTokenTime, max(thinkingTime-time.Since(s.c.began), 0))
	}
	s.up.watch.Reset(wait)
}

// event takes one event of the provider. While more have arrived with it, it is kept to be sent with
// them: one write for what came in one read.
func (s *relayed) event(cand candidate, data []byte, more bool) *provider.Failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	out, info, err := s.appendChunk(s.pending, data)
	if info.Error != nil {
		return provider.FromBody(cand.Offer.Provider, info.Error)
	}
	if err != nil {
		return provider.Malformed(cand.Offer.Provider, err)
	}
	s.pending = out
	if len(info.NativeFinish) > 0 {
		s.c.gen.NativeFinish = string(info.NativeFinish)
	}
	if !s.content && !info.HasContent && info.Finish == "" {
		if len(s.pending) > pendingBytesMax {
			return provider.Malformed(cand.Offer.Provider, wire.ErrEventTooLong)
		}
		return nil
	}
	if !s.content {
		s.content, s.c.answered = true, true
		s.c.gen.FirstToken = time.Now()
		s.c.release() // no other endpoint will be asked
		s.lives()     // from here on silence is measured otherwise
	}
	if !more || len(s.pending) >= sendAtLeast {
		return s.send(cand)
	}
	return nil
}

// send sends what is pending, once the hold is durable. Until then the stream is read on: when it is
// over soon, its hold and its settlement are one commit.
func (s *relayed) send(cand candidate) *provider.Failure {
	if s.c.held.Pending() && len(s.pending) < pendingBytesMax {
		if !s.hurried {
			s.hurried = true
			s.c.held.Hurry()
			go s.whenHeld()
		}
		return nil
	}
	if !s.c.durable() {
		return gone(cand)
	}
	s.flush()
	return nil
}

// whenHeld sends what has gathered until the hold was durable. When it was refused the upstream has
// been told to stop, and whoever reads it deals with that.
func (s *relayed) whenHeld() {
	if s.c.held.Wait() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.flush()
	}
}

// flush sends what is pending. A client that does not take it is gone: the connection's end
// cancels the request, which is noticed elsewhere.
func (s *relayed) flush() {
	c := s.c
	s.head()
	if len(s.pending) == 0 {
		return
	}
	now := time.Now()
	if now.Sub(s.wrote) > writeTime/8 {
		_ = c.out.SetWriteDeadline(now.Add(writeTime))
		s.wrote = now
	}
	if _, err := c.w.Write(s.pending); err == nil {
		_ = c.out.Flush()
	}
	s.pending = s.pending[:0]
}

// head sends the status line once.
func (s *relayed) head() {
	if s.c.headSent {
		return
	}
	h := s.c.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	h.Set("X-Generation-Id", s.c.gen.ID)
	s.c.w.WriteHeader(http.StatusOK)
	s.c.headSent = true
}

// keepAlive runs on its timer: a comment tells the client and what stands between that we are
// still there.
func (s *relayed) keepAlive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	if time.Since(s.wrote) >= keepAliveEvery && s.c.durable() {
		kept := s.pending
		if !s.content {
			s.pending = nil // what is kept back stays back
		}
		s.pending = append(s.pending, s.c.quiet...)
		s.flush()
		if !s.content {
			s.pending = kept
		}
	}
	s.alive.Reset(keepAliveEvery)
}

func (s *relayed) end() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.alive.Stop()
}

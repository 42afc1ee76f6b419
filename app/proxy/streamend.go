package proxy

import (
	"context"
	"errors"
	"io"
	"net/http"

	"bourse/app/provider"
	"bourse/app/wire"
	"bourse/models"
)

// over is the end of the upstream's stream, good or bad. A stream that showed its finish is
// complete even when the connection broke after it.
func (s *relayed) over(cand candidate, err error) *provider.Failure {
	switch {
	case s.rw.Finish() != "" && s.rw.Finish() != "error":
		return s.complete(cand)
	case s.up.clientGone():
		return s.cut(cand)
	case errors.Is(err, io.EOF):
		err = errCutShort
	}
	if errors.Is(context.Cause(s.up.ctx), provider.ErrTooSlow) {
		return s.broken(cand, provider.TooSlow(cand.Offer.Provider))
	}
	return s.broken(cand, provider.Malformed(cand.Offer.Provider, err))
}

// complete settles, and only then sends the last events.
func (s *relayed) complete(cand candidate) *provider.Failure {
	c := s.c
	s.mu.Lock()
	defer s.mu.Unlock()
	if !c.held.Pending() {
		if !c.durable() {
			return gone(cand)
		}
		s.flush()
	}
	block, err := c.settle(cand, s.rw, "", http.StatusOK)
	if err != nil {
		begun := c.headSent
		if c.unsettled(err); begun {
			s.pending = c.appendError(s.pending[:0], s.rw, wire.FromModels(err))
			s.flush()
		}
		s.ended = true
		return nil
	}
	s.pending = c.appendEnd(s.pending, s.rw, block)
	s.flush()
	s.ended = true
	return nil
}

// unheld reports whether there is no hold, so that nothing of the answer may be sent.
func (s *relayed) unheld() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.c.refused != nil || s.c.held.Refused()
}

// cut ends a stream whose client has left: charged is what was produced until then, or nothing
// when nothing was.
func (s *relayed) cut(cand candidate) *provider.Failure {
	c := s.c
	if !s.content || s.unheld() {
		return gone(cand)
	}
	if _, err := c.settle(cand, s.rw, "", statusClientGone); err != nil {
		c.p.Log.Error("charge not durable", "generation", c.gen.ID, "err", err)
		c.gen.State = models.GenerationSettled // undecided: the hold expires by itself
	}
	return nil
}

// broken ends a stream that failed. Before the first content another endpoint may be tried; after
// it the client is told in the stream, and nothing is charged.
func (s *relayed) broken(cand candidate, f *provider.Failure) *provider.Failure {
	c := s.c
	if s.up.clientGone() {
		return s.cut(cand)
	}
	if !s.content || s.unheld() {
		return f
	}
	e := f.Wire()
	c.note(cand, f)
	c.finish(string(e.Type), e.Status)
	c.absorb(cand, s.rw)
	if err := c.void(); s.unheld() {
		return f
	} else if err != nil {
		c.p.Log.Error("hold stays open until it expires", "generation", c.gen.ID, "err", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = c.appendError(s.pending, s.rw, e)
	s.flush()
	s.ended = true
	return f
}

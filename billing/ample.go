package billing

import (
	"context"
	"sync"
	"time"

	"bourse/models"
)

const (
	// ampleTimes is how many times a hold must be there for its commit not to be waited for: then a
	// refusal is practically impossible, and when it comes all the same, nothing has been sent yet.
	ampleTimes = 10
	ampleAge   = 2 * time.Second // of what is remembered: other replicas spend too
	ampleMost  = 100_000         // accounts and windows remembered; then it starts anew
)

// ample remembers what accounts and key windows came to in the newest commits of this process.
type ample struct {
	mu       sync.Mutex
	accounts map[string]remembered
	windows  map[models.WindowKey]remembered
	waiting  map[string]models.Amount // asked for by holds that are not decided yet, by account
}

type remembered struct {
	amount models.Amount // available of an account, used of a window
	real   models.Amount // available of an account to real providers
	at     time.Time
}

func newAmple() *ample {
	return &ample{accounts: map[string]remembered{}, windows: map[models.WindowKey]remembered{}, waiting: map[string]models.Amount{}}
}

// note remembers what a committed batch left.
func (s *ample) note(b *applier, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.accounts)+len(s.windows) > ampleMost {
		clear(s.accounts)
		clear(s.windows)
	}
	for id, a := range b.accounts {
		if a.Frozen || a.Disputes > 0 {
			delete(s.accounts, id)
			continue
		}
		s.accounts[id] = remembered{amount: a.Posted - a.Held, real: a.Posted - a.Sandbox - a.HeldReal, at: now}
	}
	for key, w := range b.windows {
		s.windows[key] = remembered{amount: w.Spent + w.Held, at: now}
	}
}

// forget is for a database that takes nothing: whoever asks next has to wait for it.
func (s *ample) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.accounts)
	clear(s.windows)
}

// take reports whether the hold need not be waited for, and then counts it as waiting.
func (s *ample) take(h *Hold, now time.Time) bool {
	g := h.Generation
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.accounts[g.AccountID]
	if !ok || now.Sub(a.at) > ampleAge {
		return false
	}
	left := a.amount
	if g.RealCredit {
		left = min(left, a.real)
	}
	if h.KeyLimit >= 0 {
		w, ok := s.windows[limitWindow(g, h.KeyReset)]
		if !ok || now.Sub(w.at) > ampleAge {
			return false
		}
		left = min(left, h.KeyLimit-w.amount)
	}
	if (left-s.waiting[g.AccountID])/ampleTimes < h.Amount {
		return false
	}
	s.waiting[g.AccountID] += h.Amount
	return true
}

// decided ends the waiting of a hold.
func (s *ample) decided(h *Hold) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := h.Generation.AccountID
	if s.waiting[id] -= h.Amount; s.waiting[id] <= 0 {
		delete(s.waiting, id)
	}
}

// Held is a reservation that may be on its way still. It may be used by several goroutines at once.
type Held struct {
	ledger *Ledger
	op     *op // nil when it was waited for
}

// Reserve is Hold for a caller with something better to do than to wait: when the money is there
// many times over, it returns at once, and the hold becomes durable within moments or together
// with its settlement. Nothing may be sent before Wait, Settle or Void has returned. The whole
// amount is held then, or none; when it is none, refused is called, which must not block.
func (l *Ledger) Reserve(ctx context.Context, h *Hold, refused func()) (*Held, error) {
	if l.full() || !l.committer.ample.take(h, time.Now()) {
		return &Held{}, l.Hold(ctx, h)
	}
	// The committer works on a copy: the generation stays its caller's meanwhile.
	own, gen := *h, *h.Generation
	own.Generation, own.Least = &gen, h.Amount
	o := &op{kind: opHold, hold: &own, patient: true, arrived: time.Now(), refused: refused}
	l.begin(gen.ID)
	if err := l.committer.send(ctx, o); err != nil {
		l.committer.ample.decided(&own)
		l.forget(gen.ID)
		return nil, err
	}
	h.Generation.Hold = h.Amount
	return &Held{ledger: l, op: o}, nil
}

// Pending reports whether it is not known yet what became of the reservation.
func (h *Held) Pending() bool { return h.op != nil && !h.known() }

// Refused reports, without waiting, whether it was.
func (h *Held) Refused() bool { return h.op != nil && h.known() && h.op.err != nil }

func (h *Held) known() bool {
	select {
	case <-h.op.done:
		return true
	default:
		return false
	}
}

// Hurry says that somebody waits now: the reservation goes into the next commit, which it shares
// with its settlement when that comes soon enough.
func (h *Held) Hurry() {
	if h.Pending() {
		// A full queue means that a batch is on its way anyway.
		h.ledger.committer.offer(&op{kind: opHurry, gen: h.op.hold.Generation})
	}
}

// Wait returns when the reservation is durable. It returns a *Refusal when it was refused after
// all: then there is no such generation.
func (h *Held) Wait() error {
	if h.op == nil {
		return nil
	}
	h.Hurry()
	err := h.ledger.committer.wait(h.op)
	if h.Refused() {
		h.ledger.forget(h.op.hold.Generation.ID)
	}
	return err
}

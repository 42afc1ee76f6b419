// Package market is what Bourse has measured of the providers: which endpoints answer, how fast,
// how often. It measures; what follows from it is routing's and the pages' business.
package market

import (
	"sync"
	"time"
)

const (
	windowSeconds = 30 // in which failures count
	tripFailures  = 3
	tripShare     = 0.3
	tripRow       = 5 // failures in a row trip even when there is little traffic
	openFirst     = 10 * time.Second
	openMost      = 20 * time.Second // so that traffic is back within half a minute of a recovery
	probeEvery    = 2 * time.Second
	closeAfter    = 3 // successes in half-open
	coolFirst     = 5 * time.Second
	coolMost      = 60 * time.Second
)

// Outcome is how one attempt at an endpoint ended.
type Outcome int

// The outcomes.
const (
	Answered  Outcome = iota // it answered
	Failed                   // it did not, and that counts against it
	Throttled                // it said "too many": leave it alone for a while
	Neither                  // the request was at fault, or the caller left
)

// Standing is whether an endpoint should be asked now.
type Standing int

// The standings, best first.
const (
	Stable  Standing = iota
	Probe            // it failed a while ago; this request may try it first
	Cooling          // it asked to be left alone
	Out              // it failed just now
)

// Health watches endpoints, each under a name that is unique to it. Its memory is bounded by the
// number of endpoints in the catalogue.
type Health struct {
	now func() time.Time
	mu  sync.RWMutex
	all map[string]*watch

	records map[string]*record // of figures
}

// NewHealth knows nothing yet: everything is stable.
func NewHealth(now func() time.Time) *Health {
	return &Health{now: now, all: map[string]*watch{}, records: map[string]*record{}}
}

type watch struct {
	mu        sync.Mutex
	buckets   [windowSeconds]bucket
	row       int // failures in a row
	openUntil time.Time
	openFor   time.Duration // 0 while closed
	good      int           // successes since half-open
	lastProbe time.Time
	coolUntil time.Time
	coolFor   time.Duration
}

type bucket struct {
	second   int64
	ok, fail int
}

func (h *Health) watch(name string) *watch {
	h.mu.RLock()
	w := h.all[name]
	h.mu.RUnlock()
	if w != nil {
		return w
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if w = h.all[name]; w == nil {
		w = &watch{}
		h.all[name] = w
	}
	return w
}

// Observe records how an attempt ended. wait is how long the endpoint asked to be left alone, 0
// when it did not say.
func (h *Health) Observe(name string, o Outcome, wait time.Duration) {
	if o == Neither {
		return
	}
	w := h.watch(name)
	w.mu.Lock()
	defer w.mu.Unlock()
	now := h.now()
	if o != Throttled {
		h.count(name, o == Answered, w.openFor > 0)
	}
	switch o {
	case Answered:
		w.row, w.coolFor = 0, 0
		w.at(now).ok++
		if w.openFor > 0 {
			if w.good++; w.good >= closeAfter {
				w.openFor, w.good, w.openUntil = 0, 0, time.Time{}
				w.buckets = [windowSeconds]bucket{}
			}
		}
	case Failed:
		w.row++
		w.at(now).fail++
		if w.openFor > 0 && now.After(w.openUntil) || w.openFor == 0 && w.bad(now) {
			w.openFor = min(max(2*w.openFor, openFirst), openMost)
			w.openUntil, w.good = now.Add(w.openFor), 0
		}
	case Throttled:
		w.coolFor = min(max(2*w.coolFor, coolFirst), coolMost)
		if wait > 0 {
			w.coolUntil = now.Add(wait)
		} else {
			w.coolUntil = now.Add(w.coolFor)
		}
	}
}

// Standing says whether the endpoint should be asked now, and how long it should be left alone
// otherwise. A Probe is handed out at most once in a while for each endpoint.
func (h *Health) Standing(name string) (Standing, time.Duration) {
	h.mu.RLock()
	w := h.all[name]
	h.mu.RUnlock()
	if w == nil {
		return Stable, 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := h.now()
	if left := w.openUntil.Sub(now); w.openFor > 0 && left > 0 {
		return Out, left
	}
	if left := w.coolUntil.Sub(now); left > 0 {
		return Cooling, left
	}
	if w.openFor > 0 {
		if now.Sub(w.lastProbe) < probeEvery {
			return Out, probeEvery - now.Sub(w.lastProbe)
		}
		w.lastProbe = now
		return Probe, 0
	}
	return Stable, 0
}

func (w *watch) at(now time.Time) *bucket {
	s := now.Unix()
	b := &w.buckets[s%windowSeconds]
	if b.second != s {
		*b = bucket{second: s}
	}
	return b
}

func (w *watch) bad(now time.Time) bool {
	if w.row >= tripRow {
		return true
	}
	ok, fail := 0, 0
	for _, b := range w.buckets {
		if now.Unix()-b.second < windowSeconds {
			ok, fail = ok+b.ok, fail+b.fail
		}
	}
	return fail >= tripFailures && float64(fail) >= tripShare*float64(ok+fail)
}

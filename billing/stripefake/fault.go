package stripefake

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
)

// Faults are the ways in which the provider misbehaves. The zero value is a provider without any.
type Faults struct {
	Version string                        // of events, "" = the pinned one
	Keep    bool                          // events wait until Release
	Lose    func(kind string) bool        // events of this kind are never delivered
	Copies  int                           // how often each event is delivered beside the first
	Fail    func(r *http.Request) int     // the status of an answer that is a failure before anything is done; 0 = none
	Forget  func(r *http.Request) bool    // the answer is lost after everything is done
	Watch   func(method, path string)     // is told of every request
	Sent    func(e Event, delivery error) // is told of every delivery
}

// errLost is a connection that broke after the request had been read.
var errLost = errors.New("stripefake: the answer was lost on its way")

type keptEvent struct {
	event Event
}

// Inject sets the faults from now on.
func (f *Fake) Inject(faults Faults) {
	f.faultsMu.Lock()
	f.faults = faults
	f.faultsMu.Unlock()
}

func (f *Fake) faultsNow() Faults {
	f.faultsMu.Lock()
	defer f.faultsMu.Unlock()
	return f.faults
}

func (f *Fake) fails(r *http.Request) *problem {
	faults := f.faultsNow()
	if faults.Watch != nil {
		faults.Watch(r.Method, r.URL.Path)
	}
	if faults.Fail == nil {
		return nil
	}
	switch status := faults.Fail(r); {
	case status == 0:
		return nil
	case status == http.StatusTooManyRequests:
		return &problem{status: status, kind: "invalid_request_error", code: "rate_limit", words: "Too many requests hit the API too quickly."}
	default:
		return &problem{status: status, kind: "api_error", words: "An unknown error occurred"}
	}
}

func (f *Fake) loses(r *http.Request) bool {
	faults := f.faultsNow()
	return faults.Forget != nil && faults.Forget(r)
}

// tell delivers one event as the faults say.
func (f *Fake) tell(ctx context.Context, e Event) error {
	faults := f.faultsNow()
	if faults.Lose != nil && faults.Lose(e.Type) {
		return nil
	}
	if faults.Keep {
		f.faultsMu.Lock()
		f.kept = append(f.kept, keptEvent{e})
		f.faultsMu.Unlock()
		return nil
	}
	var first error
	for i := range 1 + faults.Copies {
		err := f.deliver(ctx, e)
		if i == 0 {
			first = err
		}
		if faults.Sent != nil {
			faults.Sent(e, err)
		}
	}
	return first
}

// Kept are the events that wait.
func (f *Fake) Kept() []Event {
	f.faultsMu.Lock()
	defer f.faultsMu.Unlock()
	out := make([]Event, len(f.kept))
	for i, k := range f.kept {
		out[i] = k.event
	}
	return out
}

// Release delivers every event that waits, each as often as copies says, in an order without any,
// by as many at once as said. The answer is how many deliveries there were and the errors of those
// that were refused. The events stay known: what is released twice comes twice.
func (f *Fake) Release(ctx context.Context, order *rand.Rand, copies, atOnce int) (int, []error) {
	var all []Event
	for _, e := range f.Kept() {
		for range copies {
			all = append(all, e)
		}
	}
	order.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var mu sync.Mutex
	var errs []error
	var wg sync.WaitGroup
	next := make(chan Event)
	for range atOnce {
		wg.Go(func() {
			for e := range next {
				if err := f.deliver(ctx, e); err != nil {
					mu.Lock()
					errs = append(errs, err)
					mu.Unlock()
				}
			}
		})
	}
	for _, e := range all {
		next <- e
	}
	close(next)
	wg.Wait()
	return len(all), errs
}

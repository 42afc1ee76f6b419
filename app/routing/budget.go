package routing

import (
	"sync"
	"time"
)

const (
	budgetSeconds = 10
	budgetShare   = 2  // one more attempt for so many requests
	budgetFree    = 20 // more attempts that are always free, so that little traffic is not hurt
)

// Budget bounds how many more attempts all requests together may make at endpoints that are not
// well, so that an outage of everybody does not multiply the load on them.
type Budget struct {
	now func() time.Time

	mu      sync.Mutex
	seconds [budgetSeconds]struct {
		at              int64
		requests, again int
	}
}

// NewBudget has seen nothing yet.
func NewBudget(now func() time.Time) *Budget { return &Budget{now: now} }

// Request counts a request.
func (b *Budget) Request() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seconds[b.this()].requests++
}

// Again reports whether one more attempt is within the budget, and counts it when it is.
func (b *Budget) Again() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := b.this()
	requests, again, least := 0, 0, b.seconds[i].at-budgetSeconds
	for _, s := range b.seconds {
		if s.at > least {
			requests, again = requests+s.requests, again+s.again
		}
	}
	if again >= budgetFree && again*budgetShare >= requests {
		return false
	}
	b.seconds[i].again++
	return true
}

// this is the present second, emptied when it is a new one.
func (b *Budget) this() int {
	at := b.now().Unix()
	i := int(at % budgetSeconds)
	if s := &b.seconds[i]; s.at != at {
		s.at, s.requests, s.again = at, 0, 0
	}
	return i
}

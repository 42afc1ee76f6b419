package app

import (
	"context"
	"sync"
	"time"
)

const (
	readinessLife = 2 * time.Second // however often somebody asks, the database is asked so often
	readinessTime = 5 * time.Second
)

// readiness remembers the last answer for a moment.
type readiness struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

func (r *readiness) check(ctx context.Context, ask func(context.Context) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.at) < readinessLife {
		return r.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readinessTime)
	defer cancel()
	r.err, r.at = ask(ctx), time.Now()
	return r.err
}

package billing

import (
	"context"
	"sync"
)

// coalesce lets many callers share one piece of work without any of them getting an answer that is
// older than its question: who comes while the work is under way shares the next one, not this.
type coalesce[T any] struct {
	mu  sync.Mutex
	all map[string]*turns[T] // only what is under way; bounded by the callers
}

type turns[T any] struct {
	running bool
	next    *turn[T]
}

type turn[T any] struct {
	done  chan struct{}
	value T
	err   error
}

// do runs fn for the name, or waits for a run that begins after this call. A run does not end with
// the context of whoever began it: others wait for it.
func (c *coalesce[T]) do(ctx context.Context, name string, fn func(ctx context.Context) (T, error)) (T, error) {
	c.mu.Lock()
	if c.all == nil {
		c.all = map[string]*turns[T]{}
	}
	t := c.all[name]
	if t == nil {
		t = &turns[T]{}
		c.all[name] = t
	}
	if t.next == nil {
		t.next = &turn[T]{done: make(chan struct{})}
	}
	mine := t.next
	if !t.running {
		t.running = true
		go c.run(context.WithoutCancel(ctx), name, t, fn)
	}
	c.mu.Unlock()
	select {
	case <-mine.done:
		return mine.value, mine.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

// run works until nobody waits.
func (c *coalesce[T]) run(ctx context.Context, name string, t *turns[T], fn func(ctx context.Context) (T, error)) {
	for {
		c.mu.Lock()
		now := t.next
		if t.next = nil; now == nil {
			delete(c.all, name)
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		now.value, now.err = fn(ctx)
		close(now.done)
	}
}

// Package cluster is what replicas must agree on. So far that is how often somebody may do
// something; it counts in this process, which is exact for one replica and n times as generous
// for n.
package cluster

import (
	"sync"
	"time"
)

// namesMax bounds the memory: beyond it names that have been quiet are forgotten first.
const namesMax = 100_000

// Local counts in memory.
type Local struct {
	now func() time.Time
	mu  sync.Mutex
	all map[string]*meter
}

// meter is a leaky bucket: level leaks by one every per/limit.
type meter struct {
	level float64
	at    time.Time
	per   time.Duration
	until time.Time // of a Count: when it begins anew
}

// NewLocal makes a counter that has seen nothing.
func NewLocal(now func() time.Time) *Local { return &Local{now: now, all: map[string]*meter{}} }

// Allow counts one more under the name and reports whether that is within limit per span; when it
// is not, nothing is counted and the answer is how long to wait.
func (l *Local) Allow(name string, limit int, per time.Duration) (bool, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	m := l.all[name]
	if m == nil {
		if len(l.all) >= namesMax {
			l.sweep(now)
		}
		m = &meter{at: now}
		l.all[name] = m
	}
	rate := float64(limit) / per.Seconds()
	m.level = max(0, m.level-now.Sub(m.at).Seconds()*rate)
	m.at, m.per = now, per
	if m.level+1 > float64(limit) {
		return false, time.Duration((m.level + 1 - float64(limit)) / rate * float64(time.Second))
	}
	m.level++
	return true, 0
}

// Count counts one more under the name until a moment at which the count begins anew, and reports
// whether it is within the limit. What is refused is not counted.
func (l *Local) Count(name string, limit int, until time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	m := l.all[name]
	if m == nil || !now.Before(m.until) {
		if m == nil && len(l.all) >= namesMax {
			l.sweep(now)
		}
		m = &meter{at: now, until: until, per: until.Sub(now)}
		l.all[name] = m
	}
	if m.level >= float64(limit) {
		return false
	}
	m.level++
	return true
}

// Counted is how much Count has counted under the name so far.
func (l *Local) Counted(name string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m := l.all[name]; m != nil && l.now().Before(m.until) {
		return int(m.level)
	}
	return 0
}

// Forget clears what was counted under a name.
func (l *Local) Forget(name string) {
	l.mu.Lock()
	delete(l.all, name)
	l.mu.Unlock()
}

// sweep drops names that are empty by now, and everything when that frees nothing: a limit that
// begins anew is better than memory without end.
func (l *Local) sweep(now time.Time) {
	for name, m := range l.all {
		if now.Sub(m.at) > m.per {
			delete(l.all, name)
		}
	}
	if len(l.all) >= namesMax {
		clear(l.all)
	}
}

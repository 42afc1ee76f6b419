package faults

import (
	"testing"
	"time"

	"bourse/test/fake"
	"bourse/test/pgtest"
)

const callers = 32

func quick(t *testing.T) *fake.Upstream {
	u := fake.New(t)
	u.Always(fake.Slow("Yes, that is so.", fake.Usage{Prompt: 10, Completion: 5}, 2*time.Millisecond, time.Millisecond))
	return u
}

// TestKill kills the process again and again under load. What it had answered is charged; what it
// held is given back or charged by its last note when it starts again.
func TestKill(t *testing.T) {
	h := newHouse(t, quick(t), nil)
	account, key := h.customer("100")
	h.start()
	l := begin(key, callers, h.url)
	n := times(3, 20)
	for range n {
		l.until(t, 100)
		h.kill()
		h.start()
	}
	l.until(t, 100)
	l.end()
	h.settle(faultName("kill -9, %d times", n), account, l)
}

// TestReplicaDies kills one of two processes on one PostgreSQL; the other goes on and takes back
// what the dead one held.
func TestReplicaDies(t *testing.T) {
	u := quick(t)
	env := map[string]string{"DATABASE_URL": pgtest.URL(t), "HOLD_TIMEOUT_SECONDS": "4"}
	one, two := newHouse(t, u, env), newHouse(t, u, env)
	account, key := one.customer("100")
	one.start()
	two.start()
	l := begin(key, callers, one.url, two.url)
	n := times(1, 10)
	for range n {
		l.until(t, 200)
		two.kill()
		l.until(t, 50)
		two.start()
	}
	l.until(t, 100)
	l.end()
	one.settle(faultName("a replica killed, %d times", n), account, l)
}

// TestStopUnderLoad asks the process to stop under load: every request it took is answered whole,
// and it ends without an error.
func TestStopUnderLoad(t *testing.T) {
	h := newHouse(t, quick(t), nil)
	account, key := h.customer("100")
	h.start()
	l := begin(key, callers, h.url)
	l.until(t, 200)
	if err := h.stop(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	h.start()
	l.until(t, 100)
	l.end()
	h.settle("SIGTERM", account, l)
}

// TestDatabaseCrash crashes PostgreSQL under load: its postmaster ends every session and recovers
// from its log. Nothing that was acknowledged is gone, and nothing happened twice.
func TestDatabaseCrash(t *testing.T) {
	h := newHouse(t, quick(t), map[string]string{"DATABASE_URL": pgtest.URL(t), "HOLD_TIMEOUT_SECONDS": "4"})
	account, key := h.customer("100")
	h.start()
	l := begin(key, callers, h.url)
	n := times(2, 10)
	for range n {
		l.until(t, 200)
		pgtest.Crash(t)
		l.until(t, 50)
	}
	l.until(t, 100)
	l.end()
	h.settle(faultName("PostgreSQL crashes, %d times", n), account, l)
}

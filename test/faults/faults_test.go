package faults

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

// TestDiskFull fills the disk under load: requests are refused before any upstream hears of them,
// readiness turns red, and all goes on by itself when there is room again.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Fatalf("mount a small disk (this test needs root): %v: %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", "-l", dir).Run() }) // the test is over either way
	u := quick(t)
	h := newHouse(t, u, map[string]string{"DATA_DIR": dir})
	account, key := h.customer("100")
	h.start()
	l := begin(key, callers, h.url)
	for range times(1, 5) {
		l.until(t, 200)
		filler := filepath.Join(dir, "filler")
		fill(t, filler)
		h.await(http.StatusServiceUnavailable)
		before := len(u.Seen())
		refusedBefore := l.count(http.StatusServiceUnavailable)
		h.awaitStatus(l, http.StatusServiceUnavailable, refusedBefore+callers)
		if after := len(u.Seen()); after > before+callers {
			t.Errorf("%d requests reached the upstream while the disk was full", after-before)
		}
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		h.await(http.StatusOK)
	}
	l.until(t, 100)
	l.end()
	if stopped := h.stop(); stopped != nil {
		t.Errorf("it ended with %v", stopped)
	}
	h.start()
	h.settle("the disk is full", account, l)
	h.kill()
}

// fill writes until nothing more goes in.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := []byte(strings.Repeat("x", 4096))
	for {
		if _, err := f.Write(block); err != nil {
			return // full, as it should be
		}
	}
}

// TestPowerCut copies the disk as it is at one moment of full load, without what the system still
// keeps in memory, and opens the copy: every answer given before is in it.
func TestPowerCut(t *testing.T) {
	room := t.TempDir()
	image, copied := filepath.Join(room, "disk.img"), filepath.Join(room, "copy.img")
	disk, after := filepath.Join(room, "disk"), filepath.Join(room, "after")
	for _, dir := range []string{disk, after} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	run(t, "truncate", "-s", "192M", image)
	run(t, "mkfs.ext4", "-q", "-F", image)
	run(t, "mount", "-o", "loop", image, disk)
	t.Cleanup(func() { exec.Command("umount", "-l", disk).Run() }) // the test is over either way
	h := newHouse(t, quick(t), map[string]string{"DATA_DIR": disk})
	account, key := h.customer("100")
	h.start()
	l := begin(key, callers, h.url)
	l.until(t, 500)
	h.pause()
	acked := l.snapshot()
	run(t, "cp", image, copied)
	h.resume()
	l.end()
	h.kill()
	run(t, "mount", "-o", "loop", copied, after)
	t.Cleanup(func() { exec.Command("umount", "-l", after).Run() }) // the test is over either way
	h.env["DATA_DIR"] = after
	h.start()
	h.settle("the power is cut", account, acked)
	h.kill()
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v (this test needs root): %v: %s", name, args, err, out)
	}
}

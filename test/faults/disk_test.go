package faults

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bourse/test/pgtest"
)

// TestDiskFull fills the disk under load: requests are refused before any upstream hears of them,
// readiness turns red, and all goes on by itself when there is room again.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	run(t, "mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", dir)
	unmount(t, dir)
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

// TestDiskFullUnderPostgreSQL fills the database server's disk. It ends itself then, or refuses to
// write; whoever looks after it makes room and starts it again.
func TestDiskFullUnderPostgreSQL(t *testing.T) {
	dir := t.TempDir()
	run(t, "mount", "-t", "tmpfs", "-o", "size=512m", "tmpfs", dir)
	unmount(t, dir)
	server := pgtest.On(t, dir)
	u := quick(t)
	h := newHouse(t, u, map[string]string{"DATABASE_URL": server.URL(), "HOLD_TIMEOUT_SECONDS": "4"})
	account, key := h.customer("100")
	h.start()
	l := begin(key, callers, h.url)
	for range times(1, 3) {
		l.until(t, 200)
		filler := filepath.Join(dir, "filler")
		fill(t, filler)
		refused := l.count(http.StatusServiceUnavailable)
		h.awaitStatus(l, http.StatusServiceUnavailable, refused+callers)
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		if !server.Running() {
			server.Start()
		}
		h.await(http.StatusOK)
	}
	l.until(t, 100)
	l.end()
	h.settle("the database's disk is full", account, l)
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
	loopDisk(t, "192M", image, disk)
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
	unmount(t, after)
	h.env["DATA_DIR"] = after
	h.start()
	h.settle("the power is cut", account, acked)
	h.kill()
}

// TestPowerCutUnderPostgreSQL is the same for the machine of the database server.
func TestPowerCutUnderPostgreSQL(t *testing.T) {
	room := t.TempDir()
	image, copied := filepath.Join(room, "disk.img"), filepath.Join(room, "copy.img")
	disk, after := filepath.Join(room, "disk"), filepath.Join(room, "after")
	for _, dir := range []string{disk, after} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	loopDisk(t, "512M", image, disk)
	server := pgtest.On(t, disk)
	run(t, "sync", "-f", disk) // the empty server was made without a sync
	h := newHouse(t, quick(t), map[string]string{"DATABASE_URL": server.URL(), "HOLD_TIMEOUT_SECONDS": "4"})
	account, key := h.customer("100")
	h.start()
	l := begin(key, callers, h.url)
	l.until(t, 500)
	h.pause()
	acked := l.snapshot()
	thaw := server.Freeze()
	run(t, "cp", image, copied)
	thaw()
	h.resume()
	l.end()
	h.kill()
	server.Stop()
	run(t, "mount", "-o", "loop", copied, after)
	unmount(t, after)
	restarted := pgtest.At(t, after)
	restarted.Start()
	h.env["DATABASE_URL"] = restarted.URL()
	h.start()
	h.settle("the power of the database is cut", account, acked)
	h.kill()
}

// loopDisk makes a file of that size the disk behind a folder.
func loopDisk(t *testing.T, size, image, dir string) {
	t.Helper()
	run(t, "truncate", "-s", size, image)
	run(t, "mkfs.ext4", "-q", "-F", image)
	run(t, "mount", "-o", "loop", image, dir)
	unmount(t, dir)
}

func unmount(t *testing.T, dir string) {
	t.Cleanup(func() { exec.Command("umount", "-l", dir).Run() }) // the test is over either way
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v (this test needs root): %v: %s", name, args, err, out)
	}
}

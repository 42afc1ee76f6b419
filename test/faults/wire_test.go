package faults

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bourse/test/pgtest"
)

// loser stands between the house and PostgreSQL and, now and then, lets a COMMIT through, takes the
// answer, and cuts the connection instead of passing it on: the house cannot know what happened.
type loser struct {
	url   string
	armed atomic.Bool // it passes everything on until then
	lost  atomic.Int64
	gate  sync.RWMutex // whoever has it whole lets nothing through, either way
}

func loseCommits(t *testing.T, every int64) *loser {
	t.Helper()
	real, err := url.Parse(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(real.Query().Get("host"), ".s.PGSQL.5432")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	l := &loser{url: "postgres://postgres@" + listener.Addr().String() + real.Path + "?sslmode=disable"}
	var commits atomic.Int64
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("unix", socket)
			if err != nil {
				client.Close()
				continue
			}
			go l.relay(client, server, &commits, every)
		}
	}()
	return l
}

func (l *loser) relay(client, server net.Conn, commits *atomic.Int64, every int64) {
	defer client.Close()
	defer server.Close()
	var deaf atomic.Bool // the next answer is swallowed
	go func() {
		defer client.Close()
		buf := make([]byte, 64<<10)
		for {
			n, err := server.Read(buf)
			if err != nil {
				return
			}
			if deaf.Load() {
				l.lost.Add(1)
				return
			}
			if err := l.pass(client, buf[:n]); err != nil {
				return
			}
		}
	}()
	bind := bindsCommit()
	buf := make([]byte, 64<<10)
	for {
		n, err := client.Read(buf)
		if n > 0 {
			if bytes.Contains(buf[:n], bind) && l.armed.Load() && commits.Add(1)%every == 0 {
				deaf.Store(true)
			}
			if err := l.pass(server, buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// bindsCommit is what a message has in it that runs COMMIT as a prepared statement: no name of a
// portal, and the name that the driver gives to this statement.
func bindsCommit() []byte {
	sum := sha256.Sum256([]byte("commit"))
	return []byte("\x00stmtcache_" + hex.EncodeToString(sum[:24]) + "\x00")
}

func (l *loser) pass(to net.Conn, data []byte) error {
	l.gate.RLock()
	defer l.gate.RUnlock()
	_, err := to.Write(data)
	return err
}

// TestStill lets nothing through between the house and its database for a while: what was on its way
// arrives late or in doubt, and the books are right all the same.
func TestStill(t *testing.T) {
	l := loseCommits(t, 1<<40)
	h := newHouse(t, quick(t), map[string]string{"DATABASE_URL": l.url, "HOLD_TIMEOUT_SECONDS": "4"})
	account, key := h.customer("100")
	h.start()
	load := begin(key, callers, h.url)
	pause := time.Duration(times(3, 30)) * time.Second
	load.until(t, 200)
	l.gate.Lock()
	<-time.After(pause) // the fault itself
	l.gate.Unlock()
	load.until(t, 200)
	load.end()
	h.settle(faultName("the network stands still for %d s", int64(pause.Seconds())), account, load)
}

// TestLostCommit loses the answers of commits under load. The batch is tried again and finds its
// own rows: nothing is charged twice, nothing is lost.
func TestLostCommit(t *testing.T) {
	l := loseCommits(t, 9)
	h := newHouse(t, quick(t), map[string]string{"DATABASE_URL": l.url, "HOLD_TIMEOUT_SECONDS": "4"})
	account, key := h.customer("100")
	h.start()
	l.armed.Store(true)
	load := begin(key, callers, h.url)
	load.until(t, times(500, 20_000))
	load.end()
	l.armed.Store(false)
	if l.lost.Load() == 0 {
		t.Error("no answer was lost")
	}
	h.settle(faultName("%d answers of COMMIT lost", l.lost.Load()), account, load)
}

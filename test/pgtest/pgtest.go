// Package pgtest gives tests a PostgreSQL of their own: a temporary cluster, started once per test
// process on a socket in a temporary folder, with a fresh database for each caller. It never
// connects to a server that it did not start.
package pgtest

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	startTime = 60 * time.Second // a cold initdb beside a compiler on two cores
	callTime  = 30 * time.Second
	pollEvery = 50 * time.Millisecond
)

// cluster is the one of this process. Nothing stops it: its keeper does when the process ends.
type cluster struct {
	dir    string
	alive  io.WriteCloser // the keeper waits for the end of this pipe
	number atomic.Int64
}

var started = sync.OnceValues(start)

// URL is the address of a new, empty database, dropped again when the test ends.
func URL(t testing.TB) string {
	t.Helper()
	c, err := started()
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("t%d", c.number.Add(1))
	if err := c.exec(`CREATE DATABASE ` + name); err != nil {
		t.Fatalf("create test database: %v", err)
	}
	t.Cleanup(func() {
		if err := c.exec(`DROP DATABASE ` + name + ` WITH (FORCE)`); err != nil {
			t.Errorf("drop test database: %v", err)
		}
	})
	return c.url(name)
}

func (c *cluster) url(database string) string {
	q := url.Values{"host": {c.dir}, "sslmode": {"disable"}}
	return "postgres://postgres@/" + database + "?" + q.Encode()
}

// exec runs one statement on a connection of its own, outside any test's context because cleanups
// run after that has ended.
func (c *cluster) exec(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), callTime)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.url("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, statement)
	return err
}

func start() (*cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	who, err := unprivileged()
	if err != nil {
		return nil, err
	}
	// Not os.TempDir: the path of a socket may have about a hundred bytes.
	dir, err := os.MkdirTemp("/tmp", "bourse-pg-")
	if err != nil {
		return nil, err
	}
	c := &cluster{dir: dir}
	if err := c.launch(bin, who); err != nil {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("start a temporary PostgreSQL: %w", err)
	}
	return c, nil
}

// keeper runs the server and ends it, with its folder unless that is to be kept, once standard input
// ends: that happens however the test process dies. Immediate shutdown is fine for data that nobody
// will read again, and as good as a crash for data that somebody will.
const keeper = `
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c unix_socket_permissions=0700 \
	-c max_connections=400 -c shared_buffers=64MB -c max_wal_size=256MB &
server=$!
cat >/dev/null
kill -QUIT $server
wait $server
test "$3" = keep && exit
rm -rf "$2/data" "$2/log"
rm -rf "$2"
`

func (c *cluster) launch(bin string, who *user) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	if err := c.initialise(ctx, bin, who); err != nil {
		return err
	}
	if _, err := c.serve(bin, who, "remove"); err != nil {
		return err
	}
	return c.await(ctx)
}

// initialise makes the files of an empty server.
func (c *cluster) initialise(ctx context.Context, bin string, who *user) error {
	if err := who.own(c.dir); err != nil {
		return err
	}
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", filepath.Join(c.dir, "data"),
		"-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	who.run(initdb, c.dir)
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

// serve starts the keeper with the server; files is "keep" or "remove".
func (c *cluster) serve(bin string, who *user, files string) (*exec.Cmd, error) {
	log, err := os.OpenFile(filepath.Join(c.dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	server := exec.Command("/bin/sh", "-c", keeper, "keeper", bin, c.dir, files)
	who.run(server, c.dir)
	// Files, not pipes: go test waits for every holder of its own output.
	server.Stdout, server.Stderr = log, log
	if c.alive, err = server.StdinPipe(); err != nil {
		return nil, err
	}
	return server, server.Start()
}

func (c *cluster) await(ctx context.Context) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		err := c.exec("SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(c.dir, "log")) // best effort: the error below says enough
			c.alive.Close()
			return fmt.Errorf("not ready after %s: %w\n%s", startTime, err, log)
		case <-tick.C:
		}
	}
}

// binaries finds the folder of the newest server installed.
func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		// A link in a bin folder leads to where the server's other programs are.
		if real, err := filepath.EvalSymlinks(path); err == nil && serverIn(filepath.Dir(real)) {
			return filepath.Dir(real), nil
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is constant and valid
	for i := len(found) - 1; i >= 0; i-- {
		if serverIn(found[i]) {
			return found[i], nil
		}
	}
	return "", fmt.Errorf("no PostgreSQL server on this machine: apt-get install postgresql (or run .ci/setup)")
}

func serverIn(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// Crash kills one session of the server as the system would when memory runs out. The server then
// ends all the others and recovers from its log, as after a failure of the machine.
func Crash(t testing.TB) {
	t.Helper()
	c, err := started()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), callTime)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.url("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := syscall.Kill(int(conn.PgConn().PID()), syscall.SIGKILL); err != nil {
		t.Fatalf("kill a session of the test server: %v", err)
	}
}

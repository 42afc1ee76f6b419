package faults

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"bourse/test/fake"
)

const (
	startTime = 30 * time.Second
	stopTime  = 90 * time.Second
	cliTime   = 30 * time.Second
)

// binary is the program, built once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "bourse-faults-")
	if err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "bourse"), "bourse").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return filepath.Join(dir, "bourse"), nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// house is the program with its environment; it can be started, killed and started again.
type house struct {
	t   *testing.T
	env map[string]string
	url string
	cmd *exec.Cmd
	log *logFile
}

// newHouse prepares a house whose only real provider is the fake upstream.
func newHouse(t *testing.T, upstream *fake.Upstream, env map[string]string) *house {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	all := map[string]string{
		"ADDR": address, "BASE_URL": "http://" + address, "DATA_DIR": t.TempDir(), "FIND_LOCAL": "false", "DEMO": "false",
		"NOVITA_API_KEY": upstream.Key, "NOVITA_BASE_URL": upstream.URL, "PATH": os.Getenv("PATH"), "HOME": t.TempDir(),
	}
	maps.Copy(all, env)
	h := &house{t: t, env: all, url: "http://" + address, log: &logFile{}}
	t.Cleanup(func() {
		h.kill()
		if t.Failed() {
			t.Log(h.log.tail())
		}
	})
	return h
}

func (h *house) command(ctx context.Context, args ...string) *exec.Cmd {
	h.t.Helper()
	path, err := binary()
	if err != nil {
		h.t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	for name, value := range h.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// tool runs a command of the operator's and returns what it prints.
func (h *house) tool(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), cliTime)
	defer cancel()
	out, err := h.command(ctx, args...).Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		err = fmt.Errorf("%w: %s%s", err, out, failed.Stderr)
	}
	return strings.TrimSpace(string(out)), err
}

func (h *house) must(args ...string) string {
	h.t.Helper()
	out, err := h.tool(args...)
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

// start runs the server and returns when it is ready.
func (h *house) start() {
	h.t.Helper()
	h.cmd = h.command(context.Background())
	h.cmd.Stdout, h.cmd.Stderr = h.log, h.log
	if err := h.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.await(http.StatusOK)
}

// await waits until readiness answers with the status.
func (h *house) await(status int) {
	h.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	last := 0
	for end := time.Now().Add(startTime); time.Now().Before(end); <-tick.C {
		answer, err := http.Get(h.url + "/readyz")
		if err != nil {
			continue
		}
		answer.Body.Close()
		if last = answer.StatusCode; last == status {
			return
		}
	}
	h.t.Fatalf("/readyz did not answer %d within %s; last %d\n%s", status, startTime, last, h.log.tail())
}

// kill ends the server as a power failure of the process would: nothing can be caught.
func (h *house) kill() {
	if h.cmd == nil {
		return
	}
	h.cmd.Process.Kill() // it may have ended already
	h.cmd.Wait()         // killed is what it was meant to be
	h.cmd = nil
}

// stop asks the server to end and returns its exit error.
func (h *house) stop() error {
	h.t.Helper()
	if err := h.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- h.cmd.Wait() }()
	select {
	case err := <-ended:
		h.cmd = nil
		return err
	case <-time.After(stopTime):
		return fmt.Errorf("still running %s after SIGTERM", stopTime)
	}
}

// logFile keeps the end of what a server says.
type logFile struct {
	mu   sync.Mutex
	text []byte
}

const logKept = 32 << 10

func (l *logFile) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, b...)
	if len(l.text) > 2*logKept {
		l.text = append([]byte(nil), l.text[len(l.text)-logKept:]...)
	}
	return len(b), nil
}

func (l *logFile) tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text[max(0, len(l.text)-4096):])
}

// awaitStatus waits until so many calls of the load have been refused with the status.
func (h *house) awaitStatus(l *load, status, n int) {
	h.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(startTime); l.count(status) < n; <-tick.C {
		if time.Now().After(end) {
			h.t.Fatalf("%d calls were refused with %d, %d expected", l.count(status), status, n)
		}
	}
}

// pause stops the process where it is, without telling it.
func (h *house) pause() { h.signal(syscall.SIGSTOP) }

// resume lets a paused process go on.
func (h *house) resume() { h.signal(syscall.SIGCONT) }

func (h *house) signal(s syscall.Signal) {
	h.t.Helper()
	if err := h.cmd.Process.Signal(s); err != nil {
		h.t.Fatal(err)
	}
}

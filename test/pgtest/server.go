package pgtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Server is a PostgreSQL of one test's own, on a disk that the test breaks.
type Server struct {
	t      testing.TB
	c      *cluster
	bin    string
	who    *user
	keeper *exec.Cmd // nil while it is not running
}

// On makes an empty server in a folder and starts it. It ends with the test; its files stay.
func On(t testing.TB, folder string) *Server {
	t.Helper()
	s := At(t, folder)
	if err := os.Mkdir(s.c.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	if err := s.c.initialise(ctx, s.bin, s.who); err != nil {
		t.Fatal(err)
	}
	s.Start()
	if err := s.c.exec("CREATE DATABASE bourse"); err != nil {
		t.Fatalf("create the database: %v", err)
	}
	return s
}

// At is the server whose files are in a folder already; it is not started.
func At(t testing.TB, folder string) *Server {
	t.Helper()
	bin, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	who, err := unprivileged()
	if err != nil {
		t.Fatal(err)
	}
	// Whoever runs the server must be able to reach its folder.
	for dir := folder; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s := &Server{t: t, c: &cluster{dir: filepath.Join(folder, "postgres")}, bin: bin, who: who}
	t.Cleanup(s.Stop)
	return s
}

// URL is the address of its database.
func (s *Server) URL() string { return s.c.url("bourse") }

// Start runs the server and returns when it answers.
func (s *Server) Start() {
	s.t.Helper()
	s.Stop()
	keeper, err := s.c.serve(s.bin, s.who, "keep")
	if err != nil {
		s.t.Fatal(err)
	}
	s.keeper = keeper
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	if err := s.c.await(ctx); err != nil {
		s.t.Fatal(err)
	}
}

// Stop ends the server at once, as a crash would.
func (s *Server) Stop() {
	if s.keeper == nil {
		return
	}
	s.c.alive.Close()
	_ = s.keeper.Wait() // it was told to die
	s.keeper = nil
}

// Running reports whether it answers.
func (s *Server) Running() bool { return s.c.exec("SELECT 1") == nil }

// Freeze stops every process of the server where it is, and returns what has them go on.
func (s *Server) Freeze() (thaw func()) {
	s.t.Helper()
	pids, err := s.pids()
	if err != nil {
		s.t.Fatal(err)
	}
	all := func(signal syscall.Signal) {
		for _, pid := range pids {
			_ = syscall.Kill(pid, signal) // some of them may be gone
		}
	}
	all(syscall.SIGSTOP)
	return func() { all(syscall.SIGCONT) }
}

// pids are the server's process and those that it made.
func (s *Server) pids() ([]int, error) {
	text, err := os.ReadFile(filepath.Join(s.c.dir, "data", "postmaster.pid"))
	if err != nil {
		return nil, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	children, err := os.ReadFile(fmt.Sprintf("/proc/%s/task/%s/children", first, first))
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, word := range append(strings.Fields(string(children)), first) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			return nil, err
		}
		pids = append(pids, pid)
	}
	return pids, nil
}

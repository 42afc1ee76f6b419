package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

const startTime = 60 * time.Second

// process is one of the servers that are measured.
type process struct {
	cmd     *exec.Cmd
	address string
	log     bytes.Buffer
}

func (p *process) tail() string {
	b := p.log.Bytes()
	return string(b[max(0, len(b)-2000):])
}

// rss is the resident memory in bytes.
func (p *process) rss() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for _, line := range strings.Split(string(text), "\n") {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			kib, err := strconv.ParseInt(f[1], 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.New("no VmRSS in /proc")
}

// ticks is how many a second of processor time /proc counts in: USER_HZ, 100 on every Linux that Go
// runs on.
const ticks = 100

// cpu is the processor time that the process has used.
func (p *process) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	// The name, in parentheses, may hold spaces; user and system time are the 14th and 15th words.
	words := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(words) < 13 {
		return 0, errors.New("no times in /proc")
	}
	var sum time.Duration
	for _, w := range words[11:13] {
		n, err := strconv.ParseInt(w, 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(n) * time.Second / ticks
	}
	return sum, nil
}

// setup is everything that runs during the bench.
type setup struct {
	upstream, bare, bourse *process
	dir, key, email        string
	env                    []string
	binary                 string
}

func open(o options) (*setup, error) {
	dir, err := os.MkdirTemp("", "bourse-bench-")
	if err != nil {
		return nil, err
	}
	s := &setup{dir: dir, email: "bench@example.com", binary: o.binary}
	if err := s.start(o); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *setup) start(o options) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	addresses, err := free(3)
	if err != nil {
		return err
	}
	if s.upstream, err = run(addresses[0], nil, "/", self, "-mode", "upstream", "-listen", addresses[0]); err != nil {
		return err
	}
	if s.bare, err = run(addresses[1], nil, "/healthz", self, "-mode", "bare", "-listen", addresses[1], "-target", "http://"+addresses[0]); err != nil {
		return err
	}
	s.env = append(os.Environ(), "ADDR="+addresses[2], "BASE_URL=http://"+addresses[2], "DATA_DIR="+s.dir, "DATABASE_URL="+o.database,
		"FIND_LOCAL=false", "NOVITA_API_KEY=bench", "NOVITA_BASE_URL=http://"+addresses[0])
	for _, args := range [][]string{{"user", "create", s.email}, {"grant", s.email, "100000", "--reason", "bench"}} {
		if _, err := s.tool(args...); err != nil {
			return err
		}
	}
	if s.key, err = s.tool("key", "create", s.email, "--name", "bench"); err != nil {
		return err
	}
	if o.big > 0 {
		if err := fill(s, o); err != nil {
			return fmt.Errorf("fill the database: %w", err)
		}
	}
	s.bourse, err = run(addresses[2], s.env, "/readyz", s.binary)
	return err
}

func (s *setup) tool(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.binary, args...)
	cmd.Env = s.env
	out, err := cmd.Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			return "", fmt.Errorf("%v: %w: %s", args, err, failed.Stderr)
		}
		return "", err
	}
	return strings.TrimSpace(string(out)), nil
}

func (s *setup) close() {
	for _, p := range []*process{s.bourse, s.bare, s.upstream} {
		p.stop()
	}
	os.RemoveAll(s.dir)
}

func (p *process) stop() {
	if p != nil && p.cmd.Process != nil {
		p.cmd.Process.Kill() // it may have ended by itself
		p.cmd.Wait()         // killed is what it was meant to be
	}
}

func run(address string, env []string, ready, name string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(name, args...), address: address}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = env, &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(startTime); time.Now().Before(end); <-tick.C {
		if answer, err := http.Get("http://" + address + ready); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return p, nil
			}
		}
	}
	return p, fmt.Errorf("%s is not ready after %s\n%s", name, startTime, p.tail())
}

func free(n int) ([]string, error) {
	var out []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		out = append(out, l.Addr().String())
	}
	return out, nil
}

//go:build ollama

// Package ollama calls a model server that nobody here wrote through the whole house. It takes
// minutes to build that server, so the test runs by make test-ollama alone.
package ollama

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"bourse/models"
	"bourse/test/harness"
)

const (
	buildTime = 40 * time.Minute
	stopTime  = 20 * time.Second
	pollEvery = 100 * time.Millisecond
	model     = "local/tiny-demo"
)

func TestOllama(t *testing.T) {
	address := serve(t)
	h := harness.Start(t, map[string]string{"OPENAI_COMPATIBLE_URLS": "ollama=http://" + address + "/v1"})
	p := h.Person("customer@example.com", models.NanoPerUSD)
	for _, stream := range []bool{false, true} {
		a := h.Chat(p.Key, harness.Ask(model, map[string]any{"stream": stream, "max_tokens": 40}))
		if a.Err != nil || a.Status != http.StatusOK {
			t.Fatalf("%d %s %v", a.Status, a.Body, a.Err)
		}
		last := string(a.Body)
		if stream {
			events := a.Events(t)
			if len(events) < 3 || events[len(events)-1] != "[DONE]" {
				t.Fatalf("the stream is not whole: %q", events)
			}
			last = events[len(events)-2]
		}
		var said struct {
			ID    string
			Usage struct {
				Prompt     int64 `json:"prompt_tokens"`
				Completion int64 `json:"completion_tokens"`
			}
		}
		if err := json.Unmarshal([]byte(last), &said); err != nil {
			t.Fatal(err)
		}
		if said.Usage.Prompt == 0 || said.Usage.Completion == 0 || said.Usage.Completion > 40 {
			t.Errorf("stream %v: %s", stream, last)
		}
		g, err := h.DB.GenerationByID(t.Context(), p.Account.ID, said.ID)
		if err != nil {
			t.Fatal(err)
		}
		if g.Usage.Source != models.UsageUpstream || g.Charge() != 0 {
			t.Errorf("counted by %v, charged %s", g.Usage.Source, g.Charge().USD())
		}
		t.Logf("%s", last)
	}
}

// serve builds and starts the server on a free port, and stops it when the test ends.
func serve(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	cmd := exec.Command("bash", "../../.ci/ollama", "serve")
	cmd.Env = append(os.Environ(), "OLLAMA_HOST="+address)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) // the group: the script and the server
		select {
		case <-ended:
		case <-time.After(stopTime):
			syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			<-ended
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), buildTime)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if lists(ctx, address) {
			return address
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("the model server ended: %v", err)
		case <-ctx.Done():
			t.Fatalf("no model server after %s", buildTime)
		case <-tick.C:
		}
	}
}

func lists(ctx context.Context, address string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/v1/models", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	var list struct{ Data []struct{ ID string } }
	return json.NewDecoder(resp.Body).Decode(&list) == nil && len(list.Data) > 0
}

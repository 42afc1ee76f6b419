//go:build ollama

// Package ollama calls a model server that nobody here wrote through the whole house. It takes
// minutes to build that server, so the test runs by make test-ollama alone.
package ollama

import (
	"bytes"
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
	served    = "tiny-demo:latest"
	model     = "local/tiny-demo"
	tokensMax = 40
)

func TestOllama(t *testing.T) {
	address := serve(t)
	h := harness.Start(t, map[string]string{"OPENAI_COMPATIBLE_URLS": "ollama=http://" + address + "/v1"})
	direct := ask(t, address)
	p := h.Person("customer@example.com", models.NanoPerUSD)
	for _, stream := range []bool{false, true} {
		a := h.Chat(p.Key, harness.Ask(model, map[string]any{"stream": stream, "max_tokens": tokensMax, "temperature": 0, "seed": 7}))
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
			Usage counts
		}
		if err := json.Unmarshal([]byte(last), &said); err != nil {
			t.Fatal(err)
		}
		if said.Usage != direct {
			t.Errorf("stream %v: we say %+v, the server itself says %+v", stream, said.Usage, direct)
		}
		g, err := h.DB.GenerationByID(t.Context(), p.Account.ID, said.ID)
		if err != nil {
			t.Fatal(err)
		}
		if kept := (counts{g.Usage.Input, g.Usage.Output}); kept != direct {
			t.Errorf("stream %v: the books say %+v, the server itself says %+v", stream, kept, direct)
		}
		if g.Usage.Source != models.UsageUpstream || g.Charge() != 0 {
			t.Errorf("counted by %v, charged %s", g.Usage.Source, g.Charge().USD())
		}
		t.Logf("%s", last)
	}
}

// counts is what the server counted.
type counts struct {
	Prompt     int64 `json:"prompt_tokens"`
	Completion int64 `json:"completion_tokens"`
}

// ask asks the server itself what we ask it through the house: at temperature 0 it counts the same.
func ask(t *testing.T, address string) counts {
	t.Helper()
	question, err := json.Marshal(harness.Ask(served, map[string]any{"max_tokens": tokensMax, "temperature": 0, "seed": 7}))
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/v1/chat/completions", bytes.NewReader(question))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct{ Usage counts }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if answer.Usage.Prompt == 0 || answer.Usage.Completion == 0 {
		t.Fatalf("the server itself answered %d and counted nothing", resp.StatusCode)
	}
	return answer.Usage
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

package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"bourse/models"
	"bourse/test/harness"
)

// mocked are the dialects of the mock, each with a model of a provider that speaks it and how that
// provider is led to the mock.
var mocked = []struct {
	dialect, model string
	env            map[string]string // %s is the mock's address
}{
	{"openai", tableModel, map[string]string{"NOVITA_API_KEY": "mock", "NOVITA_BASE_URL": "%s/v1"}},
	{"anthropic", "anthropic/claude-sonnet-4.5", map[string]string{"ANTHROPIC_API_KEY": "mock", "ANTHROPIC_BASE_URL": "%s/v1"}},
	{"gemini", "google/gemini-2.5-flash", map[string]string{"GOOGLE_API_KEY": "mock", "GOOGLE_BASE_URL": "%s/v1beta"}},
}

const mockTime = 20 * time.Second

// startMock starts the mock of providers that nobody here wrote.
func startMock(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	listener.Close()
	cmd := exec.CommandContext(t.Context(), "node", "node_modules/@copilotkit/aimock/dist/cli.js", "-p", port, "-f", "upstream/fixtures.json", "--strict", "--log-level", "warn")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() // it has nothing to lose
		cmd.Wait()
	})
	address := "http://127.0.0.1:" + port
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(mockTime); ; {
		if answer, err := http.Get(address + "/v1/models"); err == nil {
			answer.Body.Close()
			return address
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("the mock does not start: %s", said.String())
		}
	}
}

// chaos has the mock fail a share of all requests in one way; "" ends it.
func chaos(t *testing.T, mock, kind string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, mock+"/__aimock/chaos", nil)
	if kind != "" {
		req, err = http.NewRequestWithContext(t.Context(), http.MethodPost, mock+"/__aimock/chaos", strings.NewReader(`{"`+kind+`":1}`))
	}
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode >= http.StatusBadRequest {
		t.Fatalf("chaos %s: %d %s", kind, answer.StatusCode, text)
	}
}

type heard struct {
	text, thought, tool, finish string
	failed                      int
	prompt, completion          int64
}

// hear reads an answer, streamed or not.
func hear(t *testing.T, a harness.Answer, stream bool) heard {
	t.Helper()
	texts := []string{string(a.Body)}
	if stream && a.Status == http.StatusOK {
		texts = a.Events(t)
	}
	type said struct {
		Content, Reasoning string
		Tools              []struct {
			Function struct{ Arguments string }
		} `json:"tool_calls"`
	}
	var h heard
	for _, text := range texts {
		if text == "[DONE]" {
			continue
		}
		var r struct {
			Error   *struct{ Code int }
			Choices []struct {
				Message, Delta said
				Finish         string `json:"finish_reason"`
			}
			Usage *struct {
				Prompt     int64 `json:"prompt_tokens"`
				Completion int64 `json:"completion_tokens"`
			}
		}
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if r.Error != nil {
			h.failed = r.Error.Code
		}
		if r.Usage != nil {
			h.prompt, h.completion = r.Usage.Prompt, r.Usage.Completion
		}
		for _, c := range r.Choices {
			for _, s := range []said{c.Message, c.Delta} {
				h.text, h.thought = h.text+s.Content, h.thought+s.Reasoning
				for _, tool := range s.Tools {
					h.tool += tool.Function.Arguments
				}
			}
			if c.Finish != "" {
				h.finish = c.Finish
			}
		}
	}
	return h
}

// TestMockedProviders asks a mock of each dialect, plain and streamed, and has it fail in its ways.
func TestMockedProviders(t *testing.T) {
	mock := startMock(t)
	env := map[string]string{}
	for _, m := range mocked {
		for name, value := range m.env {
			env[name] = strings.Replace(value, "%s", mock, 1)
		}
	}
	h := harness.Start(t, env)
	p := h.Person("mock@example.com", 100*models.NanoPerUSD)
	tools := []any{map[string]any{"type": "function", "function": map[string]any{"name": "get_weather", "parameters": map[string]any{"type": "object"}}}}
	for _, m := range mocked {
		for _, stream := range []bool{false, true} {
			ask := func(text string, more map[string]any) (harness.Answer, heard, models.Amount) {
				t.Helper()
				body := map[string]any{"model": m.model, "max_tokens": 2000, "stream": stream, "messages": []any{map[string]any{"role": "user", "content": text}}}
				for name, value := range more {
					body[name] = value
				}
				before := h.Available(p)
				a := h.Chat(p.Key, body)
				return a, hear(t, a, stream), before - h.Available(p)
			}
			t.Run(fmt.Sprintf("%s, stream %v", m.dialect, stream), func(t *testing.T) {
				a, s, cost := ask("Say it.", nil)
				if a.Status != http.StatusOK || s.text != "The market is open today." || s.finish != "stop" || cost <= 0 || s.completion <= 0 {
					t.Errorf("%d %+v, cost %s: %s", a.Status, s, cost.USD(), a.Body)
				}
				a, s, cost = ask("USE A TOOL", map[string]any{"tools": tools})
				if a.Status != http.StatusOK || strings.ReplaceAll(s.tool, " ", "") != `{"city":"Paris"}` || s.finish != "tool_calls" || cost <= 0 {
					t.Errorf("%d %+v, cost %s: %s", a.Status, s, cost.USD(), a.Body)
				}
				a, s, _ = ask("THINK", nil)
				if a.Status != http.StatusOK || s.text != "The market is open today." || m.dialect != "openai" && s.thought != "It is Wednesday." {
					t.Errorf("%d %+v: %s", a.Status, s, a.Body)
				}
				if a, s, cost = ask("FALL OVER", nil); a.Status != http.StatusBadGateway || s.failed != http.StatusBadGateway || cost != 0 {
					t.Errorf("%d %+v, cost %s: %s", a.Status, s, cost.USD(), a.Body)
				}
				if stream {
					if a, s, cost = ask("BREAK OFF", nil); a.Status != http.StatusOK || s.failed == 0 || s.text == "" || cost != 0 {
						t.Errorf("%d %+v, cost %s: %s", a.Status, s, cost.USD(), a.Body)
					}
				}
				for kind, status := range map[string]int{"malformedRate": http.StatusBadGateway, "disconnectRate": http.StatusBadGateway, "dropRate": http.StatusBadGateway} {
					chaos(t, mock, kind)
					if a, _, cost = ask("Say it.", nil); a.Status != status || cost != 0 {
						t.Errorf("%s: %d, cost %s: %s", kind, a.Status, cost.USD(), a.Body)
					}
					chaos(t, mock, "")
				}
				if a, _, cost = ask("TOO MANY", nil); a.Status != http.StatusTooManyRequests || a.Header.Get("Retry-After") != "7" || cost != 0 {
					t.Errorf("%d, wait %q, cost %s: %s", a.Status, a.Header.Get("Retry-After"), cost.USD(), a.Body)
				}
			})
		}
	}
}

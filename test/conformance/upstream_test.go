package conformance

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"bourse/models"
	"bourse/test/harness"
)

const (
	mockScript    = "node_modules/@copilotkit/aimock/dist/cli.js"
	mockStartTime = 20 * time.Second
)

// mockAnswers are what the mock says to which question, in whatever dialect it is asked.
const mockAnswers = `{"fixtures":[
	{"match":{"userMessage":"tool"},"response":{"toolCalls":[{"name":"weather","arguments":"{\"city\":\"Lisbon\"}"}]}},
	{"match":{"userMessage":"overload"},"response":{"error":{"message":"Overloaded","type":"overloaded_error"},"status":529}},
	{"match":{"userMessage":"limit"},"response":{"error":{"message":"Rate limited","type":"rate_limit_error"},"status":429,"retryAfter":7}},
	{"match":{"userMessage":"broken"},"response":{"error":{"message":"Internal error","type":"api_error"},"status":500}},
	{"match":{"userMessage":"cut"},"response":{"content":"One two three four five six seven eight nine ten."},"chunkSize":5,"truncateAfterChunks":3},
	{"match":{"userMessage":"think"},"response":{"content":"It is 391.","reasoning":"17 times 23."}},
	{"match":{"userMessage":"hello"},"response":{"content":"Hello there, \"traveller\".","usage":{"prompt_tokens":11,"completion_tokens":5,"total_tokens":16}}}]}`

// startMock runs the mock upstream, which nobody here wrote, on a port of its own.
func startMock(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat(mockScript); err != nil {
		t.Fatal("the mock upstream is not installed: run .ci/setup")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(address)
	file := filepath.Join(t.TempDir(), "answers.json")
	if err := os.WriteFile(file, []byte(mockAnswers), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "node", mockScript, "-p", port, "-f", file, "--log-level", "warn")
	output, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // it was killed
	})
	go func() {
		for lines := bufio.NewScanner(output); lines.Scan(); {
			t.Log(lines.Text())
		}
	}()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(mockStartTime); ; {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return "http://" + address
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("the mock upstream does not start")
		}
	}
}

// dialects are the ways in which the mock is asked: the provider that speaks one, and a model of it.
var dialects = []struct{ name, provider, model string }{
	{"openai", "openai", "openai/gpt-4o"}, {"azure", "azure", "openai/gpt-4o"},
	{"openai responses", "openai", "openai/gpt-5.2-codex"}, {"azure responses", "azure", "openai/gpt-5.2-codex"},
	{"anthropic", "anthropic", "anthropic/claude-sonnet-4.5"}, {"gemini", "google-ai-studio", "google/gemini-2.5-flash"},
	{"bedrock converse", "amazon-bedrock", "amazon/nova-lite-v1"}, {"bedrock claude", "amazon-bedrock", "anthropic/claude-haiku-4.5"},
	{"cohere", "cohere", "cohere/command-a"},
}

// TestUpstreams asks a mock of every dialect for text, tools, thinking and its faults, plain and
// streamed.
func TestUpstreams(t *testing.T) {
	mock := startMock(t)
	h := harness.Start(t, map[string]string{"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": mock + "/v1", "ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": mock + "/v1",
		"GEMINI_API_KEY": "k", "GEMINI_BASE_URL": mock + "/v1beta", "AWS_BEARER_TOKEN_BEDROCK": "k", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": mock,
		"COHERE_API_KEY": "k", "COHERE_BASE_URL": mock + "/v2", "AZURE_API_KEY": "k", "AZURE_BASE_URL": mock + "/openai/v1", "AZURE_API_VERSION": "2024-10-21"})
	customer := h.Person("customer@example.com", 10*models.NanoPerUSD)
	for _, d := range dialects {
		for _, stream := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, stream %v", d.name, stream), func(t *testing.T) {
				ask := func(question string, more map[string]any) harness.Answer {
					body := harness.Ask(d.model, map[string]any{"stream": stream, "max_tokens": 3000, "provider": map[string]any{"only": []string{d.provider}},
						"messages": []any{map[string]any{"role": "user", "content": question}}})
					for name, value := range more {
						body[name] = value
					}
					return h.Chat(customer.Key, body)
				}
				// At the end of this one stream the mock says that nothing was written.
				counts := d.name != "bedrock claude" || !stream
				// In this one dialect it thinks aloud, as a part of the text.
				aloud := ""
				if d.name == "cohere" {
					aloud = "17 times 23."
				}
				upstreamOf(t, ask, stream, counts, aloud)
			})
		}
	}
}

type said struct {
	text, reasoning, tool, finish string
	prompt, completion            int64
	failure                       int
}

func upstreamOf(t *testing.T, ask func(string, map[string]any) harness.Answer, stream, counts bool, aloud string) {
	hello := hear(t, ask("hello", nil), stream)
	if hello.text != `Hello there, "traveller".` || hello.finish != "stop" || hello.prompt != 11 || counts && hello.completion != 5 {
		t.Errorf("hello: %+v", hello)
	}
	if s := hear(t, ask("tool", map[string]any{"tools": []any{map[string]any{"type": "function", "function": map[string]any{"name": "weather", "parameters": map[string]any{"type": "object", "properties": map[string]any{}}}}}}), stream); s.tool != `weather{"city":"Lisbon"}` || s.finish != "tool_calls" {
		t.Errorf("tool: %+v", s)
	}
	if s := hear(t, ask("think", nil), stream); s.text != aloud+"It is 391." || s.reasoning != "" && s.reasoning != "17 times 23." || s.finish != "stop" {
		t.Errorf("think: %+v", s)
	}
	for question, status := range map[string]int{"overload": 503, "limit": 429, "broken": 502} {
		if a := ask(question, nil); a.Status != status {
			t.Errorf("%s: %d %s", question, a.Status, a.Body)
		}
	}
	if stream {
		if s := hear(t, ask("cut", nil), stream); s.failure != http.StatusBadGateway {
			t.Errorf("cut: %+v", s)
		}
	}
}

func hear(t *testing.T, a harness.Answer, stream bool) said {
	t.Helper()
	texts := []string{string(a.Body)}
	if stream && a.Status == http.StatusOK {
		texts = a.Events(t)
	}
	var got said
	for _, text := range texts {
		if text == "[DONE]" {
			continue
		}
		type part struct {
			Content, Reasoning string
			Calls              []struct {
				Function struct{ Name, Arguments string }
			} `json:"tool_calls"`
		}
		var r struct {
			Choices []struct {
				Delta, Message part
				Finish         string `json:"finish_reason"`
			}
			Usage *struct {
				Prompt     int64 `json:"prompt_tokens"`
				Completion int64 `json:"completion_tokens"`
			}
			Error *struct{ Code int }
		}
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		for _, c := range r.Choices {
			for _, p := range []part{c.Delta, c.Message} {
				got.text, got.reasoning = got.text+p.Content, got.reasoning+p.Reasoning
				for _, call := range p.Calls {
					got.tool += call.Function.Name + call.Function.Arguments
				}
			}
			if c.Finish != "" {
				got.finish = c.Finish
			}
		}
		if r.Usage != nil {
			got.prompt, got.completion = r.Usage.Prompt, r.Usage.Completion
		}
		if r.Error != nil {
			got.failure = r.Error.Code
		}
	}
	return got
}

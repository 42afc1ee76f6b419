package harness

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	callTime       = 90 * time.Second
	answerBytesMax = 16 << 20
)

// Answer is what the API answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	Err    error // the connection broke before or within the answer
}

// JSON reads the body into v.
func (a Answer) JSON(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(a.Body, v); err != nil {
		t.Fatalf("the answer is not the JSON we expect: %v\n%s", err, a.Body)
	}
}

// Failure is the error envelope.
type Failure struct {
	Code     int            `json:"code"`
	Message  string         `json:"message"`
	Metadata map[string]any `json:"metadata"`
}

// Failure is the error in the answer; the test fails when there is none.
func (a Answer) Failure(t testing.TB) Failure {
	t.Helper()
	var envelope struct {
		Error *Failure `json:"error"`
	}
	a.JSON(t, &envelope)
	if envelope.Error == nil {
		t.Fatalf("status %d without an error: %s", a.Status, a.Body)
	}
	return *envelope.Error
}

// Do sends one request with the key, or without one when it is empty, and reads the whole answer.
// A body that is a string or bytes goes as it is, any other as JSON.
func (h *House) Do(method, path, key string, body any) Answer {
	var payload io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		payload = strings.NewReader(b)
	case []byte:
		payload = bytes.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return Answer{Err: err}
		}
		payload = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, h.URL+path, payload)
	if err != nil {
		return Answer{Err: err}
	}
	if payload != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	answer, err := (&http.Client{Timeout: callTime}).Do(req)
	if err != nil {
		return Answer{Err: err}
	}
	defer answer.Body.Close()
	a := Answer{Status: answer.StatusCode, Header: answer.Header}
	a.Body, a.Err = io.ReadAll(io.LimitReader(answer.Body, answerBytesMax))
	return a
}

// Chat sends a chat completion.
func (h *House) Chat(key string, body any) Answer {
	return h.Do(http.MethodPost, "/api/v1/chat/completions", key, body)
}

// Ask is the body of a chat completion of one sentence.
func Ask(model string, more map[string]any) map[string]any {
	body := map[string]any{"model": model, "messages": []any{map[string]any{"role": "user", "content": "Say something short."}}}
	for name, value := range more {
		body[name] = value
	}
	return body
}

// Events are the data of the server-sent events of an answer, comments left out.
func (a Answer) Events(t testing.TB) []string {
	t.Helper()
	var list []string
	lines := bufio.NewScanner(bytes.NewReader(a.Body))
	lines.Buffer(nil, answerBytesMax)
	for lines.Scan() {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			list = append(list, data)
		}
	}
	if err := errors.Join(lines.Err(), a.Err); err != nil {
		t.Fatal(err)
	}
	return list
}

// Balance is what GET /balance says of a key, in US dollars as printed.
type Balance struct {
	Available    json.Number  `json:"available"`
	Held         json.Number  `json:"held"`
	KeyRemaining *json.Number `json:"key_remaining"`
	Effective    json.Number  `json:"effective"`
}

// Balance asks what a key can spend.
func (h *House) Balance(t testing.TB, key string) Balance {
	t.Helper()
	a := h.Do(http.MethodGet, "/api/v1/balance", key, nil)
	if a.Status != http.StatusOK {
		t.Fatalf("balance: %d %s %v", a.Status, a.Body, a.Err)
	}
	var b struct {
		Data Balance `json:"data"`
	}
	a.JSON(t, &b)
	return b.Data
}

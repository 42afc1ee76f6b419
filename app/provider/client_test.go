package provider_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bourse/app/provider"
	"bourse/app/wire"
	"bourse/models"
)

func target(url string, q models.Quirks) provider.Target {
	return provider.Target{Provider: &models.Provider{Slug: "p", Name: "Acme", Quirks: q}, BaseURL: url, APIKey: "sk-secret", Model: "m"}
}

// upstream is a real server that answers once and in one way.
func upstream(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return s.URL
}

func says(status int, contentType, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func client(t *testing.T) *provider.Client {
	t.Helper()
	c := provider.NewClient()
	t.Cleanup(c.Close)
	return c
}

func TestOpenPlain(t *testing.T) {
	var seen *http.Request
	var sent []byte
	url := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		seen = r
		sent, _ = io.ReadAll(r.Body)
		says(200, "application/json; charset=utf-8", "\n\n  {\"choices\":[]}", "X-Thing", "1")(w, r)
	})
	a, f := client(t).Open(t.Context(), target(url+"/v1", models.Quirks{}), []byte(`{"a":1}`), false)
	if f != nil {
		t.Fatal(f)
	}
	defer a.Close()
	body, f := a.ReadAll([]byte("before "))
	if f != nil || string(body) != `before {"choices":[]}` || a.Streaming || a.Header.Get("X-Thing") != "1" {
		t.Errorf("%q %v %+v", body, f, a)
	}
	if seen.URL.Path != "/v1/chat/completions" || seen.Method != "POST" || string(sent) != `{"a":1}` || seen.ContentLength != 7 {
		t.Errorf("sent %s %s %q", seen.Method, seen.URL, sent)
	}
	h := seen.Header
	if h.Get("Authorization") != "Bearer sk-secret" || h.Get("Content-Type") != "application/json" || h.Get("Accept-Encoding") != "" || len(h["X-Idempotency-Key"]) != 0 {
		t.Errorf("headers %v", h)
	}
}

func TestOpenWithAnotherKeyHeader(t *testing.T) {
	var h http.Header
	url := upstream(t, func(w http.ResponseWriter, r *http.Request) { h = r.Header; says(200, "application/json", "{}")(w, r) })
	a, f := client(t).Open(t.Context(), target(url, models.Quirks{AuthHeader: "api-key"}), nil, false)
	if f != nil {
		t.Fatal(f)
	}
	a.Close()
	if h.Get("Api-Key") != "sk-secret" || h.Get("Authorization") != "" {
		t.Errorf("headers %v", h)
	}
}

func TestOpenStream(t *testing.T) {
	for _, c := range []struct {
		kind      string
		ask, want bool
	}{
		{"text/event-stream", true, true}, {"text/event-stream; charset=utf-8", false, true},
		{"application/json", true, false}, {"text/plain", true, true}, {"text/plain", false, false},
	} {
		a, f := client(t).Open(t.Context(), target(upstream(t, says(200, c.kind, "data: {}\n\n")), models.Quirks{}), nil, c.ask)
		if f != nil || a.Streaming != c.want {
			t.Errorf("%+v: %v %v", c, a, f)
			continue
		}
		a.Close()
	}
}

func TestClassification(t *testing.T) {
	const hour = time.Hour
	for _, c := range []struct {
		name   string
		status int
		body   string
		header []string
		want   provider.Failure
	}{
		{"overloaded", 503, `{"error":{"message":"The engine is currently overloaded","type":"server_error"}}`, nil,
			provider.Failure{Status: 503, Type: wire.TypeOverloaded, Next: provider.NextAny, Health: true, RetryAfter: 5 * time.Second}},
		{"anthropic's overload", 529, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, nil,
			provider.Failure{Status: 503, Type: wire.TypeOverloaded, Next: provider.NextAny, Health: true, RetryAfter: 5 * time.Second}},
		{"down", 500, `<html>oops</html>`, nil, provider.Failure{Status: 502, Type: wire.TypeUnavailable, Next: provider.NextAny, Health: true}},
		{"its edge", 524, ``, nil, provider.Failure{Status: 502, Type: wire.TypeUnavailable, Next: provider.NextAny, Health: true}},
		{"slow", 408, `{}`, nil, provider.Failure{Status: 504, Type: wire.TypeTimeout, Next: provider.NextAny, Health: true}},
		{"429 in seconds", 429, `{"error":{"message":"slow down","code":"rate_limit_exceeded"}}`, []string{"Retry-After", "7"},
			provider.Failure{Status: 429, Type: wire.TypeRateLimit, Next: provider.NextAny, RetryAfter: 7 * time.Second}},
		{"429 in milliseconds", 429, `{}`, []string{"Retry-After-Ms", "2500", "Retry-After", "9"},
			provider.Failure{Status: 429, Type: wire.TypeRateLimit, Next: provider.NextAny, RetryAfter: 2500 * time.Millisecond}},
		{"429 by its bucket", 429, `{}`, []string{"X-Ratelimit-Remaining-Requests", "10", "X-Ratelimit-Reset-Requests", "50s", "X-Ratelimit-Remaining-Tokens", "0", "X-Ratelimit-Reset-Tokens", "12.5s"},
			provider.Failure{Status: 429, Type: wire.TypeRateLimit, Next: provider.NextAny, RetryAfter: 12500 * time.Millisecond}},
		{"429 of google", 429, `[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"q","details":[{"@type":"x/RetryInfo","retryDelay":"38.5s"}]}}]`, nil,
			provider.Failure{Status: 429, Type: wire.TypeRateLimit, Next: provider.NextAny, RetryAfter: 38500 * time.Millisecond}},
		{"429 for long", 429, `{}`, []string{"Retry-After", "7200"},
			provider.Failure{Status: 429, Type: wire.TypeRateLimit, Next: provider.NextAny, RetryAfter: time.Minute, Down: 2 * hour}},
		{"429 of the day", 429, `{"error":{"message":"Limit of 50 requests per day reached"}}`, nil,
			provider.Failure{Status: 429, Type: wire.TypeRateLimit, Next: provider.NextAny, RetryAfter: 5 * time.Second, Down: hour}},
		{"429 without money", 429, `{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}`, nil,
			provider.Failure{Status: 502, Type: wire.TypeUnavailable, Next: provider.NextAny, Health: true, BadKey: true}},
		{"bad key", 401, `{"error":{"message":"Incorrect API key provided: sk-secret"}}`, nil,
			provider.Failure{Status: 502, Type: wire.TypeUnavailable, Next: provider.NextAny, Health: true, BadKey: true}},
		{"no money", 402, `{"error":{"message":"Insufficient Balance"}}`, nil,
			provider.Failure{Status: 502, Type: wire.TypeUnavailable, Next: provider.NextAny, Health: true, BadKey: true}},
		{"wrong country", 403, `{"error":{"code":"unsupported_country_region_territory","message":"Country, region, or territory not supported"}}`, nil,
			provider.Failure{Status: 502, Type: wire.TypeUnavailable, Next: provider.NextAny}},
		{"no such model", 404, `{"error":{"message":"The model does not exist"}}`, nil,
			provider.Failure{Status: 404, Type: wire.TypeNotFound, Next: provider.NextAny, Health: true, Down: 5 * time.Minute}},
		{"too long", 400, `{"error":{"message":"This model's maximum context length is 8192 tokens","code":"context_length_exceeded"}}`, nil,
			provider.Failure{Status: 400, Type: wire.TypeContextLength, Next: provider.NextLarger}},
		{"wrong parameter", 400, `{"error":{"message":"Unsupported parameter: 'top_k'","type":"invalid_request_error","code":"unsupported_parameter"}}`, nil,
			provider.Failure{Status: 400, Type: wire.TypeInvalidRequest, Next: provider.NextOnce}},
		{"mistral's refusal", 422, `{"detail":[{"loc":["body","x"],"msg":"Extra inputs are not permitted"}]}`, nil,
			provider.Failure{Status: 400, Type: wire.TypeInvalidRequest, Next: provider.NextOnce}},
		{"policy", 400, `{"error":{"message":"The response was filtered","code":"content_filter"}}`, nil,
			provider.Failure{Status: 400, Type: wire.TypeContentPolicy, Next: provider.NextOtherModel}},
		{"large", 413, `{"message":"too large"}`, nil,
			provider.Failure{Status: 413, Type: wire.TypePayloadTooLarge, Next: provider.NextLarger}},
		{"moved", 307, ``, []string{"Location", "http://127.0.0.1:1/"}, provider.Failure{Status: 502, Type: wire.TypeUnavailable, Next: provider.NextAny, Health: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, f := client(t).Open(t.Context(), target(upstream(t, says(c.status, "application/json", c.body, c.header...)), models.Quirks{}), []byte("{}"), false)
			if f == nil {
				t.Fatal("no failure")
			}
			if f.Status != c.want.Status || f.Type != c.want.Type || f.Next != c.want.Next || f.Health != c.want.Health ||
				f.RetryAfter != c.want.RetryAfter || f.Down != c.want.Down || f.BadKey != c.want.BadKey || f.Upstream != c.status || f.Provider != "Acme" {
				t.Errorf("%+v", f)
			}
			e := f.Wire()
			if e.Status != f.Status || e.Metadata["provider_name"] != "Acme" {
				t.Errorf("%+v", e)
			}
			if shown := string(e.Append(nil, "")); strings.Contains(shown, "sk-secret") || strings.Contains(strings.ToLower(shown), "balance") {
				t.Errorf("the operator's trouble is shown: %s", shown)
			}
		})
	}
}

func TestRefusalsAreQuoted(t *testing.T) {
	_, f := client(t).Open(t.Context(), target(upstream(t, says(400, "application/json", `{"error":{"message":"top_k is unknown","code":"bad"}}`)), models.Quirks{}), nil, false)
	e := f.Wire()
	if e.Message != "Acme refused the request: top_k is unknown" || e.Metadata["provider_code"] != "bad" || !strings.Contains(e.Metadata["raw"].(string), "top_k") {
		t.Errorf("%+v", e)
	}
}

func TestFromBody(t *testing.T) {
	p := &models.Provider{Name: "Acme"}
	for raw, want := range map[string]int{
		`{"message":"x","code":429}`:                       429,
		`{"message":"x","code":"rate_limit_exceeded"}`:     429,
		`{"message":"x","type":"overloaded_error"}`:        503,
		`{"message":"x","code":"context_length_exceeded"}`: 400,
		`{"status_code":1002,"status_msg":"rate limit"}`:   429,
		`{"status_code":1008,"status_msg":"no balance"}`:   502,
		`{"status_code":1026,"status_msg":"sensitive"}`:    400,
		`"something"`:                    502,
		`{"error":{"code":401}}`:         502,
		`{"code":502,"message":"gone"}`:  502,
		`not JSON`:                       502,
		`{"object":"error","message":1}`: 502,
	} {
		f := provider.FromBody(p, []byte(raw))
		if f.Status != want || f.Upstream != 200 {
			t.Errorf("%s: %+v", raw, f)
		}
	}
}

func TestGarbageAnswers(t *testing.T) {
	for name, body := range map[string]string{"HTML": "<html>", "nothing": "", "an array": "[]", "events": "data: {}\n\n"} {
		a, f := client(t).Open(t.Context(), target(upstream(t, says(200, "application/json", body)), models.Quirks{}), nil, false)
		if f != nil {
			t.Fatal(f)
		}
		if _, f = a.ReadAll(nil); f == nil || f.Status != 502 || f.Next != provider.NextAny || !f.Health {
			t.Errorf("%s: %+v", name, f)
		}
		a.Close()
	}
}

func TestStreamWhereAnObjectWasAskedFor(t *testing.T) {
	const stream = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
	a, f := client(t).Open(t.Context(), target(upstream(t, says(200, "text/event-stream", stream)), models.Quirks{}), nil, false)
	if f != nil {
		t.Fatal(f)
	}
	defer a.Close()
	body, f := a.ReadAll([]byte("x"))
	if f != nil || string(body) != `x{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop","native_finish_reason":"stop"}]}` {
		t.Errorf("%s %v", body, f)
	}
}

func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	for _, base := range []string{"http://" + address, "ftp://x", "://", ""} {
		_, f := client(t).Open(t.Context(), target(base, models.Quirks{}), nil, false)
		if f == nil || f.Status != 502 || f.Next != provider.NextAny || f.Upstream != 0 {
			t.Errorf("%q: %+v", base, f)
		}
	}
}

func TestCutAnswers(t *testing.T) {
	url := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"half":`)
	})
	a, f := client(t).Open(t.Context(), target(url, models.Quirks{}), nil, false)
	if f != nil {
		t.Fatal(f)
	}
	if _, f = a.ReadAll(nil); f == nil || f.Type != wire.TypeUnavailable {
		t.Errorf("%+v", f)
	}
	a.Close()
}

func TestTimeLimits(t *testing.T) {
	release := make(chan struct{})
	url := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, f := client(t).Open(ctx, target(url, models.Quirks{}), nil, false); f == nil || f.Status != 504 || f.Canceled || !f.Health {
		t.Errorf("a deadline: %+v", f)
	}
	for cause, want := range map[error]bool{provider.ErrTooSlow: false, errors.New("client gone"): true} {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(20*time.Millisecond, func() { cancel(cause) })
		if _, f := client(t).Open(ctx, target(url, models.Quirks{}), nil, false); f == nil || f.Canceled != want || f.Health == want {
			t.Errorf("%s: %+v", cause, f)
		}
		cancel(nil)
	}
}

// TestStaleConnection: a connection of the pool that dies before any byte of the answer costs a
// second try, not a failure; a fresh one that dies does not.
func TestStaleConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var calls, conns atomic.Int32
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				first := conns.Add(1) == 1
				buf := make([]byte, 4096)
				for n := 0; ; n++ {
					if _, err := conn.Read(buf); err != nil {
						return
					}
					calls.Add(1)
					if first && n == 1 || conns.Load() == 3 {
						conn.Close() // in the middle of a request
						return
					}
					_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
				}
			}()
		}
	}()
	c := client(t)
	call := func() *provider.Failure {
		a, f := c.Open(t.Context(), target("http://"+l.Addr().String(), models.Quirks{}), []byte(`{"x":1}`), false)
		if f == nil {
			_, f = a.ReadAll(nil)
			a.Close()
		}
		return f
	}
	for range 2 {
		if f := call(); f != nil {
			t.Fatalf("%v", f)
		}
	}
	if calls.Load() != 3 || conns.Load() != 2 {
		t.Errorf("%d requests over %d connections", calls.Load(), conns.Load())
	}
	c.Close()
	if f := call(); f == nil {
		t.Error("a fresh connection that dies was tried again")
	}
}

// TestConnectionsAreReused: reading to the end and closing gives the connection back.
func TestConnectionsAreReused(t *testing.T) {
	var conns atomic.Int32
	s := httptest.NewUnstartedServer(says(200, "text/event-stream", "data: {}\n\ndata: [DONE]\n\n"))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			conns.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	c := client(t)
	for range 5 {
		a, f := c.Open(t.Context(), target(s.URL, models.Quirks{}), []byte("{}"), true)
		if f != nil {
			t.Fatal(f)
		}
		er := wire.NewEventReader(a)
		for kind := wire.EventData; kind != wire.EventDone; {
			if kind, _, _ = er.Next(); kind == wire.EventBare {
				t.Fatal("bare")
			}
		}
		a.Close()
	}
	if conns.Load() != 1 {
		t.Errorf("%d connections for 5 calls", conns.Load())
	}
}

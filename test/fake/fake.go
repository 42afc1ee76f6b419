// Package fake is an upstream that does what a test tells it to: a real HTTP server in the OpenAI
// dialect, and in Anthropic's or Gemini's where a behaviour speaks it, with every way to fail that providers have.
package fake

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

const bodyBytesMax = 40 << 20

// Upstream is one fake provider.
type Upstream struct {
	// URL is the base URL to configure; it ends in /v1.
	URL string
	// Key is the bearer token that it demands.
	Key string

	server *httptest.Server
	models []string

	mu     sync.Mutex
	script []Behaviour
	usual  Behaviour
	seen   []Request
	listed string // what GET /models answers, "" for the names alone
}

// Request is one request that arrived.
type Request struct {
	Path   string
	Header http.Header
	Body   []byte

	Model         string `json:"model"`
	Stream        bool   `json:"stream"`
	MaxTokens     *int   `json:"max_tokens"`
	StreamOptions *struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
}

// Behaviour answers one request.
type Behaviour func(w http.ResponseWriter, r *http.Request, q Request)

// New starts an upstream that lists the models and answers every request with a short text.
func New(t testing.TB, models ...string) *Upstream {
	t.Helper()
	u := &Upstream{Key: "fake-key", models: models, usual: Answer("A short answer.", Usage{Prompt: 10, Completion: 4})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/models", u.list)
	mux.HandleFunc("POST /v1/chat/completions", u.chat)
	mux.HandleFunc("POST /v1/embeddings", u.chat) // with a behaviour that has vectors
	mux.HandleFunc("POST /v1/messages", u.chat)   // with a behaviour that speaks that dialect
	mux.HandleFunc("POST /v1/responses", u.chat)  // likewise
	mux.HandleFunc("POST /v1/chat", u.chat)       // Cohere's, and its vectors
	mux.HandleFunc("POST /v1/embed", u.chat)
	mux.HandleFunc("POST /v1/model/{id}/invoke", u.chat) // of a model at Bedrock
	mux.HandleFunc("POST /v1/models/{method}", u.chat)   // Gemini's, likewise
	u.server = httptest.NewServer(mux)
	u.URL = u.server.URL + "/v1"
	t.Cleanup(u.Kill)
	return u
}

// Then answers the next requests as told, one each, before the usual behaviour.
func (u *Upstream) Then(script ...Behaviour) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.script = append(u.script, script...)
}

// Always answers every request for which nothing else was told.
func (u *Upstream) Always(b Behaviour) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.usual = b
}

// Seen are the requests that arrived so far.
func (u *Upstream) Seen() []Request {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.seen)
}

// Kill cuts every connection and listens no more, as a machine that lost its power.
func (u *Upstream) Kill() {
	u.server.CloseClientConnections()
	u.server.Listener.Close()
	u.server.Config.Close() // a second close of the listener, whose error says just that
}

// Lists answers GET /models with the text.
func (u *Upstream) Lists(text string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.listed = text
}

func (u *Upstream) list(w http.ResponseWriter, _ *http.Request) {
	u.mu.Lock()
	listed := u.listed
	u.mu.Unlock()
	if listed != "" {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, listed) // a client that is gone needs no answer
		return
	}
	data := make([]map[string]any, 0, len(u.models))
	for _, id := range u.models {
		data = append(data, map[string]any{"id": id, "object": "model", "created": 0, "owned_by": "fake"})
	}
	writeJSON(w, http.StatusOK, map[string]any{"object": "list", "data": data})
}

func (u *Upstream) chat(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, bodyBytesMax))
	if err != nil {
		return // the client is gone
	}
	q := Request{Path: r.URL.Path, Header: r.Header.Clone(), Body: body}
	if err := json.Unmarshal(body, &q); err != nil {
		writeJSON(w, http.StatusBadRequest, errorBody("The body is not JSON."))
		return
	}
	u.mu.Lock()
	u.seen = append(u.seen, q)
	does := u.usual
	if len(u.script) > 0 {
		does, u.script = u.script[0], u.script[1:]
	}
	u.mu.Unlock()
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if token == "" {
		token = r.Header.Get("X-Api-Key") + r.Header.Get("X-Goog-Api-Key") + r.Header.Get("Api-Key")
	}
	if token != u.Key && u.Key != "" {
		writeJSON(w, http.StatusUnauthorized, errorBody("Incorrect API key provided."))
		return
	}
	does(w, r, q)
}

func errorBody(message string) map[string]any {
	return map[string]any{"error": map[string]any{"message": message, "type": "invalid_request_error", "param": nil, "code": nil}}
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value) // a client that is gone needs no answer
}

// Package demo is a small upstream that is always there: a real HTTP server on the loopback
// interface that speaks the OpenAI dialect, counts its tokens exactly and writes nonsense from
// the word order of its own documentation. It knows nothing of the house that calls it.
package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	headerTimeout = 5 * time.Second
	bodyTimeout   = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	headerBytes   = 64 << 10
	closeTimeout  = 2 * time.Second
	// runningMax bounds the requests answered at once.
	runningMax = 2_048
)

// Server is the running demo provider.
type Server struct {
	// URL is what clients use as base URL; it ends in /v1.
	URL string
	// Key is the bearer token of this process: nobody else on the machine can spend our time.
	Key string

	server *http.Server
	voices map[string]*voice
	cache  *prefixCache
	vocab  *vocabulary
	served chan struct{}

	running atomic.Int64
}

// Start learns the tables and listens on a free port of the loopback interface. The context
// bounds the start only; Close ends the server.
func Start(ctx context.Context) (*Server, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen on the loopback interface: %w", err)
	}
	s := newServer()
	s.URL = "http://" + listener.Addr().String() + "/v1"
	go func() {
		defer close(s.served)
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			listener.Close()
		}
	}()
	return s, nil
}

func newServer() *Server {
	text := paragraphs(corpus)
	vocab := learnVocabulary(text)
	s := &Server{
		Key:    "demo-" + rand.Text(),
		voices: make(map[string]*voice),
		cache:  newPrefixCache(),
		vocab:  vocab,
		served: make(chan struct{}),
	}
	table := learnTable(vocab, text)
	for _, m := range Models() {
		s.voices[m.ID] = &voice{Model: m, table: table, vocab: vocab, manner: manners[m.ID]}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/models", s.listModels)
	mux.HandleFunc("POST /v1/chat/completions", s.chat)
	mux.HandleFunc("POST /v1/embeddings", s.embed)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, &problem{status: http.StatusNotFound, kind: kindInvalid,
			message: fmt.Sprintf("Unknown request URL: %s %s", r.Method, r.URL.Path), code: "unknown_url"})
	})
	s.server = &http.Server{
		Handler:           s.guard(mux),
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerBytes,
	}
	return s
}

// Close lets running answers end for a moment, then cuts them.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	err := s.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.server.Close()
	}
	<-s.served
	return err
}

package proxy

import (
	"net/http"
	"time"

	"bourse/app/auth"
	"bourse/app/wire"
	"bourse/models"
)

// door is one address of inference. What comes in becomes a chat request; what goes out has the
// shape that the door's clients know. The steps in between, and the money, are the same for all.
type door struct {
	parse func(body []byte) (*wire.ChatRequest, *wire.Error)
	skin  func() wire.Skin // nil for the shape of chat completions
	quiet []byte           // keeps a stream alive that says nothing; nil for the usual comment
	embed bool             // vectors are wanted; then there is no parse
	who   *auth.Identity   // nil: the key says
}

// ChatCompletions serves POST /api/v1/chat/completions.
func (p *Proxy) ChatCompletions(w http.ResponseWriter, r *http.Request) {
	p.serve(w, r, door{parse: wire.ParseChat})
}

// ChatAs is ChatCompletions for somebody whom a session has told apart, and not a key. Everything
// after that is the same: the hold, the provider, the charge.
func (p *Proxy) ChatAs(w http.ResponseWriter, r *http.Request, who auth.Identity) {
	p.serve(w, r, door{parse: wire.ParseChat, who: &who})
}

// Messages serves POST /api/v1/messages, the API of Anthropic's clients.
func (p *Proxy) Messages(w http.ResponseWriter, r *http.Request) {
	p.serve(w, r, door{parse: wire.ParseMessages, skin: wire.NewMessagesSkin})
}

// Responses serves POST /api/v1/responses, the newer API of OpenAI's clients.
func (p *Proxy) Responses(w http.ResponseWriter, r *http.Request) {
	s := wire.NewResponsesSkin()
	p.serve(w, r, door{parse: s.Parse, skin: func() wire.Skin { return s }})
}

// Completions serves POST /api/v1/completions, the API before chats.
func (p *Proxy) Completions(w http.ResponseWriter, r *http.Request) {
	p.serve(w, r, door{parse: wire.ParseCompletion, skin: wire.NewCompletionSkin})
}

// serve takes one request in at a door.
func (p *Proxy) serve(w http.ResponseWriter, r *http.Request, d door) {
	c := p.enter(w, r, d)
	if c == nil {
		return
	}
	defer p.inFlight.Add(-1)
	if e := c.serve(); e != nil {
		c.refuse(e)
	}
}

// enter starts a call, or answers that there are too many; whoever got one counts inFlight down.
func (p *Proxy) enter(w http.ResponseWriter, r *http.Request, d door) *call {
	c := &call{p: p, w: w, r: r, parse: d.parse, known: d.who, requestID: models.NewID("req"), started: time.Now(), out: http.NewResponseController(w)}
	if c.quiet = keepAlive; d.quiet != nil {
		c.quiet = d.quiet
	}
	if d.skin != nil {
		c.skin = d.skin()
	}
	if d.embed {
		c.parse = c.readEmbedding
	}
	w.Header().Set("X-Request-Id", c.requestID)
	if p.inFlight.Add(1) > inFlightMax {
		p.inFlight.Add(-1)
		wire.WriteErrorAs(w, c.skin, wire.Unavailable("Too many requests are running here.", 2*time.Second), c.requestID)
		return nil
	}
	return c
}

// CountTokens serves POST /api/v1/messages/count_tokens: our estimate, which costs nothing.
func (p *Proxy) CountTokens(w http.ResponseWriter, r *http.Request) {
	p.count(w, r, door{parse: wire.ParseMessages, skin: wire.NewMessagesSkin}, wire.WriteTokenCount)
}

// The ends of a stream in the shape of the door.

func (c *call) appendEnd(dst []byte, rw *wire.Rewriter, u wire.UsageBlock) []byte {
	if c.skin != nil {
		return c.skin.End(dst, rw.Ending(u))
	}
	return append(rw.UsageEvent(dst, u), doneEvent...)
}

func (c *call) appendError(dst []byte, rw *wire.Rewriter, e *wire.Error) []byte {
	if c.skin != nil {
		return c.skin.Fail(dst, e)
	}
	return append(rw.ErrorEvent(dst, e), doneEvent...)
}

// appendChunk rewrites one chunk of a provider and gives it the shape of the door.
func (s *relayed) appendChunk(dst, data []byte) ([]byte, wire.ChunkInfo, error) {
	if s.c.skin == nil {
		return s.rw.Event(dst, data)
	}
	chunk, info, err := s.rw.Chunk(s.chunk[:0], data)
	s.chunk = chunk
	if err != nil || info.Dropped || info.Error != nil {
		return dst, info, err
	}
	return s.c.skin.Chunk(dst, chunk), info, nil
}

package proxy

import (
	"net/http"
	"strings"

	"bourse/app/wire"
	"bourse/models"
)

// blankLine keeps a stream of Gemini's API alive: its clients take comments for broken data.
var blankLine = []byte("\n\n")

// Genai serves POST /api/v1beta/models/{model}:{method}, the API of Gemini's clients.
func (p *Proxy) Genai(w http.ResponseWriter, r *http.Request) {
	call := strings.TrimPrefix(r.PathValue("call"), "models/")
	at := strings.LastIndexByte(call, ':') // ids may have one of their own
	model, method := call[:max(at, 0)], call[at+1:]
	s := wire.NewGenaiSkin(model, method == "streamGenerateContent")
	d := door{parse: s.Parse, skin: func() wire.Skin { return s }, quiet: blankLine}
	switch {
	case at > 0 && method == "generateContent":
	case at > 0 && method == "countTokens":
		p.count(w, r, d, wire.WriteGenaiCount)
		return
	case at > 0 && method == "streamGenerateContent" && r.URL.Query().Get("alt") == "sse":
	case at > 0 && method == "streamGenerateContent":
		wire.WriteErrorAs(w, s, wire.Invalid("alt", "A stream is sent as events only: add ?alt=sse to the address."), models.NewID("req"))
		return
	default:
		wire.WriteErrorAs(w, s, wire.NotFound("There is no such method. Models have generateContent, streamGenerateContent and countTokens."), models.NewID("req"))
		return
	}
	p.serve(w, r, d)
}

// count answers with our estimate of a request's tokens, which costs nothing.
func (p *Proxy) count(w http.ResponseWriter, r *http.Request, d door, write func(http.ResponseWriter, int64)) {
	c := p.enter(w, r, d)
	if c == nil {
		return
	}
	defer p.inFlight.Add(-1)
	if e := c.arrive(); e != nil {
		c.refuse(e)
		return
	}
	defer c.release()
	write(w, c.req.TokensEstimate)
}

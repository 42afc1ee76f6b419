package provider

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
	"net/url"
	"strings"

	"bourse/app/wire"
	"bourse/models"
)

// The dialects that providers are recorded with. Everything above this package speaks the first.
const (
	DialectOpenAI    = "openai"
	DialectAnthropic = "anthropic"
	DialectGemini    = "gemini"
	DialectVertex    = "vertex"  // a cloud: each maker's models in that maker's dialect
	DialectBedrock   = "bedrock" // another one, with frames of its own around them
	DialectCohere    = "cohere"
)

const (
	chatPath               = "/chat/completions"
	embeddingsPath         = "/embeddings"
	coherePath             = "/chat"
	anthropicPath          = "/messages"
	anthropicKeyHeader     = "X-Api-Key"
	anthropicVersionHeader = "Anthropic-Version"
	anthropicVersion       = "2023-06-01"
	geminiKeyHeader        = "X-Goog-Api-Key"
	vertexVersion          = "vertex-2023-10-16"
	bedrockVersion         = "bedrock-2023-05-31"
)

// dialect is how one kind of upstream is asked and understood. What it leaves out is as in the
// OpenAI dialect, which needs no translation.
type dialect struct {
	body      func(r *wire.ChatRequest, o wire.UpstreamOptions) ([]byte, *wire.Error)
	path      func(model string, stream bool) string
	embedPath string // "" is the usual one
	keyHeader string // "" is Authorization
	inlines   bool   // it follows no links
	head      func(h http.Header)
	stream    func(r io.Reader) io.Reader
	plain     func(dst, body []byte) ([]byte, error)
}

var (
	speakOpenAI = &dialect{path: func(string, bool) string { return chatPath }}

	speakAnthropic = &dialect{
		body: func(r *wire.ChatRequest, o wire.UpstreamOptions) ([]byte, *wire.Error) {
			return r.AppendAnthropic(nil, o)
		},
		path: func(string, bool) string { return anthropicPath }, keyHeader: anthropicKeyHeader,
		head:   func(h http.Header) { h[anthropicVersionHeader] = []string{anthropicVersion} },
		stream: wire.NewAnthropicStream, plain: wire.AppendAnthropicAnswer,
	}

	speakGemini = &dialect{
		body: gemini, inlines: true, keyHeader: geminiKeyHeader, stream: wire.NewGeminiStream, plain: wire.AppendGeminiAnswer,
		path:      func(model string, stream bool) string { return "/models/" + geminiPath(model, stream) },
		embedPath: "/openai" + embeddingsPath, // the same house has a door for them that needs no translation
	}

	speakVertexGemini = &dialect{
		body: gemini, inlines: true, stream: wire.NewGeminiStream, plain: wire.AppendGeminiAnswer,
		path: func(model string, stream bool) string {
			return "/publishers/google/models/" + geminiPath(model, stream)
		},
	}

	speakVertexClaude = &dialect{
		body: claude(vertexVersion, true), inlines: true, stream: wire.NewAnthropicStream, plain: wire.AppendAnthropicAnswer,
		path: func(model string, stream bool) string {
			method := ":rawPredict"
			if stream {
				method = ":streamRawPredict"
			}
			return "/publishers/anthropic/models/" + url.PathEscape(model) + method
		},
	}

	speakCohere = &dialect{
		body: func(r *wire.ChatRequest, o wire.UpstreamOptions) ([]byte, *wire.Error) {
			return r.AppendCohere(nil, o)
		},
		path:   func(string, bool) string { return coherePath },
		stream: wire.NewCohereStream, plain: wire.AppendCohereAnswer,
	}

	speakVertexOpen = &dialect{path: func(string, bool) string { return "/endpoints/openapi" + chatPath }}
)

// dialectOf chooses how to speak to a provider about a model.
func dialectOf(p *models.Provider, model string) *dialect {
	switch p.Dialect {
	case DialectAnthropic:
		return speakAnthropic
	case DialectGemini:
		return speakGemini
	case DialectCohere:
		return speakCohere
	case DialectVertex:
		switch {
		case strings.HasPrefix(model, "claude"):
			return speakVertexClaude
		case strings.Contains(model, "/"): // open models, named maker/model
			return speakVertexOpen
		}
		return speakVertexGemini
	case DialectBedrock:
		if strings.Contains(model, "anthropic.claude") {
			return speakBedrockClaude
		}
		return speakBedrock
	}
	return speakOpenAI
}

func gemini(r *wire.ChatRequest, o wire.UpstreamOptions) ([]byte, *wire.Error) {
	return r.AppendGemini(nil, o)
}

func geminiPath(model string, stream bool) string {
	if stream {
		return url.PathEscape(model) + ":streamGenerateContent?alt=sse"
	}
	return url.PathEscape(model) + ":generateContent"
}

// claude writes Anthropic's dialect as a cloud wants it: a version instead of the model, and the
// wish for a stream only where the body is to say so.
func claude(version string, streamInBody bool) func(*wire.ChatRequest, wire.UpstreamOptions) ([]byte, *wire.Error) {
	return func(r *wire.ChatRequest, o wire.UpstreamOptions) ([]byte, *wire.Error) {
		o.CloudVersion, o.StreamUnsaid = version, !streamInBody
		return r.AppendAnthropic(nil, o)
	}
}

func (t Target) dialect() *dialect {
	if t.responses {
		return responsesDialect(t.Provider.Quirks.ResponsesFormat)
	}
	return dialectOf(t.Provider, t.Model)
}

// path is where the target answers.
func (t Target) path(stream bool) string {
	d := t.dialect()
	switch {
	case t.Embeds && t.ChatPath != "":
		return strings.ReplaceAll(strings.Replace(t.ChatPath, chatPath, embeddingsPath, 1), "{model}", url.PathEscape(t.Model))
	case t.Embeds && vectorsOf(t.Provider, t.Model) != nil:
		return vectorsOf(t.Provider, t.Model).path(t.Model)
	case t.Embeds:
		return cmp.Or(d.embedPath, embeddingsPath)
	case t.responses && t.ChatPath != "":
		_, query, _ := strings.Cut(t.ChatPath, "?")
		return responsesPath + "?" + query
	case t.ChatPath != "":
		return strings.ReplaceAll(t.ChatPath, "{model}", url.PathEscape(t.Model))
	}
	return d.path(t.Model, stream)
}

// keyHeader is where the key goes; "" is Authorization, behind the word Bearer.
func (t Target) keyHeader() string {
	name := cmp.Or(t.Provider.Quirks.AuthHeader, t.dialect().keyHeader)
	if name == defaultAuthHeader || t.Embeds && t.dialect().embedPath != "" {
		return ""
	}
	return name
}

// ChatBody writes a chat request in the target's dialect. The failure is a request that the
// dialect has no words for: another provider may have them.
func (t Target) ChatBody(r *wire.ChatRequest, o wire.UpstreamOptions) ([]byte, *Failure) {
	o.Model, o.Quirks, o.ServiceTier = t.Model, t.Provider.Quirks, t.Tier
	if t.Provider.Dialect == DialectVertex {
		o.ServiceTier = "" // it stands in the header
	}
	write := t.dialect().body
	if write == nil {
		return r.AppendUpstream(nil, o), nil
	}
	body, fault := write(r, o)
	if fault == nil {
		return body, nil
	}
	return nil, t.wordless(fault)
}

// wordless is a request for which the target's dialect has no words.
func (t Target) wordless(fault *wire.Error) *Failure {
	return &Failure{Provider: t.Provider.Name, Status: http.StatusBadRequest, Type: fault.Type, Message: fault.Message, Err: fault, Next: NextAny}
}

// readFunc is a reader that is a function.
type readFunc func(p []byte) (int, error)

// Read calls it.
func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// translate has a stream read in the chat dialect, whatever the provider speaks.
func (a *Answer) translate() {
	if a.Streaming && a.dialect.stream != nil {
		a.chat = a.dialect.stream(readFunc(a.readBody))
	}
}

// translated appends a plain answer in the chat dialect.
func (a *Answer) translated(dst, body []byte) ([]byte, *Failure) {
	out, err := a.dialect.plain(dst, bytes.Clone(body)) // it lies where the answer goes
	if err != nil {
		return dst, Malformed(a.provider, err)
	}
	return out, nil
}

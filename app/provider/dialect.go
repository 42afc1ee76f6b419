package provider

import (
	"bytes"
	"net/http"

	"bourse/app/wire"
	"bourse/models"
)

// The dialects that are spoken to providers. Everything above this package speaks the first.
const (
	DialectOpenAI    = "openai"
	DialectAnthropic = "anthropic"
)

const (
	chatPath               = "/chat/completions"
	anthropicPath          = "/messages"
	anthropicKeyHeader     = "X-Api-Key"
	anthropicVersionHeader = "Anthropic-Version"
	anthropicVersion       = "2023-06-01"
)

// path is where the target answers.
func (t Target) path() string {
	switch {
	case t.Path != "":
		return t.Path
	case t.Provider.Dialect == DialectAnthropic:
		return anthropicPath
	}
	return chatPath
}

// ChatBody writes a chat request in the provider's dialect. The failure is a request that the
// dialect has no words for: another provider may have them.
func ChatBody(p *models.Provider, r *wire.ChatRequest, o wire.UpstreamOptions) ([]byte, *Failure) {
	if p.Dialect != DialectAnthropic {
		return r.AppendUpstream(nil, o), nil
	}
	body, fault := r.AppendAnthropic(nil, o)
	if fault == nil {
		return body, nil
	}
	return nil, &Failure{Provider: p.Name, Status: http.StatusBadRequest, Type: fault.Type, Message: fault.Message, Err: fault, Next: NextAny}
}

// readFunc is a reader that is a function.
type readFunc func(p []byte) (int, error)

// Read calls it.
func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// translate has a stream read in the chat dialect, whatever the provider speaks.
func (a *Answer) translate() {
	if a.Streaming && a.provider.Dialect == DialectAnthropic {
		a.chat = wire.NewAnthropicStream(readFunc(a.readBody))
	}
}

// plainAnthropic appends a plain answer in the chat dialect.
func (a *Answer) plainAnthropic(dst, body []byte) ([]byte, *Failure) {
	out, err := wire.AppendAnthropicAnswer(dst, bytes.Clone(body)) // it lies where the answer goes
	if err != nil {
		return dst, Malformed(a.provider, err)
	}
	return out, nil
}

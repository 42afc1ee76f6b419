package provider

import (
	"bytes"
	"cmp"
	"io"
	"net/http"

	"bourse/app/wire"
	"bourse/models"
)

const responsesPath = "/responses"

// For is the target as it is asked one chat request: some models are served in another dialect than
// the rest of their provider's, always or when the request wants two things at once.
func (t Target) For(r *wire.ChatRequest) Target {
	q := &t.Provider.Quirks
	id := cmp.Or(t.listed, t.Model)
	thinks := r.ReasoningEffort != "" && r.ReasoningEffort != "none"
	t.responses = t.Provider.Dialect == DialectOpenAI &&
		(models.MatchesAny(q.Responses, id) || r.HasTools && thinks && models.MatchesAny(q.ResponsesTools, id))
	return t
}

// WithoutSummary reports whether a target refused a request for nothing but the summary of its
// thinking, which some accounts are not given: it was our wish, and may be left out.
func (t Target) WithoutSummary(f *Failure) bool {
	return t.responses && f != nil && f.Upstream == http.StatusBadRequest && bytes.Contains(f.Raw, []byte("summar"))
}

// responsesDialect is the newer dialect of the house whose older one everybody speaks.
func responsesDialect(format string) *dialect {
	format = cmp.Or(format, wire.FormatResponses)
	return &dialect{
		body: func(r *wire.ChatRequest, o wire.UpstreamOptions) ([]byte, *wire.Error) {
			return r.AppendResponses(nil, o)
		},
		path:   func(string, bool) string { return responsesPath },
		stream: func(r io.Reader) io.Reader { return wire.NewResponsesStream(r, format) },
		plain:  wire.ResponsesAnswer(format),
	}
}

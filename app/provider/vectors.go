package provider

import (
	"net/http"
	"net/url"
	"strings"

	"bourse/app/wire"
	"bourse/models"
)

// inputTokensHeader is where a cloud counts what a model read that does not count itself.
const inputTokensHeader = "X-Amzn-Bedrock-Input-Token-Count"

// vectors is how one kind of upstream is asked for vectors, where that is not the usual way.
type vectors struct {
	most int // inputs of one request
	path func(model string) string
	body func(e *wire.EmbeddingRequest, o wire.UpstreamOptions, from, to int) ([]byte, *wire.Error)
}

// The inputs that these dialects take at once. Vertex bounds the tokens of all of them together.
const (
	cohereInputsMax = 96
	vertexInputsMax = 8
)

var (
	vectorsCohere = &vectors{cohereInputsMax, func(string) string { return "/embed" },
		func(e *wire.EmbeddingRequest, o wire.UpstreamOptions, from, to int) ([]byte, *wire.Error) {
			return e.AppendCohere(nil, o, from, to, false)
		}}
	vectorsBedrockCohere = &vectors{cohereInputsMax, bedrockInvoke,
		func(e *wire.EmbeddingRequest, o wire.UpstreamOptions, from, to int) ([]byte, *wire.Error) {
			return e.AppendCohere(nil, o, from, to, true)
		}}
	vectorsTitan = &vectors{1, bedrockInvoke,
		func(e *wire.EmbeddingRequest, o wire.UpstreamOptions, from, _ int) ([]byte, *wire.Error) {
			return e.AppendTitan(nil, o, from)
		}}
	vectorsVertex      = &vectors{vertexInputsMax, vertexMethod(":predict"), askVertex}
	vectorsVertexFirst = &vectors{1, vertexMethod(":predict"), askVertex}
	vectorsVertexNewer = &vectors{1, vertexMethod(":embedContent"),
		func(e *wire.EmbeddingRequest, o wire.UpstreamOptions, from, _ int) ([]byte, *wire.Error) {
			return e.AppendEmbedContent(nil, o, from)
		}}
)

func bedrockInvoke(model string) string { return bedrockPath(model, false, "/invoke", "") }

func vertexMethod(method string) func(string) string {
	return func(model string) string { return "/publishers/google/models/" + url.PathEscape(model) + method }
}

func askVertex(e *wire.EmbeddingRequest, o wire.UpstreamOptions, from, to int) ([]byte, *wire.Error) {
	return e.AppendVertex(nil, o, from, to)
}

// vectorsOf chooses how to ask; nil is the usual way.
func vectorsOf(p *models.Provider, model string) *vectors {
	switch p.Dialect {
	case DialectCohere:
		return vectorsCohere
	case DialectBedrock:
		if strings.Contains(model, "cohere.") {
			return vectorsBedrockCohere
		}
		return vectorsTitan
	case DialectVertex:
		switch {
		case strings.HasPrefix(model, "gemini-embedding-001"): // takes one at a time
			return vectorsVertexFirst
		case strings.HasPrefix(model, "gemini-embedding"):
			return vectorsVertexNewer
		}
		return vectorsVertex
	}
	return nil
}

// InputsMax is how many inputs the target takes in one request, 0 where all of them.
func (t Target) InputsMax() int {
	if v := vectorsOf(t.Provider, t.Model); v != nil {
		return v.most
	}
	return 0
}

// EmbedBody writes the request for the vectors of the inputs from one to another.
func (t Target) EmbedBody(e *wire.EmbeddingRequest, o wire.UpstreamOptions, from, to int) ([]byte, *Failure) {
	o.Model, o.Quirks = t.Model, t.Provider.Quirks
	v := vectorsOf(t.Provider, t.Model)
	if v == nil {
		return e.AppendUpstream(nil, o), nil
	}
	body, fault := v.body(e, o, from, to)
	if fault == nil {
		return body, nil
	}
	return nil, t.wordless(fault)
}

// Vectors reads the answer to a request for so many.
func (t Target) Vectors(body []byte, header http.Header, inputs int) (wire.EmbeddingAnswer, *Failure) {
	var got wire.EmbeddingAnswer
	var err error
	if vectorsOf(t.Provider, t.Model) == nil {
		got, err = wire.ReadEmbedding(body, inputs, t.Provider.Quirks)
	} else {
		got, err = wire.ReadVectors(body, inputs, header.Get(inputTokensHeader))
	}
	switch {
	case err != nil:
		return got, Malformed(t.Provider, err)
	case got.Error != nil:
		return got, FromBody(t.Provider, got.Error)
	}
	return got, nil
}

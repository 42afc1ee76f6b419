package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"net/http"
	"strings"
)

// Embedding is the model of the demo that turns texts into vectors.
func Embedding() Model {
	return Model{
		ID: "bourse/demo-embedding", Name: "Bourse: Demo Embedding",
		Description:   "The built-in model for vectors: texts that share words and parts of words come out near each other, so that a search can be tried without a provider.",
		ContextTokens: contextTokens / 4, InputPrice: "0.02", Dimensions: vectorLength,
	}
}

const (
	vectorLength = 256
	inputsMax    = 2_048
	gramRunes    = 3 // of the parts of words that count
	wordWeight   = 2
)

// embedRequest is what we read of a request for vectors.
type embedRequest struct {
	Model      string          `json:"model"`
	Input      json.RawMessage `json:"input"`
	Dimensions *int            `json:"dimensions"`

	texts []string
}

func (s *Server) embed(w http.ResponseWriter, r *http.Request) {
	q, p := readEmbed(w, r)
	if p == nil && q.Model != Embedding().ID {
		p = &problem{status: http.StatusNotFound, kind: kindInvalid, param: "model", code: "model_not_found",
			message: fmt.Sprintf("The model '%s' does not exist.", q.Model)}
	}
	if p != nil {
		writeProblem(w, p)
		return
	}
	data, tokens := make([]map[string]any, 0, len(q.texts)), 0
	for i, text := range q.texts {
		n := s.vocab.count(text)
		if n > Embedding().ContextTokens {
			writeProblem(w, &problem{status: http.StatusBadRequest, kind: kindInvalid, param: "input", code: "context_length_exceeded",
				message: fmt.Sprintf("This model's maximum context length is %d tokens. However, an input has %d tokens.", Embedding().ContextTokens, n)})
			return
		}
		tokens += n
		length := vectorLength
		if q.Dimensions != nil {
			length = *q.Dimensions
		}
		data = append(data, map[string]any{"object": "embedding", "index": i, "embedding": vectorOf(text, length)})
	}
	writeJSON(w, http.StatusOK, map[string]any{"object": "list", "model": q.Model, "data": data,
		"usage": map[string]any{"prompt_tokens": tokens, "total_tokens": tokens}})
}

func readEmbed(w http.ResponseWriter, r *http.Request) (*embedRequest, *problem) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyBytesMax))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, &problem{status: http.StatusRequestEntityTooLarge, kind: kindInvalid,
			message: fmt.Sprintf("The request is larger than %d bytes.", bodyBytesMax)}
	}
	var q embedRequest
	if err != nil || json.Unmarshal(body, &q) != nil {
		return nil, invalid("", "We could not parse the JSON body of your request.")
	}
	var one string
	if json.Unmarshal(q.Input, &one) == nil {
		q.texts = []string{one}
	} else if json.Unmarshal(q.Input, &q.texts) != nil {
		return nil, invalid("input", "'input' must be a string or a list of strings.")
	}
	if len(q.texts) == 0 || len(q.texts) > inputsMax {
		return nil, invalid("input", fmt.Sprintf("'input' must have 1 to %d strings.", inputsMax))
	}
	if q.Dimensions != nil && (*q.Dimensions < 1 || *q.Dimensions > vectorLength) {
		return nil, invalid("dimensions", fmt.Sprintf("'dimensions' must be between 1 and %d.", vectorLength))
	}
	return &q, nil
}

// vectorOf adds up a direction for each word and each part of one; the sum has length one.
func vectorOf(text string, length int) []float32 {
	sum := make([]float64, length)
	for _, word := range strings.Fields(strings.ToLower(text)) {
		point(sum, word, wordWeight)
		runes := []rune("<" + word + ">")
		for i := 0; i+gramRunes <= len(runes); i++ {
			point(sum, string(runes[i:i+gramRunes]), 1)
		}
	}
	norm := 0.0
	for _, f := range sum {
		norm += f * f
	}
	out := make([]float32, length)
	if norm == 0 { // nothing but blanks: any direction is as good
		out[0] = 1
		return out
	}
	for i, f := range sum {
		out[i] = float32(f / math.Sqrt(norm))
	}
	return out
}

// point adds a weight in the place and with the sign that the hash of a text says.
func point(sum []float64, text string, weight float64) {
	h := fnv.New64a()
	_, _ = io.WriteString(h, text) // a hash takes everything
	n := h.Sum64()
	if n>>63 == 1 {
		weight = -weight
	}
	sum[n%uint64(len(sum))] += weight
}

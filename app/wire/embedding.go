package wire

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"strconv"

	"github.com/tidwall/gjson"

	"bourse/models"
)

const (
	typeChat      = "chat"
	typeEmbedding = "embedding"

	embeddingInputsMax = 2_048
	// embeddingFloatsMax bounds one vector; the longest on the market have a tenth of it.
	embeddingFloatsMax = 65_536
)

// EmbeddingRequest is a request for vectors. The part that routing and billing look at is a chat
// request without a conversation.
type EmbeddingRequest struct {
	*ChatRequest
	Inputs int
	Base64 bool // the client wants little-endian floats, encoded
}

// Embeds reports whether the request wants vectors and no text.
func (r *ChatRequest) Embeds() bool { return r.Type == typeEmbedding }

// APIType is what the record calls the request's kind.
func (r *ChatRequest) APIType() string {
	if r.Embeds() {
		return "embeddings"
	}
	return "completions"
}

// ParseEmbedding reads a request for vectors.
func ParseEmbedding(body []byte) (*EmbeddingRequest, *Error) {
	root, fault := readObject(body)
	if fault != nil {
		return nil, fault
	}
	e := &EmbeddingRequest{ChatRequest: &ChatRequest{Type: typeEmbedding, N: 1, Provider: defaultPrefs()}}
	r := e.ChatRequest
	r.members = r.store[:0]
	root.each(func(name string, value gjson.Result) bool {
		fault = e.read(name, value)
		return fault == nil
	})
	switch {
	case fault != nil:
		return nil, fault
	case r.Model == "" && len(r.Models) == 0:
		return nil, Invalid("model", `model is missing: name one as "author/slug".`)
	case e.Inputs == 0:
		return nil, Invalid("input", "input is missing: give a text or an array of texts.")
	case r.Model == "":
		r.Model, r.Models = r.Models[0], r.Models[1:]
	}
	r.TokensEstimate = r.text.Tokens() + r.overheadTokens()
	// Vectors are asked for as numbers whatever the client wants: not every provider encodes.
	r.members = append(r.members, member{name: "encoding_format", value: []byte(`"float"`), known: true})
	return e, nil
}

// read checks one member and keeps it.
func (e *EmbeddingRequest) read(name string, value gjson.Result) *Error {
	if value.Type == gjson.Null && name != "input" {
		return nil
	}
	switch name {
	case "model", "models", "provider", "user", "session_id":
		return e.take(pair{name: []byte(name), value: []byte(value.Raw)})
	case "input":
		e.members = append(e.members, member{name: name, value: []byte(value.Raw), known: true})
		return e.inputs(value)
	case "encoding_format":
		word, fault := oneOf(name, []byte(value.Raw), "float", "base64")
		e.Base64 = word == "base64"
		return fault
	case "dimensions":
		if n, ok := wholeNumber([]byte(value.Raw)); !ok || n < 1 || n > embeddingFloatsMax {
			return Invalid(name, "dimensions must be a whole number from 1 to %d, not %s.", embeddingFloatsMax, show([]byte(value.Raw)))
		}
	}
	if _, chat := rules[name]; chat {
		return nil // for another kind of request
	}
	e.members = append(e.members, member{name: name, value: []byte(value.Raw)})
	return nil
}

// inputs reads one text, several, one list of tokens, or several.
func (e *EmbeddingRequest) inputs(v gjson.Result) *Error {
	if v.Type == gjson.String {
		return e.input(v, "input")
	}
	list := v.Array()
	if !v.IsArray() || len(list) == 0 {
		return wrongType("input", "a text or an array of texts", []byte(v.Raw))
	}
	if list[0].Type == gjson.Number {
		return e.input(v, "input")
	}
	if len(list) > embeddingInputsMax {
		return Invalid("input", "input has more than %d entries.", embeddingInputsMax)
	}
	for i, one := range list {
		if fault := e.input(one, "input["+strconv.Itoa(i)+"]"); fault != nil {
			return fault
		}
	}
	return nil
}

func (e *EmbeddingRequest) input(v gjson.Result, name string) *Error {
	e.Inputs++
	if v.Type == gjson.String {
		if len(v.Raw) <= 2 {
			return Invalid(name, "%s is empty: nothing can be said about it.", name)
		}
		e.count(&walker{b: []byte(v.Raw)})
		return nil
	}
	tokens := v.Array()
	if !v.IsArray() || len(tokens) == 0 {
		return wrongType(name, "a text or an array of tokens", []byte(v.Raw))
	}
	for _, t := range tokens {
		if n, ok := wholeNumber([]byte(t.Raw)); !ok || n < 0 {
			return wrongType(name, "a text or an array of tokens", []byte(v.Raw))
		}
	}
	e.mediaTokens += int64(len(tokens))
	return nil
}

// EmbeddingAnswer is what a provider said.
type EmbeddingAnswer struct {
	Vectors [][]float32 // by input
	Usage   models.Usage
	Counted bool   // the provider counted
	Error   []byte // instead of vectors
}

// Add takes over the vectors and the counts of the next part of the inputs.
func (a *EmbeddingAnswer) Add(part EmbeddingAnswer) {
	a.Vectors = append(a.Vectors, part.Vectors...)
	a.Counted = a.Counted && part.Counted
	u := &a.Usage
	u.Input, u.CacheRead = u.Input+part.Usage.Input, u.CacheRead+part.Usage.CacheRead
	if part.Usage.ProviderCost >= 0 {
		u.ProviderCost = max(u.ProviderCost, 0) + part.Usage.ProviderCost
	}
	if u.Anomaly == "" {
		u.Anomaly = part.Usage.Anomaly
	}
}

// ReadEmbedding reads a provider's answer to a request with so many inputs.
func ReadEmbedding(body []byte, inputs int, q models.Quirks) (EmbeddingAnswer, error) {
	var a EmbeddingAnswer
	if !gjson.ValidBytes(body) {
		return a, ErrNotJSON
	}
	root := gjson.ParseBytes(body)
	if e := root.Get("error"); e.Exists() && e.Type != gjson.Null {
		a.Error = []byte(e.Raw)
		return a, nil
	}
	a.Vectors = make([][]float32, inputs)
	got := 0
	for i, d := range root.Get("data").Array() {
		if at := d.Get("index"); at.Type == gjson.Number {
			i = int(at.Int())
		}
		vector := readVector(d.Get("embedding"))
		if i < 0 || i >= inputs || a.Vectors[i] != nil || vector == nil {
			return a, ErrNotJSON
		}
		a.Vectors[i] = vector
		got++
	}
	if got != inputs {
		return a, ErrNotJSON
	}
	if usage := root.Get("usage"); usage.IsObject() {
		a.Usage, a.Counted = ParseUsage([]byte(usage.Raw), q)
		a.Usage.Output, a.Usage.Reasoning = 0, 0
	}
	return a, nil
}

// readVector reads numbers, or little-endian floats encoded; nil when it is neither.
func readVector(v gjson.Result) []float32 {
	if v.Type == gjson.String {
		raw, err := base64.StdEncoding.DecodeString(v.String())
		if err != nil || len(raw) == 0 || len(raw)%4 != 0 || len(raw)/4 > embeddingFloatsMax {
			return nil
		}
		vector := make([]float32, len(raw)/4)
		for i := range vector {
			vector[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
		return vector
	}
	list := v.Array()
	if !v.IsArray() || len(list) == 0 || len(list) > embeddingFloatsMax {
		return nil
	}
	vector := make([]float32, len(list))
	for i, f := range list {
		if f.Type != gjson.Number {
			return nil
		}
		vector[i] = float32(f.Num)
	}
	return vector
}

// AppendEmbedding writes the answer that a client gets.
func AppendEmbedding(dst []byte, h Head, vectors [][]float32, encoded bool, u UsageBlock) []byte {
	dst = appendString(append(dst, `{"object":"list","id":`...), h.ID)
	dst = appendString(append(dst, `,"provider":`...), h.Provider)
	dst = appendString(append(dst, `,"model":`...), h.Model)
	dst = append(dst, `,"data":[`...)
	for i, vector := range vectors {
		dst = strconv.AppendInt(append(separate(dst, '['), `{"object":"embedding","index":`...), int64(i), 10)
		dst = append(appendVector(append(dst, `,"embedding":`...), vector, encoded), '}')
	}
	dst = appendCount(dst, `],"usage":{"prompt_tokens":`, u.Input)
	dst = appendCount(dst, `,"total_tokens":`, u.Input)
	return append(u.appendCost(append(dst, ',')), "}}"...)
}

func appendVector(dst []byte, vector []float32, encoded bool) []byte {
	if encoded {
		raw := make([]byte, 0, 4*len(vector))
		for _, f := range vector {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(f))
		}
		dst = base64.StdEncoding.AppendEncode(append(dst, '"'), raw)
		return append(dst, '"')
	}
	dst = append(dst, '[')
	for _, f := range vector {
		dst = strconv.AppendFloat(separate(dst, '['), float64(f), 'g', -1, 32)
	}
	return append(dst, ']')
}

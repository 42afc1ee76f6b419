package wire

import (
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"bourse/models"
)

// The dialects that vectors are asked for in, beside the usual one. Each writes the request for some
// of the inputs: few providers take as many at once as clients send.

// texts are the inputs from one to another. Tokens are those of another maker's models.
func (e *EmbeddingRequest) texts(from, to int, o *UpstreamOptions) ([]gjson.Result, *Error) {
	input := e.member("input", o)
	list := []gjson.Result{input}
	if input.IsArray() {
		list = input.Array()
	}
	for _, text := range list {
		if text.Type != gjson.String {
			return nil, Invalid("input", "This provider reads texts and no tokens: send input as text.")
		}
	}
	return list[from:min(to, len(list))], nil
}

// member is a member of the request.
func (e *EmbeddingRequest) member(name string, o *UpstreamOptions) gjson.Result {
	return e.ChatRequest.member(name, o)
}

// text is the one input of a request for one vector.
func (e *EmbeddingRequest) text(at int, o *UpstreamOptions) (string, *Error) {
	list, fault := e.texts(at, at+1, o)
	if fault != nil {
		return "", fault
	}
	return list[0].Raw, nil
}

// AppendCohere asks in Cohere's dialect; a cloud has the model in the address. What is too long is
// refused and not cut.
func (e *EmbeddingRequest) AppendCohere(dst []byte, o UpstreamOptions, from, to int, cloud bool) ([]byte, *Error) {
	list, fault := e.texts(from, to, &o)
	if fault != nil {
		return nil, fault
	}
	dst = append(dst, `{"texts":[`...)
	for _, text := range list {
		dst = append(separate(dst, '['), text.Raw...)
	}
	kind := e.member("input_type", &o).String()
	if kind == "" {
		kind = "search_document"
	}
	dst = appendString(append(dst, `],"input_type":`...), strings.ToLower(kind))
	dst = append(dst, `,"embedding_types":["float"],"truncate":"NONE"`...)
	if n := e.member("dimensions", &o); n.Type == gjson.Number {
		dst = append(append(dst, `,"output_dimension":`...), n.Raw...)
	}
	if !cloud {
		dst = appendString(append(dst, `,"model":`...), o.Model)
	}
	return append(dst, '}'), nil
}

// AppendTitan asks a model of Amazon's for the vector of one input.
func (e *EmbeddingRequest) AppendTitan(dst []byte, o UpstreamOptions, at int) ([]byte, *Error) {
	text, fault := e.text(at, &o)
	if fault != nil {
		return nil, fault
	}
	dimensions := e.member("dimensions", &o)
	if strings.Contains(o.Model, "nova") {
		dst = append(dst, `{"schemaVersion":"nova-multimodal-embed-v1","taskType":"SINGLE_EMBEDDING","singleEmbeddingParams":{"embeddingPurpose":"GENERIC_INDEX"`...)
		if dimensions.Type == gjson.Number {
			dst = append(append(dst, `,"embeddingDimension":`...), dimensions.Raw...)
		}
		return append(append(append(dst, `,"text":{"truncationMode":"NONE","value":`...), text...), "}}}"...), nil
	}
	dst = append(append(dst, `{"inputText":`...), text...)
	switch {
	case dimensions.Type != gjson.Number:
	case strings.Contains(o.Model, "embed-image"):
		dst = append(append(append(dst, `,"embeddingConfig":{"outputEmbeddingLength":`...), dimensions.Raw...), '}')
	case strings.Contains(o.Model, "text-v1"):
		return nil, Invalid("dimensions", "The vectors of this model have one length: leave dimensions out.")
	default:
		dst = append(append(dst, `,"dimensions":`...), dimensions.Raw...)
	}
	return append(dst, '}'), nil
}

// taskOf is the purpose of the vectors in Google's words, "" where the client names none.
func (e *EmbeddingRequest) taskOf(o *UpstreamOptions) string {
	switch kind := strings.ToUpper(e.member("input_type", o).String()); kind {
	case "SEARCH_QUERY":
		return "RETRIEVAL_QUERY"
	case "SEARCH_DOCUMENT":
		return "RETRIEVAL_DOCUMENT"
	default:
		return kind
	}
}

// AppendVertex asks Google's cloud for the vectors of some inputs.
func (e *EmbeddingRequest) AppendVertex(dst []byte, o UpstreamOptions, from, to int) ([]byte, *Error) {
	list, fault := e.texts(from, to, &o)
	if fault != nil {
		return nil, fault
	}
	task := e.taskOf(&o)
	dst = append(dst, `{"instances":[`...)
	for _, text := range list {
		dst = append(append(separate(dst, '['), `{"content":`...), text.Raw...)
		if task != "" {
			dst = appendString(append(dst, `,"task_type":`...), task)
		}
		dst = append(dst, '}')
	}
	dst = append(dst, `],"parameters":{"autoTruncate":false`...)
	if n := e.member("dimensions", &o); n.Type == gjson.Number {
		dst = append(append(dst, `,"outputDimensionality":`...), n.Raw...)
	}
	return append(dst, "}}"...), nil
}

// AppendEmbedContent asks a newer model of Google's for the vector of one input.
func (e *EmbeddingRequest) AppendEmbedContent(dst []byte, o UpstreamOptions, at int) ([]byte, *Error) {
	text, fault := e.text(at, &o)
	if fault != nil {
		return nil, fault
	}
	dst = append(append(append(dst, `{"content":{"parts":[{"text":`...), text...), `}]},"autoTruncate":false`...)
	if task := e.taskOf(&o); task != "" {
		dst = appendString(append(dst, `,"taskType":`...), task)
	}
	if n := e.member("dimensions", &o); n.Type == gjson.Number {
		dst = append(append(dst, `,"outputDimensionality":`...), n.Raw...)
	}
	return append(dst, '}'), nil
}

// vectorPlaces are where the vectors stand in the answers of these dialects, lists before single
// ones, and countPlaces how many tokens were read.
var (
	vectorPlaces = [...]string{"embeddings.float", "predictions.#.embeddings.values", "embeddings.#.embedding", "embeddings"}
	vectorPlace  = [...]string{"embedding.values", "embedding"}
	countPlaces  = [...]string{"meta.billed_units.input_tokens", "inputTextTokenCount", "usageMetadata.promptTokenCount", "inputTokenCount"}
)

// ReadVectors reads an answer with so many vectors in any of these dialects. Some clouds count in a
// header, which is given as counted, "" without one.
func ReadVectors(body []byte, inputs int, counted string) (EmbeddingAnswer, error) {
	var a EmbeddingAnswer
	if !gjson.ValidBytes(body) {
		return a, ErrNotJSON
	}
	root := gjson.ParseBytes(body)
	for _, name := range [...]string{"error", "message"} {
		if e := root.Get(name); e.Exists() && e.Type != gjson.Null {
			a.Error = []byte(e.Raw)
			return a, nil
		}
	}
	a.Vectors = vectorsIn(root)
	if len(a.Vectors) != inputs {
		return a, ErrNotJSON
	}
	for _, v := range a.Vectors {
		if v == nil {
			return a, ErrNotJSON
		}
	}
	a.count(root, counted)
	return a, nil
}

func vectorsIn(root gjson.Result) (list [][]float32) {
	for _, place := range vectorPlaces {
		found := root.Get(place)
		if !found.IsArray() || len(found.Array()) == 0 || !found.Array()[0].IsArray() {
			continue
		}
		for _, v := range found.Array() {
			list = append(list, readVector(v))
		}
		return list
	}
	for _, place := range vectorPlace {
		if found := root.Get(place); found.IsArray() {
			return [][]float32{readVector(found)}
		}
	}
	return nil
}

// count finds out how many tokens were read.
func (a *EmbeddingAnswer) count(root gjson.Result, counted string) {
	for _, place := range countPlaces {
		if n := root.Get(place); n.Type == gjson.Number {
			counted = n.Raw
			break
		}
	}
	if list := root.Get("predictions.#.embeddings.statistics.token_count").Array(); len(list) == len(a.Vectors) && len(list) > 0 {
		sum := 0.0
		for _, n := range list {
			sum += n.Float()
		}
		counted = strconv.FormatFloat(sum, 'f', -1, 64)
	}
	if n := gjson.Parse(counted); n.Type == gjson.Number {
		a.Usage, a.Counted = ParseUsage([]byte(`{"prompt_tokens":`+n.Raw+`}`), models.Quirks{})
	}
}

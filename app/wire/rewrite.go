package wire

import (
	"bytes"
	"errors"
	"strconv"

	"bourse/models"
)

// ErrNotJSON is a chunk or an answer that is not one JSON object.
var ErrNotJSON = errors.New("the provider's answer is not a JSON object")

// Head is what every answer and chunk of one generation says about itself.
type Head struct {
	ID       string // gen-…
	Model    string // the id the answer names
	Provider string // the provider's display name
	Created  int64  // Unix seconds
}

// RewriterOptions say how the answers of one attempt are read and rewritten.
type RewriterOptions struct {
	Head             Head
	Quirks           models.Quirks
	ExcludeReasoning bool
}

// Rewriter turns one upstream answer, plain or streamed, into what strict clients accept. It
// writes the three levels it knows (chunk, choice, delta) anew and copies every value below them
// as bytes. It serves one attempt and one goroutine; its zero value is not usable.
type Rewriter struct {
	o        RewriterOptions
	head     []byte // {"id":…,"provider":…,"model":…,"created":…
	text     Estimator
	usage    []byte // the last usage object, copied
	tier     []byte // the service tier that was given, quoted
	native   []byte // the last finish word, quoted, copied
	finish   string
	finished [(choicesMax + 63) / 64]uint64
	tags     *thinkTags // nil where none are looked for
	toolNext int        // the index for the next tool call that comes without one
	silent   bool       // the text is not counted
}

// NewRewriter makes the rewriter of one attempt.
func NewRewriter(o RewriterOptions) *Rewriter {
	rw := &Rewriter{o: o}
	if o.Quirks.ThinkTags {
		rw.tags = &thinkTags{}
	}
	b := make([]byte, 0, 192)
	b = appendString(append(b, `{"id":`...), o.Head.ID)
	b = appendString(append(b, `,"provider":`...), o.Head.Provider)
	b = appendString(append(b, `,"model":`...), o.Head.Model)
	b = strconv.AppendInt(append(b, `,"created":`...), o.Head.Created, 10)
	rw.head = b
	return rw
}

// ChunkInfo is what one chunk, or one plain answer, was found to hold. Its slices are lent: they
// point into the bytes given.
type ChunkInfo struct {
	Dropped        bool   // nothing of it is for the client
	HasContent     bool   // text, reasoning, tool call, image or sound
	Finish         string // ours: stop, length, tool_calls, content_filter, error; "" when none
	NativeFinish   []byte // the provider's word, without quotes
	Usage          []byte // the raw usage object, nil when none
	Error          []byte // the raw error, nil when none
	TextBytes      int
	ReasoningBytes int
	ToolBytes      int

	unfinished bool // a choice that has not finished before this chunk
	visible    bool // something besides reasoning that the client did not ask for
}

// shape is which of the two forms is being written.
type shape bool

const (
	streamed shape = false
	plain    shape = true
)

// Chunk appends the rewritten chunk to dst. When the chunk is Dropped, holds an Error, or is not
// JSON, dst comes back as it was.
func (rw *Rewriter) Chunk(dst, chunk []byte) ([]byte, ChunkInfo, error) {
	start := len(dst)
	dst = append(dst, rw.head...)
	dst = append(dst, `,"object":"chat.completion.chunk"`...)
	dst, info, err := rw.body(dst, chunk, streamed)
	if err != nil || info.Error != nil {
		return dst[:start], info, err
	}
	if rw.drop(&info) {
		info.Dropped = true
		return dst[:start], info, nil
	}
	dst = append(dst, '}')
	oneLine(dst[start:])
	return dst, info, nil
}

// drop tells which chunks say nothing to a client: those without choices (the usage comes at the
// end, from us), repetitions of a finish, and reasoning that is not wanted.
func (rw *Rewriter) drop(info *ChunkInfo) bool {
	if info.visible {
		return false
	}
	return !info.unfinished || (rw.o.ExcludeReasoning && info.ReasoningBytes > 0)
}

// Event is Chunk framed as an event of a stream.
func (rw *Rewriter) Event(dst, chunk []byte) ([]byte, ChunkInfo, error) {
	start := len(dst)
	dst = append(dst, "data: "...)
	dst, info, err := rw.Chunk(dst, chunk)
	if err != nil || info.Dropped || info.Error != nil {
		return dst[:start], info, err
	}
	return append(dst, "\n\n"...), info, nil
}

// Result appends a rewritten plain answer without its usage and its closing brace, which
// CloseResult writes once the charge is known.
func (rw *Rewriter) Result(dst, body []byte) ([]byte, ChunkInfo, error) {
	start := len(dst)
	rw.silent = true // a plain answer nearly always has its usage, and then nobody asks
	dst, info, err := rw.result(dst, body)
	if err != nil || info.Error != nil {
		return dst[:start], info, err
	}
	if u, counted := rw.Usage(); !counted || u.Input+u.Output == 0 {
		rw.silent, rw.toolNext, rw.finished = false, 0, [len(rw.finished)]uint64{}
		if rw.tags != nil {
			rw.tags = &thinkTags{}
		}
		dst, info, err = rw.result(dst[:start], body)
	}
	if !info.unfinished {
		return dst[:start], info, ErrNotJSON // an answer without a choice is none
	}
	return dst, info, err
}

func (rw *Rewriter) result(dst, body []byte) ([]byte, ChunkInfo, error) {
	dst = append(dst, rw.head...)
	dst = append(dst, `,"object":"chat.completion"`...)
	return rw.body(dst, body, plain)
}

// CloseResult appends the usage and the closing brace to what Result wrote.
func (rw *Rewriter) CloseResult(dst []byte, u UsageBlock) []byte {
	return append(u.Append(append(dst, ',')), '}')
}

// body goes over the top level.
func (rw *Rewriter) body(dst, b []byte, as shape) ([]byte, ChunkInfo, error) {
	var info ChunkInfo
	w := walker{b: b}
	if !w.open('{') {
		return dst, info, ErrNotJSON
	}
	chosen, print, broken := false, false, false
	for first := true; ; {
		name, ok := w.member(&first)
		if !ok {
			break
		}
		switch string(name) {
		case "choices":
			if chosen || !w.open('[') {
				w.value()
				continue
			}
			chosen = true
			dst = rw.choices(dst, &w, &info, as)
		case "usage":
			info.takeUsage(w.value())
		case "x_groq":
			inner := w.value()
			info.takeUsage(memberOf(inner, "usage"))
			info.takeError(memberOf(inner, "error"))
		case "error":
			info.takeError(w.value())
		case "base_resp":
			info.takeBaseResponse(w.value(), rw.o.Quirks)
		case "object":
			broken = string(w.value()) == `"error"`
		case "system_fingerprint", "service_tier", "citations", "search_results":
			value := w.value()
			if string(name) == "service_tier" && isString(value) {
				rw.tier = append(rw.tier[:0], value...)
			}
			dst, print = copyTop(dst, name, value, print)
		default:
			w.value()
		}
	}
	if !w.done() {
		return dst, info, ErrNotJSON
	}
	if broken && info.Error == nil {
		info.Error = b
	}
	if as == plain && !print {
		dst = append(dst, `,"system_fingerprint":null`...)
	}
	rw.keep(&info)
	return dst, info, nil
}

func copyTop(dst, name, value []byte, print bool) ([]byte, bool) {
	fingerprint := string(name) == "system_fingerprint"
	if isNull(value) || (fingerprint && !isString(value)) || (fingerprint && print) {
		return dst, print
	}
	dst = append(append(append(dst, `,"`...), name...), `":`...)
	return append(dst, value...), print || fingerprint
}

// keep copies what must outlive the chunk: the last usage and the last finish.
func (rw *Rewriter) keep(info *ChunkInfo) {
	if info.Usage != nil {
		rw.usage = append(rw.usage[:0], info.Usage...)
	}
	if info.Finish != "" {
		rw.finish = info.Finish
		rw.native = append(append(append(rw.native[:0], '"'), info.NativeFinish...), '"')
	}
}

func (info *ChunkInfo) takeUsage(value []byte) {
	if len(value) > 0 && value[0] == '{' {
		info.Usage = value
	}
}

func (info *ChunkInfo) takeError(value []byte) {
	if len(value) > 0 && !isBlank(value) && !isFalse(value) {
		info.Error = value
	}
}

// takeBaseResponse finds the error of a provider that answers 200 in any case.
func (info *ChunkInfo) takeBaseResponse(value []byte, q models.Quirks) {
	if !q.ErrorIn200 || len(value) == 0 || value[0] != '{' {
		return
	}
	if code := memberOf(value, "status_code"); code != nil && !bytes.Equal(code, []byte("0")) {
		info.Error = value
	}
}

// oneLine turns the line breaks between values, which only a pretty-printing upstream sends, into
// blanks: inside an event they would end it. Inside strings JSON has none.
func oneLine(b []byte) {
	for _, c := range [...]byte{'\n', '\r'} {
		for rest := b; ; {
			i := bytes.IndexByte(rest, c)
			if i < 0 {
				break
			}
			rest[i] = ' '
			rest = rest[i+1:]
		}
	}
}

// Produced is about how many tokens have passed so far: the count to settle by when the provider
// sends no usage. Of a plain answer with usage nothing is counted.
func (rw *Rewriter) Produced() int64 { return rw.text.Tokens() }

// Finish is the last finish reason seen, "" when none.
func (rw *Rewriter) Finish() string { return rw.finish }

// NativeFinish is the provider's own word for the last finish reason.
func (rw *Rewriter) NativeFinish() string {
	if len(rw.native) < 2 {
		return ""
	}
	return string(unquote(rw.native))
}

// RawUsage is the last usage object as the provider's dialect has it, nil when none came. It is lent.
func (rw *Rewriter) RawUsage() []byte { return rw.usage }

// ServiceTier is the provider's word for the service tier that it gave, "" when it said none.
func (rw *Rewriter) ServiceTier() string { return string(unquote(rw.tier)) }

// Usage returns the last usage seen anywhere in the answer; false when there was none that can
// be billed.
func (rw *Rewriter) Usage() (models.Usage, bool) {
	if rw.usage == nil {
		return models.Usage{}, false
	}
	return ParseUsage(rw.usage, rw.o.Quirks)
}

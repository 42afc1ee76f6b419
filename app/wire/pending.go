package wire

import (
	"io"

	"bourse/models"
)

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

// Rewriter turns one upstream answer, plain or streamed, into what our clients expect. It is
// used for one attempt and by one goroutine; its zero value is not usable.
type Rewriter struct{ o RewriterOptions }

// NewRewriter makes the rewriter of one attempt.
func NewRewriter(o RewriterOptions) *Rewriter { return &Rewriter{o: o} }

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
}

// Chunk appends the rewritten chunk to dst, or nothing when Dropped or Error is set.
func (rw *Rewriter) Chunk(dst, chunk []byte) ([]byte, ChunkInfo, error) { return dst, ChunkInfo{}, nil }

// Event is Chunk framed as an event: "data: …\n\n".
func (rw *Rewriter) Event(dst, chunk []byte) ([]byte, ChunkInfo, error) { return dst, ChunkInfo{}, nil }

// UsageEvent appends the last event before [DONE]: usage, and the finish reason once more.
func (rw *Rewriter) UsageEvent(dst []byte, u UsageBlock) []byte { return dst }

// ErrorEvent appends the event that ends a broken stream; [DONE] follows it.
func (rw *Rewriter) ErrorEvent(dst []byte, e *Error) []byte { return dst }

// Result appends a rewritten plain answer without its usage and its closing brace.
func (rw *Rewriter) Result(dst, body []byte) ([]byte, ChunkInfo, error) { return dst, ChunkInfo{}, nil }

// CloseResult appends the usage and the closing brace to what Result wrote.
func (rw *Rewriter) CloseResult(dst []byte, u UsageBlock) []byte { return dst }

// Produced is about how many tokens have passed so far: the count to settle by when the
// provider sends no usage.
func (rw *Rewriter) Produced() int64 { return 0 }

// Finish is the last finish reason seen, "" when none.
func (rw *Rewriter) Finish() string { return "" }

// Usage returns the last usage seen anywhere in the answer; false when none could be read.
func (rw *Rewriter) Usage() (models.Usage, bool) { return models.Usage{}, false }

// UsageBlock is the usage of a generation with what was debited for it.
type UsageBlock struct {
	models.Usage
	Cost           models.Amount // debited: provider cost and fee
	ProviderCost   models.Amount // PromptCost and CompletionCost together
	PromptCost     models.Amount
	CompletionCost models.Amount
	Fee            models.Amount
}

// ParseUsage reads a provider's usage object; false when it holds nothing that can be billed.
func ParseUsage(raw []byte, q models.Quirks) (models.Usage, bool) { return models.Usage{}, false }

// EventKind says what the reader of an event stream met.
type EventKind uint8

// The kinds.
const (
	EventData    EventKind = iota // the data of one event
	EventComment                  // a comment: a sign of life
	EventError                    // the data of an event named error
	EventDone                     // [DONE]
	EventBare                     // JSON without any framing: an error body, as a rule
)

// EventReader reads an event stream.
type EventReader struct{}

// NewEventReader makes a reader.
func NewEventReader(r io.Reader) *EventReader { return &EventReader{} }

// Next returns the next event; its data is lent until the next call. The end is io.EOF.
func (er *EventReader) Next() (EventKind, []byte, error) { return 0, nil, io.EOF }

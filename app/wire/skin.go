package wire

import (
	"net/http"

	"github.com/tidwall/gjson"
)

// Skin gives the answers of one request the shape of another API than chat completions. It is fed
// with what the rewriter makes of the provider's answer. It serves one request at a time.
type Skin interface {
	// Begin starts the answer of one attempt; what an attempt before it did is forgotten.
	Begin(h Head, promptTokens int64)
	// Chunk appends the events that one rewritten chunk becomes.
	Chunk(dst, chunk []byte) []byte
	// End appends the last events of a stream that is complete and charged.
	End(dst []byte, end Ending) []byte
	// Fail appends the last events of a stream that broke.
	Fail(dst []byte, e *Error) []byte
	// Result appends what a whole rewritten answer becomes.
	Result(dst, answer []byte, end Ending) []byte
	// Error writes the error's body.
	Error(dst []byte, e *Error, requestID string) []byte
}

// Ending is how an answer ended and what it cost.
type Ending struct {
	Finish string // ours
	Native string // the provider's word
	Usage  UsageBlock
}

// Ending is how the rewritten answer ended.
func (rw *Rewriter) Ending(u UsageBlock) Ending {
	return Ending{Finish: rw.Finish(), Native: rw.NativeFinish(), Usage: u}
}

// WriteErrorAs answers a request with the error in a skin, or in the usual envelope when that is
// nil.
func WriteErrorAs(w http.ResponseWriter, s Skin, e *Error, requestID string) {
	if s == nil {
		WriteError(w, e, requestID)
		return
	}
	writeError(w, e, requestID, s.Error(nil, e, requestID))
}

// objectWriter writes the members of an object one after the other.
type objectWriter struct{ b []byte }

func (o *objectWriter) raw(name, value string) {
	o.b = append(separate(orBrace(o.b), '{'), '"')
	o.b = append(append(append(o.b, name...), `":`...), value...)
}

func (o *objectWriter) bytes(name string, value []byte) { o.raw(name, string(value)) }

// list writes an array of what items holds, which have commas between them.
func (o *objectWriter) list(name string, items []byte) {
	o.b = append(append(append(separate(orBrace(o.b), '{'), '"'), name...), `":[`...)
	o.b = append(append(o.b, items...), ']')
}

func (o *objectWriter) text(name, value string) { o.bytes(name, appendString(nil, value)) }

// copy takes a member over when it is there and not null.
func (o *objectWriter) copy(name string, v gjson.Result) {
	if v.Exists() && v.Type != gjson.Null {
		o.raw(name, v.Raw)
	}
}

func (o *objectWriter) done() []byte { return append(orBrace(o.b), '}') }

func orBrace(b []byte) []byte {
	if len(b) == 0 {
		return append(b, '{')
	}
	return b
}

// appendEvent appends one named event with its data.
func appendEvent(dst []byte, name string, data []byte) []byte {
	dst = append(append(append(dst, "event: "...), name...), "\ndata: "...)
	return append(append(dst, data...), "\n\n"...)
}

package wire

import (
	"strconv"

	"github.com/tidwall/gjson"
)

// ParseCompletion reads a request of the older completions API: the prompt becomes the one message
// of a chat, so that every chat model answers it.
func ParseCompletion(body []byte) (*ChatRequest, *Error) {
	root, fault := readObject(body)
	if fault != nil {
		return nil, fault
	}
	prompt := root.Get("prompt")
	if list := prompt.Array(); prompt.IsArray() && len(list) == 1 {
		prompt = list[0]
	}
	switch {
	case prompt.Type == gjson.String && len(prompt.Raw) > 2:
	case prompt.IsArray():
		return nil, Invalid("prompt", "prompt must be one text: send several in requests of their own, and tokens as text.")
	default:
		return nil, Invalid("prompt", "prompt is missing: give a text.")
	}
	if root.Get("suffix").String() != "" {
		return nil, Invalid("suffix", "suffix is not offered: chat models write on from the end of a text only.")
	}
	if root.Get("echo").Type == gjson.True {
		return nil, Invalid("echo", "echo is not offered: put the prompt before the answer yourself.")
	}
	var out objectWriter
	root.each(func(name string, value gjson.Result) bool {
		switch name {
		case "prompt", "suffix", "echo", "best_of", "logprobs", "messages":
		default:
			out.bytes(name, []byte(value.Raw))
		}
		return true
	})
	out.raw("messages", `[{"role":"user","content":`+prompt.Raw+`}]`)
	return ParseChat(out.done())
}

// completionSkin answers in the shape of the older completions API.
type completionSkin struct{ head []byte }

// NewCompletionSkin makes the skin of one request to the completions API.
func NewCompletionSkin() Skin { return &completionSkin{} }

// Begin starts the answer of one attempt.
func (s *completionSkin) Begin(h Head, _ int64) {
	b := appendString([]byte(`{"id":`), h.ID)
	b = appendString(append(b, `,"object":"text_completion","provider":`...), h.Provider)
	b = appendString(append(b, `,"model":`...), h.Model)
	s.head = strconv.AppendInt(append(b, `,"created":`...), h.Created, 10)
}

// appendChoices writes the choices of an answer or a chunk; part is what holds their text.
func (s *completionSkin) appendChoices(dst []byte, choices gjson.Result, part string) []byte {
	dst = append(append(dst, s.head...), `,"choices":[`...)
	for _, c := range choices.Array() {
		said := c.Get(part)
		dst = append(separate(dst, '['), `{"text":`...)
		dst = append(dst, orRaw(said.Get("content"), `""`)...)
		dst = strconv.AppendInt(append(dst, `,"index":`...), c.Get("index").Int(), 10)
		if reasoning := said.Get("reasoning"); reasoning.Type == gjson.String {
			dst = append(append(dst, `,"reasoning":`...), reasoning.Raw...)
		}
		for _, name := range [...]string{"finish_reason", "native_finish_reason"} {
			dst = append(append(append(append(dst, `,"`...), name...), `":`...), orRaw(c.Get(name), "null")...)
		}
		dst = append(dst, `,"logprobs":null}`...)
	}
	return append(dst, ']')
}

// Chunk turns one chunk into one of text.
func (s *completionSkin) Chunk(dst, chunk []byte) []byte {
	dst = s.appendChoices(append(dst, "data: "...), gjson.GetBytes(chunk, "choices"), "delta")
	return append(dst, "}\n\n"...)
}

// End sends the usage.
func (s *completionSkin) End(dst []byte, end Ending) []byte {
	dst = append(append(append(dst, "data: "...), s.head...), `,"choices":[],`...)
	dst = append(end.Usage.Append(dst), "}\n\n"...)
	return append(dst, Done...)
}

// Fail is the event that ends a broken stream.
func (s *completionSkin) Fail(dst []byte, e *Error) []byte {
	inner := gjson.GetBytes(e.Append(nil, ""), "error").Raw
	dst = append(append(append(dst, "data: "...), s.head...), `,"error":`...)
	dst = append(append(dst, inner...), `,"choices":[{"text":"","index":0,"finish_reason":"error","native_finish_reason":"error","logprobs":null}]}`+"\n\n"...)
	return append(dst, Done...)
}

// Result turns a whole answer into one of text.
func (s *completionSkin) Result(dst, answer []byte, end Ending) []byte {
	dst = append(s.appendChoices(dst, gjson.GetBytes(answer, "choices"), "message"), ',')
	return append(end.Usage.Append(dst), '}')
}

// Error is the usual envelope.
func (s *completionSkin) Error(dst []byte, e *Error, requestID string) []byte {
	return e.Append(dst, requestID)
}

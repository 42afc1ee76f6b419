package wire

import (
	"io"
	"strconv"

	"github.com/tidwall/gjson"
)

// AppendCohereAnswer turns a plain answer of Cohere's dialect into one of the chat dialect, for the
// rewriter to read.
func AppendCohereAnswer(dst, body []byte) ([]byte, error) {
	if !gjson.ValidBytes(body) {
		return dst, ErrNotJSON
	}
	root := gjson.ParseBytes(body)
	message := root.Get("message")
	if message.Type == gjson.String { // {"message":"what is wrong"}
		return append(append(append(dst, `{"error":`...), root.Raw...), '}'), nil
	}
	if !message.IsObject() {
		return dst, ErrNotJSON
	}
	var text, thinking string
	var details, calls []byte
	spoke := false
	if plan := message.Get("tool_plan"); plan.Type == gjson.String && plan.Raw != `""` {
		thinking = plan.String()
		details = appendCohereThought(details, "reasoning.summary", "summary", plan.Raw)
	}
	for _, block := range message.Get("content").Array() {
		switch block.Get("type").String() {
		case "text":
			text, spoke = text+block.Get("text").String(), true
		case "thinking":
			if t := block.Get("thinking"); t.Type == gjson.String && t.Raw != `""` {
				thinking += t.String()
				details = appendCohereThought(details, "reasoning.text", "text", t.Raw)
			}
		}
	}
	for _, call := range message.Get("tool_calls").Array() {
		calls = append(append(orComma(calls), `{"type":"function","id":`...), orRaw(call.Get("id"), `""`)...)
		calls = append(append(calls, `,"function":{"name":`...), orRaw(call.Get("function.name"), `""`)...)
		calls = append(append(append(calls, `,"arguments":`...), argumentsOf(call.Get("function"))...), "}}"...)
	}
	dst = append(dst, `{"choices":[{"index":0,"message":{"role":"assistant","content":`...)
	if spoke {
		dst = appendString(dst, text)
	} else {
		dst = append(dst, "null"...)
	}
	if thinking != "" {
		dst = appendString(append(dst, `,"reasoning":`...), thinking)
		dst = append(append(append(dst, `,"reasoning_details":[`...), details...), ']')
	}
	if len(calls) > 0 {
		dst = append(append(append(dst, `,"tool_calls":[`...), calls...), ']')
	}
	dst = append(append(append(dst, `},"finish_reason":`...), orRaw(root.Get("finish_reason"), `"COMPLETE"`)...), "}]"...)
	return append(appendCohereUsage(dst, root.Get("usage")), '}'), nil
}

// appendCohereThought adds a piece of thinking to the details; quoted is its value.
func appendCohereThought(list []byte, kind, member, quoted string) []byte {
	return append(orComma(list), `{"type":"`+kind+`","`+member+`":`+quoted+`,"format":"`+FormatCohere+`","index":0}`...)
}

// appendCohereUsage writes the member usage of the chat dialect. What is invoiced is less than what
// the model has read: the house's own words around a prompt are free.
func appendCohereUsage(dst []byte, u gjson.Result) []byte {
	counted := u.Get("billed_units")
	if !counted.Get("input_tokens").Exists() && !counted.Get("output_tokens").Exists() {
		counted = u.Get("tokens")
	}
	in, out := counted.Get("input_tokens"), counted.Get("output_tokens")
	if !in.Exists() && !out.Exists() {
		return dst
	}
	dst = append(append(dst, `,"usage":{"prompt_tokens":`...), orZero(in)...)
	dst = append(append(dst, `,"completion_tokens":`...), orZero(out)...)
	return append(dst, '}')
}

// orZero is a number as it stands, for the reader of counts to judge.
func orZero(v gjson.Result) string {
	if v.Type != gjson.Number {
		return "0"
	}
	return v.Raw
}

// cohereStream turns the events of a stream into chat chunks.
type cohereStream struct {
	calls  int
	argued bool // the open call has shown arguments
}

// NewCohereStream reads the provider's stream r as a stream of chat chunks.
func NewCohereStream(r io.Reader) io.Reader {
	s := &cohereStream{}
	return newTranslated(NewEventReader(r), s.event)
}

func (s *cohereStream) event(dst, data []byte) []byte {
	if !gjson.ValidBytes(data) {
		return append(append(append(dst, "data: "...), data...), "\n\n"...) // the rewriter says what is wrong
	}
	e := gjson.ParseBytes(data)
	message := e.Get("delta.message")
	switch kind := e.Get("type").String(); kind {
	case "content-start", "content-delta":
		if thought := message.Get("content.thinking"); thought.Type == gjson.String {
			return cohereThought(dst, "reasoning.text", "text", thought)
		}
		return appendDelta(dst, `"content":`, message.Get("content.text"))
	case "tool-plan-delta":
		return cohereThought(dst, "reasoning.summary", "summary", message.Get("tool_plan"))
	case "tool-call-start":
		call := message.Get("tool_calls")
		s.argued = false
		dst = strconv.AppendInt(append(openDelta(dst), `"tool_calls":[{"index":`...), int64(s.calls), 10)
		s.calls++
		dst = append(append(dst, `,"type":"function","id":`...), orRaw(call.Get("id"), `""`)...)
		dst = append(append(dst, `,"function":{"name":`...), orRaw(call.Get("function.name"), `""`)...)
		dst = closeDelta(append(dst, `,"arguments":""}}]`...))
		if piece := call.Get("function.arguments"); piece.Type == gjson.String && piece.Raw != `""` {
			return s.arguments(dst, piece.Raw)
		}
		return dst
	case "tool-call-delta":
		if piece := message.Get("tool_calls.function.arguments"); piece.Type == gjson.String && piece.Raw != `""` && s.calls > 0 {
			return s.arguments(dst, piece.Raw)
		}
	case "tool-call-end":
		if s.calls > 0 && !s.argued { // clients read the arguments as JSON
			return s.arguments(dst, `"{}"`)
		}
	case "message-end":
		return s.end(dst, e.Get("delta"))
	default:
		if kind == "" && e.Get("message").Type == gjson.String {
			return appendFailure(dst, e, e)
		}
	}
	return append(dst, ": alive\n\n"...)
}

func cohereThought(dst []byte, kind, member string, text gjson.Result) []byte {
	if text.Type != gjson.String || text.Raw == `""` {
		return append(dst, ": alive\n\n"...)
	}
	dst = append(append(openDelta(dst), `"reasoning":`+text.Raw+`,"reasoning_details":[`...), appendCohereThought(nil, kind, member, text.Raw)...)
	return closeDelta(append(dst, ']'))
}

func (s *cohereStream) arguments(dst []byte, quoted string) []byte {
	s.argued = true
	dst = strconv.AppendInt(append(openDelta(dst), `"tool_calls":[{"index":`...), int64(s.calls-1), 10)
	return closeDelta(append(dst, `,"function":{"arguments":`+quoted+`}}]`...))
}

// end writes the last chunk, or the error that ended the answer.
func (s *cohereStream) end(dst []byte, delta gjson.Result) []byte {
	finish := delta.Get("finish_reason")
	if why := delta.Get("error"); why.Type == gjson.String || finish.String() == "ERROR" || finish.String() == "TIMEOUT" {
		return append(append(append(dst, `data: {"error":{"code":"server_error","message":`...), orRaw(why, `"The model failed."`)...), "}}\n\n"...)
	}
	dst = append(append(append(dst, `data: {"choices":[{"index":0,"delta":{},"finish_reason":`...), orRaw(finish, `"COMPLETE"`)...), "}]"...)
	dst = append(appendCohereUsage(dst, delta.Get("usage")), "}\n\n"...)
	return append(dst, Done...)
}

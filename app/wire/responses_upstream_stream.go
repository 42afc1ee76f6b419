package wire

import (
	"io"
	"strconv"

	"github.com/tidwall/gjson"
)

// responsesStream turns the events of the Responses dialect into chat chunks.
type responsesStream struct {
	format   string
	calls    int // tool calls begun
	thoughts int // items of thinking begun
	items    map[int64]*streamedItem
}

// streamedItemsMax bounds what is remembered of a stream: no answer has nearly so many items.
const streamedItemsMax = 1 << 12

// streamedItem is one item of the output, by its place there.
type streamedItem struct {
	index int  // among its kind
	said  bool // something of it has been passed on
}

// NewResponsesStream reads the provider's stream r as a stream of chat chunks. The format is that of
// the provider's thinking.
func NewResponsesStream(r io.Reader, format string) io.Reader {
	s := &responsesStream{format: format, items: map[int64]*streamedItem{}}
	return newTranslated(NewEventReader(r), s.event)
}

func (s *responsesStream) event(dst, data []byte) []byte {
	if !gjson.ValidBytes(data) {
		return append(append(append(dst, "data: "...), data...), "\n\n"...) // the rewriter says what is wrong
	}
	e := gjson.ParseBytes(data)
	at := e.Get("output_index").Int()
	switch e.Get("type").String() {
	case "response.output_item.added":
		return s.added(dst, e.Get("item"), at)
	case "response.output_text.delta":
		s.item(at).said = true
		return appendDelta(dst, `"content":`, e.Get("delta"))
	case "response.refusal.delta":
		s.item(at).said = true
		return appendDelta(dst, `"refusal":`, e.Get("delta"))
	case "response.reasoning_summary_part.added":
		if e.Get("summary_index").Int() > 0 {
			return s.think(dst, at, `"\n\n"`, "reasoning.summary", "summary", e.Get("item_id"))
		}
	case "response.reasoning_summary_text.delta":
		return s.think(dst, at, e.Get("delta").Raw, "reasoning.summary", "summary", e.Get("item_id"))
	case "response.reasoning_text.delta":
		return s.think(dst, at, e.Get("delta").Raw, "reasoning.text", "text", e.Get("item_id"))
	case "response.function_call_arguments.delta":
		return s.arguments(dst, at, e.Get("delta"))
	case "response.output_text.annotation.added":
		if list := appendCitation(nil, e.Get("annotation")); len(list) > 0 {
			return closeDelta(append(append(append(openDelta(dst), `"annotations":[`...), list...), ']'))
		}
	case "response.output_item.done":
		return s.done(dst, e.Get("item"), at)
	case "response.completed", "response.incomplete":
		return s.end(dst, e.Get("response"))
	case "response.failed":
		return appendFailure(dst, e.Get("response.error"), e)
	case "error":
		return appendFailure(dst, e.Get("error"), e)
	}
	return append(dst, ": alive\n\n"...)
}

// appendFailure writes an error as a chunk: the inner object, or all of the event where it has none.
func appendFailure(dst []byte, inner, whole gjson.Result) []byte {
	if !inner.IsObject() {
		inner = whole
	}
	return append(append(append(dst, `data: {"error":`...), inner.Raw...), "}\n\n"...)
}

func openDelta(dst []byte) []byte { return append(dst, `data: {"choices":[{"index":0,"delta":{`...) }

func closeDelta(dst []byte) []byte { return append(dst, "},\"finish_reason\":null}]}\n\n"...) }

func appendDelta(dst []byte, name string, v gjson.Result) []byte {
	if v.Type != gjson.String || v.Raw == `""` {
		return append(dst, ": alive\n\n"...)
	}
	return closeDelta(append(append(openDelta(dst), name...), v.Raw...))
}

func (s *responsesStream) item(at int64) *streamedItem {
	it := s.items[at]
	if it == nil {
		it = &streamedItem{}
		if len(s.items) < streamedItemsMax {
			s.items[at] = it
		}
	}
	return it
}

// added begins an item.
func (s *responsesStream) added(dst []byte, item gjson.Result, at int64) []byte {
	switch item.Get("type").String() {
	case "reasoning":
		s.item(at).index = s.thoughts
		s.thoughts++
	case "function_call":
		s.item(at).index = s.calls
		dst = strconv.AppendInt(append(openDelta(dst), `"tool_calls":[{"index":`...), int64(s.calls), 10)
		s.calls++
		dst = append(append(dst, `,"type":"function","id":`...), orRaw(item.Get("call_id"), `""`)...)
		dst = append(append(dst, `,"function":{"name":`...), orRaw(item.Get("name"), `""`)...)
		return closeDelta(append(dst, `,"arguments":""}}]`...))
	}
	return append(dst, ": alive\n\n"...)
}

func (s *responsesStream) arguments(dst []byte, at int64, piece gjson.Result) []byte {
	if piece.Type != gjson.String || piece.Raw == `""` {
		return append(dst, ": alive\n\n"...)
	}
	it := s.item(at)
	it.said = true
	dst = strconv.AppendInt(append(openDelta(dst), `"tool_calls":[{"index":`...), int64(it.index), 10)
	return closeDelta(append(append(append(dst, `,"function":{"arguments":`...), piece.Raw...), "}}]"...))
}

// think passes on a piece of thinking, quoted.
func (s *responsesStream) think(dst []byte, at int64, quoted, kind, member string, id gjson.Result) []byte {
	if len(quoted) < 3 || quoted[0] != '"' {
		return append(dst, ": alive\n\n"...)
	}
	it := s.item(at)
	it.said = true
	dst = append(append(openDelta(dst), `"reasoning":`+quoted+`,"reasoning_details":[`...), appendResponsesThought(nil, kind, member, quoted, id, s.format, it.index)...)
	return closeDelta(append(dst, ']'))
}

// done ends an item: what did not come in pieces comes now, and the thinking in the form that can
// be sent back.
func (s *responsesStream) done(dst []byte, item gjson.Result, at int64) []byte {
	it := s.item(at)
	switch item.Get("type").String() {
	case "message":
		if it.said {
			break
		}
		whole := responsesSaid{format: s.format}
		whole.item(item)
		if whole.spoke && whole.text != "" || whole.refusal != "" {
			return closeDelta(append(openDelta(dst), whole.append(nil)[1:]...))
		}
	case "function_call":
		if !it.said {
			return s.arguments(dst, at, gjson.Parse(argumentsOf(item)))
		}
	case "reasoning":
		whole := responsesSaid{format: s.format, thoughts: it.index}
		whole.item(item)
		if data := item.Get("encrypted_content"); it.said && data.Type == gjson.String {
			whole.thinking = ""
			whole.details = appendResponsesThought(nil, "reasoning.encrypted", "data", data.Raw, item.Get("id"), s.format, it.index)
		} else if it.said {
			break
		}
		if len(whole.details) == 0 {
			break
		}
		dst = openDelta(dst)
		if whole.thinking != "" {
			dst = append(appendString(append(dst, `"reasoning":`...), whole.thinking), ',')
		}
		return closeDelta(append(append(append(dst, `"reasoning_details":[`...), whole.details...), ']'))
	}
	return append(dst, ": alive\n\n"...)
}

// end writes the last chunk, with the counts.
func (s *responsesStream) end(dst []byte, response gjson.Result) []byte {
	dst = append(dst, `data: {"choices":[{"index":0,"delta":{},`...)
	dst = append(appendResponsesFinish(dst, response, s.calls > 0), "}]"...)
	dst = append(appendResponsesTail(dst, response), "}\n\n"...)
	return append(dst, Done...)
}

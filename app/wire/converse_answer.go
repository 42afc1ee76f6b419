package wire

import (
	"io"
	"strconv"

	"github.com/tidwall/gjson"
)

// AppendConverseAnswer turns a plain answer of the Converse dialect into one of the chat dialect,
// for the rewriter to read.
func AppendConverseAnswer(dst, body []byte) ([]byte, error) {
	if !gjson.ValidBytes(body) {
		return dst, ErrNotJSON
	}
	root := gjson.ParseBytes(body)
	blocks := root.Get("output.message.content")
	if !blocks.IsArray() {
		return dst, ErrNotJSON
	}
	var text, thinking, details, calls []byte
	spoke, thoughts := false, 0
	for _, block := range blocks.Array() {
		if t := block.Get("text"); t.Type == gjson.String {
			text, spoke = append(text, t.Raw[1:len(t.Raw)-1]...), true
		}
		if reasoning := block.Get("reasoningContent"); reasoning.IsObject() {
			if t := reasoning.Get("reasoningText.text"); t.Type == gjson.String {
				thinking = append(thinking, t.Raw[1:len(t.Raw)-1]...)
			}
			details = appendConverseThought(orComma(details), reasoning, thoughts)
			thoughts++
		}
		if use := block.Get("toolUse"); use.IsObject() {
			calls = append(append(orComma(calls), `{"type":"function","id":`...), orRaw(use.Get("toolUseId"), `""`)...)
			calls = append(append(calls, `,"function":{"name":`...), orRaw(use.Get("name"), `""`)...)
			calls = append(appendString(append(calls, `,"arguments":`...), orObject(use.Get("input"))), "}}"...)
		}
	}
	dst = append(dst, `{"choices":[{"index":0,"message":{"role":"assistant","content":`...)
	if spoke {
		dst = append(append(append(dst, '"'), text...), '"')
	} else {
		dst = append(dst, "null"...)
	}
	if len(thinking) > 0 {
		dst = append(append(append(dst, `,"reasoning":"`...), thinking...), '"')
	}
	if len(details) > 0 {
		dst = append(append(append(dst, `,"reasoning_details":[`...), details...), ']')
	}
	if len(calls) > 0 {
		dst = append(append(append(dst, `,"tool_calls":[`...), calls...), ']')
	}
	dst = append(append(append(dst, `},"finish_reason":`...), orRaw(root.Get("stopReason"), `"stop"`)...), "}]"...)
	if u := root.Get("usage"); u.IsObject() {
		dst = appendConverseUsage(append(dst, ','), u)
	}
	return append(dst, '}'), nil
}

// appendConverseThought writes a block of thinking as a reasoning detail that can be sent back.
func appendConverseThought(dst []byte, reasoning gjson.Result, index int) []byte {
	dst = append(dst, `{"type":`...)
	if data := reasoning.Get("redactedContent"); data.Type == gjson.String {
		dst = append(append(dst, `"reasoning.encrypted","data":`...), data.Raw...)
	} else {
		inner := reasoning.Get("reasoningText")
		if !inner.IsObject() {
			inner = reasoning // the pieces of a stream are not wrapped
		}
		dst = append(dst, `"reasoning.text"`...)
		for _, name := range [...]string{"text", "signature"} {
			if v := inner.Get(name); v.Type == gjson.String {
				dst = append(append(append(append(dst, `,"`...), name...), `":`...), v.Raw...)
			}
		}
	}
	return append(strconv.AppendInt(append(dst, `,"format":"`+FormatConverse+`","index":`...), int64(index), 10), '}')
}

// appendConverseUsage writes the member usage of the chat dialect. The input here excludes what
// was read from and written to the cache.
func appendConverseUsage(dst []byte, u gjson.Result) []byte {
	counts := anthropicCounts{input: u.Get("inputTokens").Int(), output: u.Get("outputTokens").Int(),
		read: u.Get("cacheReadInputTokens").Int(), created: u.Get("cacheWriteInputTokens").Int()}
	for _, d := range u.Get("cacheDetails").Array() {
		counts.split = true
		if d.Get("ttl").String() == "1h" {
			counts.long += d.Get("inputTokens").Int()
		} else {
			counts.short += d.Get("inputTokens").Int()
		}
	}
	return counts.append(dst)
}

// converseStream turns the events of a stream, each an object with one member named as the event,
// into chat chunks.
type converseStream struct {
	calls, thoughts    int
	inCall, argued, in bool // in: a block of thinking is open
}

// NewConverseStream reads a stream of the Converse dialect, whose frames have become events, as a
// stream of chat chunks.
func NewConverseStream(r io.Reader) io.Reader {
	s := &converseStream{}
	return newTranslated(NewEventReader(r), s.event)
}

func (s *converseStream) event(dst, data []byte) []byte {
	if !gjson.ValidBytes(data) {
		return append(append(append(dst, "data: "...), data...), "\n\n"...) // the rewriter says what is wrong
	}
	root := gjson.ParseBytes(data)
	open := func() []byte { return append(dst, `data: {"choices":[{"index":0,"delta":{"role":"assistant"`...) }
	const shut = "},\"finish_reason\":null}]}\n\n"
	switch {
	case root.Get("error").Exists():
		return append(append(append(dst, "data: "...), data...), "\n\n"...)
	case root.Get("contentBlockStart").Exists():
		use := root.Get("contentBlockStart.start.toolUse")
		if !use.IsObject() {
			return append(dst, ": alive\n\n"...)
		}
		s.inCall, s.argued = true, false
		dst = strconv.AppendInt(append(open(), `,"tool_calls":[{"index":`...), int64(s.calls), 10)
		s.calls++
		dst = append(append(dst, `,"type":"function","id":`...), orRaw(use.Get("toolUseId"), `""`)...)
		dst = append(append(dst, `,"function":{"name":`...), orRaw(use.Get("name"), `""`)...)
		return append(append(dst, `,"arguments":""}}]`...), shut...)
	case root.Get("contentBlockDelta").Exists():
		out := s.delta(open(), root.Get("contentBlockDelta.delta"))
		return append(out, shut...)
	case root.Get("contentBlockStop").Exists():
		missing := s.inCall && !s.argued
		if s.inCall = false; s.in {
			s.in = false
			s.thoughts++
		}
		if missing { // clients read the arguments as JSON
			return append(s.arguments(open(), `"{}"`), shut...)
		}
		return append(dst, ": alive\n\n"...)
	case root.Get("messageStop").Exists():
		dst = append(append(open(), `},"finish_reason":`...), orRaw(root.Get("messageStop.stopReason"), `"stop"`)...)
		return append(dst, "}]}\n\n"...)
	case root.Get("metadata.usage").IsObject():
		return append(appendConverseUsage(append(dst, `data: {"choices":[],`...), root.Get("metadata.usage")), "}\n\n"...)
	}
	return append(dst, ": alive\n\n"...)
}

// delta writes one piece of a block into an open chunk.
func (s *converseStream) delta(dst []byte, d gjson.Result) []byte {
	if text := d.Get("text"); text.Type == gjson.String {
		return append(append(dst, `,"content":`...), text.Raw...)
	}
	if piece := d.Get("toolUse.input"); piece.Type == gjson.String && piece.Raw != `""` && s.inCall {
		s.argued = true
		return s.arguments(dst, piece.Raw)
	}
	reasoning := d.Get("reasoningContent")
	if !reasoning.IsObject() {
		return dst
	}
	s.in = true
	if text := reasoning.Get("text"); text.Type == gjson.String {
		dst = append(append(dst, `,"reasoning":`...), text.Raw...)
	}
	return append(appendConverseThought(append(dst, `,"reasoning_details":[`...), reasoning, s.thoughts), ']')
}

func (s *converseStream) arguments(dst []byte, quoted string) []byte {
	dst = strconv.AppendInt(append(dst, `,"tool_calls":[{"index":`...), int64(s.calls-1), 10)
	return append(append(append(dst, `,"function":{"arguments":`...), quoted...), "}}]"...)
}

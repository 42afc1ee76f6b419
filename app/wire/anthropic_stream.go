package wire

import (
	"io"
	"strconv"

	"github.com/tidwall/gjson"
)

// anthropicStream reads a stream of the Messages dialect and is read as one of the chat dialect.
type anthropicStream struct {
	events *EventReader
	out    []byte // translated and not yet read
	at     int
	err    error

	counts  anthropicCounts
	calls   int  // tool calls begun
	inCall  bool // the open block is one
	argued  bool // the open call has shown arguments
	thought int  // index of the open block of thinking among the details
}

// NewAnthropicStream reads the provider's stream r as a stream of chat chunks.
func NewAnthropicStream(r io.Reader) io.Reader {
	return &anthropicStream{events: NewEventReader(r), thought: -1}
}

// Read returns what has been translated, waiting for the provider when there is nothing.
func (s *anthropicStream) Read(p []byte) (int, error) {
	for s.at == len(s.out) {
		if s.err != nil {
			return 0, s.err
		}
		s.out, s.at = s.out[:0], 0
		kind, data, err := s.events.Next()
		if err != nil {
			s.err = err
			continue
		}
		switch kind {
		case EventComment:
			s.out = append(s.out, ": alive\n\n"...)
		case EventDone:
			s.out = append(s.out, Done...)
		case EventBare:
			s.out = append(s.out, data...)
		case EventError:
			s.fail(data)
		case EventData:
			s.event(data)
		}
	}
	n := copy(p, s.out[s.at:])
	s.at += n
	return n, nil
}

func (s *anthropicStream) fail(data []byte) {
	e := gjson.GetBytes(data, "error")
	if !gjson.ValidBytes(data) || !e.Exists() {
		s.out = append(append(append(s.out, "event: error\ndata: "...), data...), "\n\n"...)
		return
	}
	s.out = append(append(append(s.out, `data: {"error":`...), e.Raw...), "}\n\n"...)
}

func (s *anthropicStream) event(data []byte) {
	if !gjson.ValidBytes(data) {
		s.out = append(append(append(s.out, "data: "...), data...), "\n\n"...) // the rewriter says what is wrong
		return
	}
	e := gjson.ParseBytes(data)
	switch e.Get("type").String() {
	case "message_start":
		s.counts.overlay(e.Get("message.usage"))
		s.open()
		s.out = append(s.out, `"role":"assistant","content":""`...)
		s.close("")
	case "content_block_start":
		s.start(e.Get("content_block"))
	case "content_block_delta":
		s.delta(e.Get("delta"))
	case "content_block_stop":
		s.stop()
	case "message_delta":
		s.counts.overlay(e.Get("usage"))
		s.open()
		s.close(orRaw(e.Get("delta.stop_reason"), ""))
	case "message_stop":
		s.out = append(s.out, Done...)
	case "error":
		s.fail(data)
	default: // a ping, or what nobody knows yet: it lives
		s.out = append(s.out, ": alive\n\n"...)
	}
}

// open starts a chunk, close ends it, with the usage when it is the last.
func (s *anthropicStream) open() {
	s.out = append(s.out, `data: {"choices":[{"index":0,"delta":{`...)
}

func (s *anthropicStream) close(finish string) {
	if finish == "" {
		s.out = append(s.out, "},\"finish_reason\":null}]}\n\n"...)
		return
	}
	s.out = append(append(append(s.out, `},"finish_reason":`...), finish...), "}],"...)
	s.out = append(s.counts.append(s.out), "}\n\n"...)
}

func (s *anthropicStream) start(block gjson.Result) {
	switch block.Get("type").String() {
	case "tool_use":
		s.inCall, s.argued = true, false
		s.open()
		s.out = strconv.AppendInt(append(s.out, `"tool_calls":[{"index":`...), int64(s.calls), 10)
		s.out = append(append(s.out, `,"type":"function","id":`...), orRaw(block.Get("id"), `""`)...)
		s.out = append(append(s.out, `,"function":{"name":`...), orRaw(block.Get("name"), `""`)...)
		s.out = append(s.out, `,"arguments":""}}]`...)
		s.close("")
		s.calls++
		if input := block.Get("input"); input.IsObject() && !isEmptyObject(input.Raw) {
			s.arguments(appendString(nil, input.Raw))
		}
	case "text":
		s.text(block.Get("text"))
	case "thinking":
		s.thought++
		s.think(block.Get("thinking"))
	case "redacted_thinking":
		s.thought++
		s.detail(`"type":"reasoning.encrypted","data":`, block.Get("data"))
	}
}

func isEmptyObject(raw string) bool { return skipSpace([]byte(raw), 1) == len(raw)-1 }

func (s *anthropicStream) delta(d gjson.Result) {
	switch d.Get("type").String() {
	case "text_delta":
		s.text(d.Get("text"))
	case "thinking_delta":
		s.think(d.Get("thinking"))
	case "signature_delta":
		s.detail(`"type":"reasoning.text","signature":`, d.Get("signature"))
	case "input_json_delta":
		if piece := d.Get("partial_json"); s.inCall && piece.Type == gjson.String && piece.Raw != `""` {
			s.arguments([]byte(piece.Raw))
		}
	}
}

// stop ends a block. A call without arguments has an empty object of them: clients read it as
// JSON.
func (s *anthropicStream) stop() {
	if s.inCall && !s.argued {
		s.arguments([]byte(`"{}"`))
	}
	s.inCall = false
}

func (s *anthropicStream) text(text gjson.Result) {
	if text.Type != gjson.String || text.Raw == `""` {
		return
	}
	s.open()
	s.out = append(append(s.out, `"content":`...), text.Raw...)
	s.close("")
}

func (s *anthropicStream) arguments(quoted []byte) {
	s.argued = true
	s.open()
	s.out = strconv.AppendInt(append(s.out, `"tool_calls":[{"index":`...), int64(s.calls-1), 10)
	s.out = append(append(s.out, `,"function":{"arguments":`...), quoted...)
	s.out = append(s.out, "}}]"...)
	s.close("")
}

func (s *anthropicStream) think(text gjson.Result) {
	if text.Type != gjson.String || text.Raw == `""` {
		return
	}
	s.open()
	s.out = append(append(s.out, `"reasoning":`...), text.Raw...)
	s.out = append(append(s.out, `,"reasoning_details":[{"type":"reasoning.text","text":`...), text.Raw...)
	s.detailEnd()
}

func (s *anthropicStream) detail(head string, value gjson.Result) {
	if value.Type != gjson.String || value.Raw == `""` {
		return
	}
	s.open()
	s.out = append(append(append(s.out, `"reasoning_details":[{`...), head...), value.Raw...)
	s.detailEnd()
}

func (s *anthropicStream) detailEnd() {
	s.out = strconv.AppendInt(append(s.out, `,"format":"`+FormatAnthropic+`","index":`...), int64(max(s.thought, 0)), 10)
	s.out = append(s.out, "}]"...)
	s.close("")
}

package wire

import (
	"strconv"

	"github.com/tidwall/gjson"
)

// openItem is the item of the output that is being written.
type openItem struct {
	kind      string // message, reasoning, function_call; "" when none is open
	id        string
	call      int64 // index of the tool call
	callID    string
	name      string
	text      []byte // content, thinking, or arguments
	signature string // quoted, of thinking
	format    string // quoted, of thinking
	summary   bool   // of the thinking, which is kept back
}

// place says where an event belongs.
func (s *ResponsesSkin) place(part bool) string {
	where := `"item_id":"` + s.open.id + `","output_index":` + strconv.Itoa(s.count)
	switch {
	case part && s.open.summary:
		where += `,"summary_index":0`
	case part:
		where += `,"content_index":0`
	}
	return where
}

var itemPrefix = map[string]string{"message": "msg_", "reasoning": "rs_", "function_call": "fc_"}

// begin opens an item unless one of its kind is open.
func (s *ResponsesSkin) begin(dst []byte, item openItem) []byte {
	if s.open.kind == item.kind && (item.id == "" || item.id == s.open.id) {
		return dst
	}
	dst = s.end(dst, "completed")
	if item.id == "" {
		item.id = itemPrefix[item.kind] + s.head.ID + "_" + strconv.Itoa(s.count)
	}
	s.open = item
	if s.tools[item.name].custom && item.kind == "function_call" {
		return dst
	}
	dst = s.event(dst, "response.output_item.added", `"output_index":`+strconv.Itoa(s.count)+`,"item":`+string(s.item("in_progress", false)))
	if part := s.part(""); part != "" && item.signature == "" {
		dst = s.event(dst, s.partEvent("added"), s.place(true)+`,"part":`+part)
	}
	return dst
}

// part is the open item's one part of content with a text; "" when it has none.
func (s *ResponsesSkin) part(text string) string {
	quoted := string(appendString(nil, text))
	switch s.open.kind {
	case "message":
		return `{"type":"output_text","text":` + quoted + `,"annotations":[],"logprobs":[]}`
	case "reasoning":
		if s.open.summary {
			return `{"type":"summary_text","text":` + quoted + `}`
		}
		return `{"type":"reasoning_text","text":` + quoted + `}`
	}
	return ""
}

// partEvent names an event about the open item's part.
func (s *ResponsesSkin) partEvent(what string) string {
	if s.open.summary {
		return "response.reasoning_summary_part." + what
	}
	return "response.content_part." + what
}

// item writes the open item, with what it has when it is whole.
func (s *ResponsesSkin) item(status string, whole bool) []byte {
	var o objectWriter
	text := ""
	if whole {
		text = string(s.open.text)
	}
	o.text("id", s.open.id)
	switch s.open.kind {
	case "message":
		o.raw("type", `"message"`)
		o.raw("role", `"assistant"`)
		o.text("status", status)
		if whole {
			o.raw("content", "["+s.part(text)+"]")
		} else {
			o.raw("content", "[]")
		}
	case "reasoning":
		o.raw("type", `"reasoning"`)
		o.text("status", status)
		switch has := whole && text != ""; {
		case has && s.open.summary:
			o.raw("summary", "["+s.part(text)+"]")
		case has:
			o.raw("summary", "[]")
			o.raw("content", "["+s.part(text)+"]")
		default:
			o.raw("summary", "[]")
		}
		if whole && s.open.signature != "" {
			o.b = append(append(o.b, ','), s.open.signature...)
		}
		o.raw("format", s.open.format)
	case "function_call":
		o.text("call_id", s.open.callID)
		o.text("name", s.called().name)
		if space := s.called().namespace; space != "" {
			o.text("namespace", space)
		}
		o.text("status", status)
		if s.called().custom {
			o.raw("type", `"custom_tool_call"`)
			o.text("input", gjson.Get(text, "input").String())
			break
		}
		o.raw("type", `"function_call"`)
		o.text("arguments", text)
	}
	return o.done()
}

// called is the tool of the open item; one that the client does not have keeps its name.
func (s *ResponsesSkin) called() responsesTool {
	if tool, known := s.tools[s.open.name]; known {
		return tool
	}
	return responsesTool{name: s.open.name}
}

// end closes the open item.
func (s *ResponsesSkin) end(dst []byte, status string) []byte {
	if s.open.kind == "" {
		return dst
	}
	text := string(appendString(nil, s.open.text))
	item := string(s.item(status, true))
	index := `"output_index":` + strconv.Itoa(s.count) + `,"item":`
	switch {
	case s.open.kind == "message":
		dst = s.event(dst, "response.output_text.done", s.place(true)+`,"text":`+text+`,"logprobs":[]`)
		dst = s.event(dst, "response.content_part.done", s.place(true)+`,"part":`+s.part(string(s.open.text)))
	case s.open.kind == "reasoning" && len(s.open.text) > 0:
		kind := "response.reasoning_text.done"
		if s.open.summary {
			kind = "response.reasoning_summary_text.done"
		}
		dst = s.event(dst, kind, s.place(true)+`,"text":`+text)
		dst = s.event(dst, s.partEvent("done"), s.place(true)+`,"part":`+s.part(string(s.open.text)))
	case s.called().custom:
		dst = s.event(dst, "response.output_item.added", index+item)
		input := string(appendString(nil, gjson.GetBytes(s.open.text, "input").String()))
		dst = s.event(dst, "response.custom_tool_call_input.delta", s.place(false)+`,"delta":`+input)
		dst = s.event(dst, "response.custom_tool_call_input.done", s.place(false)+`,"input":`+input)
	case s.open.kind == "function_call":
		dst = s.event(dst, "response.function_call_arguments.done", s.place(false)+`,"name":`+string(appendString(nil, s.called().name))+`,"arguments":`+text)
	}
	dst = s.event(dst, "response.output_item.done", index+item)
	s.items = append(orComma(s.items), item...)
	s.count++
	s.open = openItem{}
	return dst
}

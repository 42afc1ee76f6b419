package wire

import (
	"strings"

	"github.com/tidwall/gjson"
)

// conversation writes the messages: instructions go to the top, results of tools become the
// user's, and turns of one side that follow each other become one.
func (a *anthropicRequest) conversation() *Error {
	for i, m := range a.member("messages").Array() {
		var fault *Error
		switch role := m.Get("role").String(); role {
		case "system", "developer":
			a.instructions(m.Get("content"), m)
		case "assistant":
			a.turn("assistant")
			fault = a.assistant(m, i)
		case "tool", "function":
			a.turn("user")
			fault = a.result(m, i)
		default:
			a.turn("user")
			fault = a.parts(m.Get("content"), m, i)
		}
		if fault != nil {
			return fault
		}
	}
	if a.role != "" {
		a.messages = append(a.messages, "]}"...)
	}
	if len(a.messages) == 0 {
		return Invalid("messages", "messages holds instructions only: add a message of the user.")
	}
	return nil
}

// turn opens a message of the role unless one is open.
func (a *anthropicRequest) turn(role string) {
	if a.role == role {
		return
	}
	if a.role != "" {
		a.messages = append(a.messages, "]},"...)
	}
	a.role = role
	a.messages = append(append(append(a.messages, `{"role":"`...), role...), `","content":[`...)
}

func (a *anthropicRequest) instructions(content, message gjson.Result) {
	add := func(text string, from gjson.Result) {
		a.system = append(separate(orOpen(a.system), '['), `{"type":"text","text":`...)
		a.system = append(appendCacheControl(append(a.system, text...), from), '}')
	}
	if content.Type == gjson.String && content.Raw != `""` {
		add(content.Raw, message)
		return
	}
	for _, part := range content.Array() {
		if text := part.Get("text"); text.Type == gjson.String && text.Raw != `""` {
			add(text.Raw, part)
		}
	}
}

// assistant writes an earlier answer: its thinking first, as the dialect demands, then its text,
// then its calls.
func (a *anthropicRequest) assistant(m gjson.Result, at int) *Error {
	start := len(a.messages)
	for _, d := range m.Get("reasoning_details").Array() {
		a.thought(d)
	}
	if fault := a.parts(m.Get("content"), m, at); fault != nil {
		return fault
	}
	for _, call := range m.Get("tool_calls").Array() {
		arguments := strings.TrimSpace(call.Get("function.arguments").String())
		if arguments == "" {
			arguments = "{}"
		}
		if arguments[0] != '{' || !gjson.Valid(arguments) {
			return Invalid("messages", "The arguments of a tool call in messages[%d] are not a JSON object.", at)
		}
		a.block(`{"type":"tool_use","id":`)
		a.messages = appendString(a.messages, toolID(call.Get("id").String()))
		a.messages = append(append(a.messages, `,"name":`...), orRaw(call.Get("function.name"), `""`)...)
		a.messages = append(append(a.messages, `,"input":`...), arguments...)
		a.messages = append(a.messages, '}')
	}
	if len(a.messages) == start { // it said nothing, which the dialect does not take
		a.block(`{"type":"text","text":"(no answer)"}`)
	}
	return nil
}

// thought writes one reasoning detail back to the vendor it came from.
func (a *anthropicRequest) thought(d gjson.Result) {
	if format := d.Get("format").String(); format != FormatAnthropic {
		return
	}
	switch signature := d.Get("signature"); {
	case d.Get("type").String() == "reasoning.encrypted" && d.Get("data").Type == gjson.String:
		a.block(`{"type":"redacted_thinking","data":`)
		a.messages = append(append(a.messages, d.Get("data").Raw...), '}')
	case signature.Type == gjson.String && signature.Raw != `""`: // unsigned it would be refused
		a.block(`{"type":"thinking","thinking":`)
		a.messages = append(append(a.messages, orRaw(d.Get("text"), `""`)...), `,"signature":`...)
		a.messages = append(append(a.messages, signature.Raw...), '}')
	}
}

// result writes what a tool gave back.
func (a *anthropicRequest) result(m gjson.Result, at int) *Error {
	a.block(`{"type":"tool_result","tool_use_id":`)
	a.messages = appendString(a.messages, toolID(m.Get("tool_call_id").String()))
	if content := m.Get("content"); content.Type == gjson.String {
		a.messages = append(append(a.messages, `,"content":`...), content.Raw...)
	} else {
		a.messages = append(a.messages, `,"content":[`...)
		if fault := a.parts(content, gjson.Result{}, at); fault != nil {
			return fault
		}
		a.messages = append(a.messages, ']')
	}
	if m.Get("is_error").Type == gjson.True {
		a.messages = append(a.messages, `,"is_error":true`...)
	}
	a.messages = append(appendCacheControl(a.messages, m), '}')
	return nil
}

// block starts the next block of an array.
func (a *anthropicRequest) block(open string) {
	a.messages = append(separate(a.messages, '['), open...)
}

// parts writes the content of a message as blocks.
func (a *anthropicRequest) parts(content, message gjson.Result, at int) *Error {
	if content.Type == gjson.String {
		a.text(content, message)
		return nil
	}
	for j, part := range content.Array() {
		switch kind := part.Get("type").String(); kind {
		case "text", "input_text", "refusal":
			text := part.Get("text")
			if kind == "refusal" {
				text = part.Get("refusal")
			}
			a.text(text, part)
		case "image_url", "input_image", "image":
			url := part.Get("image_url")
			if url.IsObject() {
				url = url.Get("url")
			}
			a.source("image", url.String(), part)
		case "file", "input_file":
			file := part.Get("file")
			data := file.Get("file_data").String()
			if data == "" {
				data = file.Get("url").String()
			}
			if data == "" {
				return Invalid("messages", "messages[%d].content[%d] names no file_data, which this provider needs.", at, j)
			}
			a.source("document", data, part)
		case "thinking": // of a turn that was kept in parts: without a signature it cannot go back
		default:
			return Invalid("messages", "messages[%d].content[%d] is of type %q, which this provider does not read.", at, j, clip(kind, nameShownMax))
		}
	}
	return nil
}

// text writes a block of text; the dialect refuses empty ones.
func (a *anthropicRequest) text(text, from gjson.Result) {
	if text.Type != gjson.String || strings.TrimSpace(text.String()) == "" {
		return
	}
	a.block(`{"type":"text","text":`)
	a.messages = append(appendCacheControl(append(a.messages, text.Raw...), from), '}')
}

// source writes an image or a document, given as a data URL, a link, or bare base64.
func (a *anthropicRequest) source(kind, url string, from gjson.Result) {
	url = a.o.inline(url)
	a.block(`{"type":"` + kind + `","source":`)
	head, data, inline := strings.Cut(url, ",")
	media, encoded := strings.CutSuffix(strings.TrimPrefix(head, "data:"), ";base64")
	switch {
	case !strings.HasPrefix(url, "data:") || !inline:
		a.messages = append(appendString(append(a.messages, `{"type":"url","url":`...), url), '}')
	case !encoded:
		a.messages = append(appendString(append(a.messages, `{"type":"text","media_type":"text/plain","data":`...), data), '}')
	default:
		a.messages = appendString(append(a.messages, `{"type":"base64","media_type":`...), media)
		a.messages = append(appendString(append(a.messages, `,"data":`...), data), '}')
	}
	a.messages = append(appendCacheControl(a.messages, from), '}')
}

// toolID is the id of a call with the letters that the dialect allows.
func toolID(id string) string {
	if id == "" {
		return "call_0"
	}
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-':
			return c
		}
		return '_'
	}, id)
}

package wire

import (
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// responsesRequest is one translation of a Responses request into the chat dialect.
type responsesRequest struct {
	root    *body
	out     objectWriter
	list    []byte                   // messages written so far
	tools   map[string]responsesTool // by the names that providers know
	ignored []string

	// What the assistant said, gathered from items of its own until somebody else speaks.
	content, details, calls []byte
	thought                 string
	speaking                bool
}

// responsesKept are the members that mean the same in a chat request.
var responsesKept = [...]string{"model", "models", "temperature", "top_p", "top_k", "presence_penalty", "frequency_penalty", "stream",
	"provider", "session_id", "user", "route", "plugins", "trace", "cache_control", "service_tier"}

// responsesRefused are the members that need a memory of earlier answers, which this API does not
// keep here, or a worker in the background.
var responsesRefused = [...]string{"previous_response_id", "conversation", "prompt"}

func (q *responsesRequest) chat() ([]byte, *Error) {
	for _, name := range responsesRefused {
		if v := q.root.Get(name); v.Exists() && v.Type != gjson.Null {
			return nil, Invalid(name, "%s is not offered: nothing is stored here. Send the whole conversation as input.", name)
		}
	}
	if q.root.Get("background").Type == gjson.True {
		return nil, Invalid("background", "background is not offered: the answer comes with the request.")
	}
	for _, name := range responsesKept {
		q.out.copy(name, q.root.Get(name))
	}
	q.out.copy("max_tokens", q.root.Get("max_output_tokens"))
	q.form()
	q.readTools()
	if text := q.root.Get("instructions"); text.Type == gjson.String && text.Raw != `""` {
		q.message(`{"role":"system","content":` + text.Raw + `}`)
	}
	input := q.root.Get("input")
	q.list = slices.Grow(q.list, len(input.Raw)*5/4)
	switch {
	case input.Type == gjson.String:
		q.message(`{"role":"user","content":` + input.Raw + `}`)
	case !input.IsArray():
		return nil, Invalid("input", "input is missing: give a text or an array of items.")
	}
	for i, item := range input.Array() {
		if input.Type == gjson.String {
			break
		}
		if fault := q.item(item, i); fault != nil {
			return nil, fault
		}
	}
	q.spoken()
	q.out.list("messages", q.list)
	return q.out.done(), nil
}

// form reads the form of the answer and how much thinking goes into it.
func (q *responsesRequest) form() {
	switch format := q.root.Get("text.format"); format.Get("type").String() {
	case "json_schema":
		var schema objectWriter
		for _, name := range [...]string{"name", "description", "strict", "schema"} {
			schema.copy(name, format.Get(name))
		}
		q.out.raw("response_format", `{"type":"json_schema","json_schema":`+string(schema.done())+`}`)
	case "json_object":
		q.out.raw("response_format", `{"type":"json_object"}`)
	}
	q.out.copy("verbosity", q.root.Get("text.verbosity"))
	var reasoning objectWriter
	for _, name := range [...]string{"effort", "max_tokens", "enabled", "exclude"} {
		reasoning.copy(name, q.root.Get("reasoning."+name))
	}
	if len(reasoning.b) > 0 {
		q.out.bytes("reasoning", reasoning.done())
	}
}

func (q *responsesRequest) message(text string) { q.list = append(orComma(q.list), text...) }

// item reads one item of the input.
func (q *responsesRequest) item(item gjson.Result, at int) *Error {
	switch kind := item.Get("type").String(); kind {
	case "", "message":
		return q.turn(item, at)
	case "reasoning":
		q.reasoning(item)
	case "function_call", "custom_tool_call":
		q.speaking = true
		arguments := item.Get("arguments").String()
		if kind == "custom_tool_call" {
			arguments = `{"input":` + orRaw(item.Get("input"), `""`) + `}`
		}
		q.calls = append(orComma(q.calls), `{"type":"function","id":`+orRaw(item.Get("call_id"), `""`)+`,"function":{"name":`...)
		q.calls = appendString(q.calls, functionName(item.Get("namespace").String(), item.Get("name").String()))
		q.calls = append(q.calls, `,"arguments":`...)
		q.calls = append(appendString(q.calls, arguments), "}}"...)
	case "function_call_output", "custom_tool_call_output":
		q.spoken()
		return q.output(item, at)
	case "item_reference":
		return Invalid("input", "input[%d] refers to an item of an earlier answer, and nothing is stored here: send the item itself.", at)
	default:
		if !elsewhere(kind) {
			return Invalid("input", "input[%d] is of type %q, which is not offered here.", at, clip(kind, nameShownMax))
		}
		q.ignore("input." + clip(kind, nameShownMax))
	}
	return nil
}

// output writes what a tool gave back; pictures follow as a message of the user.
func (q *responsesRequest) output(item gjson.Result, at int) *Error {
	texts, pictures := []string{}, []byte(nil)
	if out := item.Get("output"); out.IsArray() {
		for j, part := range out.Array() {
			if text := part.Get("text"); text.Type == gjson.String {
				texts = append(texts, text.String())
				continue
			}
			p, fault := responsesPart(part, at, j)
			if fault != nil {
				return fault
			}
			pictures = append(orComma(pictures), p...)
		}
	} else {
		texts = append(texts, out.String())
	}
	var o objectWriter
	o.raw("role", `"tool"`)
	o.copy("tool_call_id", item.Get("call_id"))
	o.text("content", strings.Join(texts, "\n"))
	q.message(string(o.done()))
	if len(pictures) > 0 {
		q.message(`{"role":"user","content":[` + string(pictures) + `]}`)
	}
	return nil
}

// turn reads a message.
func (q *responsesRequest) turn(item gjson.Result, at int) *Error {
	var parts []byte
	content := item.Get("content")
	if role := item.Get("role").String(); content.Type == gjson.String && role == "user" {
		q.spoken()
		q.list = append(append(orComma(q.list), `{"role":"user","content":[{"type":"text","text":`...), content.Raw...)
		q.list = append(q.list, "}]}"...)
		return nil
	}
	if content.Type == gjson.String {
		parts = []byte(`{"type":"text","text":` + content.Raw + `}`)
	}
	for j, part := range content.Array() {
		if content.Type == gjson.String {
			break
		}
		p, fault := responsesPart(part, at, j)
		if fault != nil {
			return fault
		}
		parts = append(orComma(parts), p...)
	}
	role := item.Get("role").String()
	switch role {
	case "assistant":
		q.speaking = true
		if len(parts) > 0 {
			q.content = append(orComma(q.content), parts...)
		}
		return nil
	case "user", "system", "developer":
		q.spoken()
		q.message(`{"role":"` + role + `","content":[` + string(parts) + `]}`)
		return nil
	}
	return Invalid("input", "input[%d].role must be user, assistant, system or developer, not %q.", at, clip(role, nameShownMax))
}

// reasoning keeps the thinking of an earlier answer for the message that it belongs to.
func (q *responsesRequest) reasoning(item gjson.Result) {
	q.speaking = true
	text := ""
	for _, name := range [...]string{"content", "summary"} {
		for _, part := range item.Get(name).Array() {
			text += part.Get("text").String()
		}
		if text != "" {
			break
		}
	}
	q.thought += text
	var d objectWriter
	switch data, signature := item.Get("encrypted_content"), item.Get("signature"); {
	case data.Type == gjson.String:
		q.encrypted(item, data.String())
		return
	case signature.Type == gjson.String:
		d.raw("type", `"reasoning.text"`)
		d.text("text", text)
		d.copy("signature", signature)
	default:
		return
	}
	d.copy("format", item.Get("format"))
	q.details = append(orComma(q.details), d.done()...)
}

// encrypted keeps thinking that only its own vendor reads, and its summary where that belongs to it.
func (q *responsesRequest) encrypted(item gjson.Result, data string) {
	detail := appendUnsealed(nil, data, item.Get("format").String())
	q.details = append(orComma(q.details), detail...)
	id, format := gjson.GetBytes(detail, "id"), gjson.GetBytes(detail, "format")
	for _, part := range item.Get("summary").Array() {
		if text := part.Get("text"); text.Type == gjson.String && id.Exists() {
			var d objectWriter
			d.raw("type", `"reasoning.summary"`)
			d.copy("summary", text)
			d.copy("id", id)
			d.copy("format", format)
			q.details = append(orComma(q.details), d.done()...)
		}
	}
}

// spoken writes what the assistant said until now as one message.
func (q *responsesRequest) spoken() {
	if !q.speaking {
		return
	}
	var o objectWriter
	o.raw("role", `"assistant"`)
	if len(q.content) > 0 {
		o.raw("content", "["+string(q.content)+"]")
	} else {
		o.raw("content", "null")
	}
	if q.thought != "" {
		o.text("reasoning", q.thought)
	}
	if len(q.details) > 0 {
		o.raw("reasoning_details", "["+string(q.details)+"]")
	}
	if len(q.calls) > 0 {
		o.raw("tool_calls", "["+string(q.calls)+"]")
	}
	q.message(string(o.done()))
	q.content, q.details, q.calls, q.thought, q.speaking = nil, nil, nil, "", false
}

// responsesPart turns a part of a message into one of a chat message.
func responsesPart(part gjson.Result, at, j int) ([]byte, *Error) {
	switch kind := part.Get("type").String(); kind {
	case "input_text", "output_text", "text":
		return textPart(part), nil
	case "refusal":
		return []byte(`{"type":"text","text":` + orRaw(part.Get("refusal"), `""`) + `}`), nil
	case "input_image":
		var image objectWriter
		image.copy("url", part.Get("image_url"))
		image.copy("detail", part.Get("detail"))
		return []byte(`{"type":"image_url","image_url":` + string(image.done()) + `}`), nil
	case "input_file":
		var file objectWriter
		file.copy("filename", part.Get("filename"))
		if data := part.Get("file_data"); data.Type == gjson.String {
			file.copy("file_data", data)
		} else {
			file.copy("file_data", part.Get("file_url"))
		}
		return []byte(`{"type":"file","file":` + string(file.done()) + `}`), nil
	case "input_audio":
		return []byte(`{"type":"input_audio","input_audio":` + orObject(part.Get("input_audio")) + `}`), nil
	default:
		return nil, Invalid("input", "input[%d].content[%d] is of type %q, which is not offered here.", at, j, clip(kind, nameShownMax))
	}
}

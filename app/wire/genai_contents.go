package wire

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// conversation writes the turns as messages.
func (q *genaiRequest) conversation() *Error {
	if system := either(q.root, "systemInstruction"); system.Exists() && system.Type != gjson.Null {
		if text := genaiText(system); text != "" {
			q.message("system", appendString(nil, text), nil)
		}
	}
	contents := q.root.Get("contents")
	q.list = slices.Grow(q.list, len(contents.Raw)*5/4)
	if !contents.Exists() {
		return Invalid("contents", "contents is missing: give an array with at least one turn.")
	}
	for i, turn := range contents.Array() { // one object is an array of one
		if !turn.IsObject() {
			return wrongType("contents["+strconv.Itoa(i)+"]", "an object with role and parts", []byte(turn.Raw))
		}
		var fault *Error
		switch role := turn.Get("role").String(); role {
		case "user", "", "function", "tool":
			fault = q.user(turn.Get("parts"), i)
		case "model":
			fault = q.model(turn.Get("parts"), i)
		default:
			fault = Invalid("contents", "contents[%d].role must be user or model, not %q.", i, clip(role, nameShownMax))
		}
		if fault != nil {
			return fault
		}
	}
	return nil
}

// genaiText is the text of a content, or of a bare string.
func genaiText(content gjson.Result) string {
	if content.Type == gjson.String {
		return content.String()
	}
	var texts []string
	for _, part := range content.Get("parts").Array() {
		if text := part.Get("text"); text.Type == gjson.String {
			texts = append(texts, text.String())
		}
	}
	return strings.Join(texts, "\n")
}

// message appends one message; content is JSON, and may come with further members.
func (q *genaiRequest) message(role string, content []byte, more []byte) {
	q.list = append(append(append(orComma(q.list), `{"role":"`...), role...), `","content":`...)
	q.list = append(append(append(q.list, content...), more...), '}')
}

// user writes a turn of the user: the results of functions become messages of their own, in front.
func (q *genaiRequest) user(parts gjson.Result, at int) *Error {
	var list []byte
	for j, part := range parts.Array() {
		if part.Get("text").Type != gjson.String {
			if result := either(part, "functionResponse"); result.IsObject() {
				q.result(result)
				continue
			}
		}
		one, fault := genaiPart(part, at, j)
		if fault != nil {
			return fault
		}
		if one != nil {
			list = append(orComma(list), one...)
		}
	}
	if len(list) > 0 {
		q.message("user", append(append([]byte("["), list...), ']'), nil)
	}
	return nil
}

// result writes what a function gave back. Clients of this API may leave the ids of calls out; the
// first open call of the function is meant then.
func (q *genaiRequest) result(result gjson.Result) {
	id, name := result.Get("id").String(), result.Get("name").String()
	for i, call := range q.open {
		if id == call.id || id == "" && name == call.name {
			id = call.id
			q.open = append(q.open[:i:i], q.open[i+1:]...)
			break
		}
	}
	if id == "" {
		id = "call_" + name
	}
	more := appendString([]byte(`,"tool_call_id":`), id)
	q.message("tool", appendString(nil, orObject(result.Get("response"))), more)
}

// model writes an earlier answer of the model, with the signatures of what it thought.
func (q *genaiRequest) model(parts gjson.Result, at int) *Error {
	var list, calls, details []byte
	for j, part := range parts.Array() {
		id, call := "", gjson.Result{}
		if part.Get("text").Type != gjson.String {
			call = either(part, "functionCall")
		}
		switch {
		case call.IsObject():
			q.calls++
			if id = call.Get("id").String(); id == "" {
				id = "call_" + strconv.Itoa(q.calls)
			}
			q.open = append(q.open, genaiCall{id, call.Get("name").String()})
			calls = appendString(append(orComma(calls), `{"type":"function","id":`...), id)
			calls = append(append(calls, `,"function":{"name":`...), orRaw(call.Get("name"), `""`)...)
			calls = append(appendString(append(calls, `,"arguments":`...), orObject(call.Get("args"))), "}}"...)
		case part.Get("thought").Type == gjson.True:
		default:
			one, fault := genaiPart(part, at, j)
			if fault != nil {
				return fault
			}
			if one != nil {
				list = append(orComma(list), one...)
			}
		}
		if signature := either(part, "thoughtSignature"); signature.Type == gjson.String {
			details = append(append(orComma(details), `{"type":"reasoning.encrypted","format":"`+FormatGemini+`","data":`...), signature.Raw...)
			if id != "" {
				details = appendString(append(details, `,"id":`...), id)
			}
			details = append(details, '}')
		}
	}
	content := []byte("null")
	if len(list) > 0 {
		content = append(append([]byte("["), list...), ']')
	}
	var more []byte
	if len(details) > 0 {
		more = append(append(append(more, `,"reasoning_details":[`...), details...), ']')
	}
	if len(calls) > 0 {
		more = append(append(append(more, `,"tool_calls":[`...), calls...), ']')
	}
	q.message("assistant", content, more)
	return nil
}

// genaiPart turns one part into one of a chat message; nil when it says nothing.
func genaiPart(part gjson.Result, at, j int) ([]byte, *Error) {
	if text := part.Get("text"); text.Type == gjson.String {
		if text.Raw == `""` {
			return nil, nil
		}
		return append(append([]byte(`{"type":"text","text":`), text.Raw...), '}'), nil
	}
	if code := either(part, "executableCode").Get("code"); code.Exists() { // of a tool that ran at Google
		return append(append([]byte(`{"type":"text","text":`), orRaw(code, `""`)...), '}'), nil
	}
	if output := either(part, "codeExecutionResult").Get("output"); output.Exists() {
		return append(append([]byte(`{"type":"text","text":`), orRaw(output, `""`)...), '}'), nil
	}
	data, file := either(part, "inlineData"), either(part, "fileData")
	kind, link := either(file, "mimeType").String(), either(file, "fileUri").String()
	if data.IsObject() {
		kind = either(data, "mimeType").String()
		link = "data:" + kind + ";base64," + data.Get("data").String()
	}
	if link == "" {
		return nil, Invalid("contents", "contents[%d].parts[%d] is of a kind that is not offered here: use text, inlineData, fileData, functionCall or functionResponse.", at, j)
	}
	class, sub, _ := strings.Cut(kind, "/")
	switch {
	case class == "image":
		return append(appendString([]byte(`{"type":"image_url","image_url":{"url":`), link), "}}"...), nil
	case class == "video":
		return append(appendString([]byte(`{"type":"video_url","video_url":{"url":`), link), "}}"...), nil
	case class == "audio" && data.IsObject():
		out := append([]byte(`{"type":"input_audio","input_audio":{"data":`), orRaw(data.Get("data"), `""`)...)
		return append(appendString(append(out, `,"format":`...), strings.TrimPrefix(sub, "x-")), "}}"...), nil
	}
	return append(appendString([]byte(`{"type":"file","file":{"filename":"document","file_data":`), link), "}}"...), nil
}

package wire

import (
	"bytes"
	"hash/fnv"
	"strconv"
)

// checkMessages reads a conversation that has been checked to be JSON.
func checkMessages(r *ChatRequest, _ rule, value []byte) *Error {
	return r.conversation(&walker{b: value, sure: true})
}

// conversation reads the messages: roles, kinds of content, and how much text there is.
func (r *ChatRequest) conversation(w *walker) *Error {
	if !w.open('[') {
		return wrongType("messages", "an array of messages", w.value())
	}
	for first := true; w.element(&first); {
		if r.Messages == messagesMax {
			return Invalid("messages", "messages has more than %d entries.", messagesMax)
		}
		if fault := r.message(w); fault != nil {
			return fault
		}
		r.Messages++
	}
	if r.Messages == 0 {
		return Invalid("messages", "messages is empty: give at least one message.")
	}
	return nil
}

func (r *ChatRequest) at(part string) string {
	return "messages[" + strconv.Itoa(r.Messages) + "]" + part
}

func (r *ChatRequest) message(w *walker) *Error {
	if !w.open('{') {
		return wrongType(r.at(""), "an object with role and content", w.value())
	}
	start, role, system := w.i, false, false
	for first := true; ; {
		name, ok := w.member(&first)
		if !ok {
			break
		}
		var fault *Error
		switch string(name) {
		case "role":
			role = true
			value := w.value()
			system = bytes.Equal(value, []byte(`"system"`)) || bytes.Equal(value, []byte(`"developer"`))
			fault = r.role(value)
		case "content":
			fault = r.content(w)
		case "tool_calls":
			fault = r.toolCalls(w)
		case "reasoning", "reasoning_content":
			r.cleanMessage = true
			r.count(w)
		case "reasoning_details", "annotations", "images", "model", "native_finish_reason":
			r.cleanMessage = true
			w.value()
		case "cache_control", "is_error":
			r.cleanMessage = true
			w.value()
		case "name", "refusal", "tool_call_id":
			r.count(w)
		default:
			w.value()
		}
		if fault != nil {
			return fault
		}
	}
	if !role {
		return Invalid(r.at(".role"), "%s is missing: use %s.", r.at(".role"), roles)
	}
	r.open(w.b[start:w.i], system)
	return nil
}

// openingBytes is how much of a message tells conversations apart.
const openingBytes = 1 << 10

// open hashes the two messages with which a conversation begins.
func (r *ChatRequest) open(message []byte, system bool) {
	bit := uint8(1)
	if system {
		bit = 2
	}
	if r.opened&bit != 0 {
		return
	}
	r.opened |= bit
	h := fnv.New64a()
	_, _ = h.Write(message[:min(len(message), openingBytes)]) // it never fails
	r.Opening = r.Opening*31 + h.Sum64() + uint64(len(message))
}

const roles = "system, developer, user, assistant or tool"

func (r *ChatRequest) role(value []byte) *Error {
	if isString(value) {
		switch string(unquote(value)) {
		case "system", "developer", "user", "assistant", "tool", "function":
			return nil
		}
	}
	return Invalid(r.at(".role"), "%s must be %s, not %s.", r.at(".role"), roles, show(value))
}

// count steps over the next value and adds the tokens of it when it is a string.
func (r *ChatRequest) count(w *walker) {
	if w.peek() != '"' {
		w.value()
		return
	}
	if end := r.text.quoted(w.b, w.i); end > 0 {
		w.i = end
	} else {
		w.fail()
	}
}

func (r *ChatRequest) content(w *walker) *Error {
	switch w.peek() {
	case '"':
		r.count(w)
		return nil
	case 'n':
		w.value()
		return nil
	}
	if !w.open('[') {
		return wrongType(r.at(".content"), "a string or an array of parts", w.value())
	}
	n := 0
	for first := true; w.element(&first); n++ {
		if fault := r.part(w, n); fault != nil {
			return fault
		}
	}
	return nil
}

// part reads one part of a message: text is counted as text, anything else by what it is, so
// that the base64 of a picture never counts as words.
func (r *ChatRequest) part(w *walker, n int) *Error {
	at := func() string { return r.at(".content[" + strconv.Itoa(n) + "]") }
	if !w.open('{') {
		return wrongType(at(), "an object with a type", w.value())
	}
	var kind, payload []byte
	for first := true; ; {
		name, ok := w.member(&first)
		if !ok {
			break
		}
		switch string(name) {
		case "text", "refusal", "thinking":
			r.count(w)
			continue
		}
		value := w.value()
		switch string(name) {
		case "type":
			kind = value
		case "image_url", "video_url", "file":
			payload = value
			if fault := checkAddress(at()+"."+string(name), addressOf(value)); fault != nil {
				return fault
			}
		case "input_audio":
			payload = value
		case "cache_control", "prompt_cache_breakpoint":
			r.cleanMessage = true
		}
	}
	if !isString(kind) {
		return Invalid(at()+".type", "%s.type is missing: use text, image_url, input_audio or file.", at())
	}
	switch string(unquote(kind)) {
	case "image_url", "input_image", "image":
		r.Images++
		r.mediaTokens += imageTokens
	case "input_audio":
		r.Audios++
		r.mediaTokens += mediaSize(payload, audioTokens, audioBytesPerToken)
	case "video_url", "input_video":
		r.Videos++
		r.mediaTokens += videoTokens
	case "file", "input_file":
		r.Files++
		r.mediaTokens += mediaSize(payload, fileTokens, fileBytesPerToken)
	}
	return nil
}

// addressOf is where the content of a part lies: in the part itself, or as a member of it.
func addressOf(value []byte) []byte {
	if value[0] != '{' {
		return value
	}
	if url := memberOf(value, "url"); url != nil {
		return url
	}
	return memberOf(value, "file_data")
}

// mediaSize guesses the tokens of an encoded document or sound by its length; a link says
// nothing about its length and counts as a typical one.
func mediaSize(payload []byte, typical, bytesPerToken int64) int64 {
	const linkBytesMax = 4096
	if len(payload) < linkBytesMax {
		return typical
	}
	return min(max(int64(len(payload))*3/4/bytesPerToken, messageTokens), mediaTokensMax)
}

func (r *ChatRequest) toolCalls(w *walker) *Error {
	if w.peek() == 'n' {
		w.value()
		return nil
	}
	if !w.open('[') {
		return wrongType(r.at(".tool_calls"), "an array", w.value())
	}
	for first := true; w.element(&first); {
		call := w.value()
		if call == nil || call[0] != '{' {
			return wrongType(r.at(".tool_calls"), "an array of objects", call)
		}
		// The name, the arguments as a string, and the id: all of it is text to the model.
		r.text.JSON(call)
		r.text.Break()
	}
	return nil
}

// checkFormat asks for what the format needs: a schema is more than any JSON.
func checkFormat(r *ChatRequest, u rule, value []byte) *Error {
	w := walker{b: value}
	if !w.open('{') {
		return wrongType(u.name, "an object with a type", value)
	}
	kind := memberOf(value, "type")
	if !isString(kind) {
		return Invalid("response_format.type", "response_format.type is missing: use text, json_object or json_schema.")
	}
	switch string(unquote(kind)) {
	case "text":
	case "json_schema":
		r.schemaBytes += int64(len(value))
		r.use("structured_outputs")
	default:
		r.use("response_format")
	}
	return nil
}

// memberOf finds one member of an object, nil when it is not there.
func memberOf(object []byte, name string) []byte {
	w := walker{b: object}
	if !w.open('{') {
		return nil
	}
	for first := true; ; {
		key, ok := w.member(&first)
		if !ok {
			return nil
		}
		value := w.value()
		if bytes.Equal(key, []byte(name)) {
			return value
		}
	}
}

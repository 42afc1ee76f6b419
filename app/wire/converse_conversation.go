package wire

import (
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// conversation writes the messages: instructions go to the top, results of tools become the
// user's, and turns of one side that follow each other become one.
func (c *converseRequest) conversation() *Error {
	for i, m := range c.member("messages").Array() {
		var fault *Error
		switch role := m.Get("role").String(); role {
		case "system", "developer":
			c.instructions(m.Get("content"), m)
		case "assistant":
			c.turn("assistant")
			fault = c.assistant(m, i)
		case "tool", "function":
			c.turn("user")
			c.result(m)
		default:
			c.turn("user")
			fault = c.parts(m.Get("content"), m, i)
		}
		if fault != nil {
			return fault
		}
	}
	if c.role == "" {
		return Invalid("messages", "messages holds instructions only: add a message of the user.")
	}
	c.endTurn()
	return nil
}

func (c *converseRequest) turn(role string) {
	if c.role == role {
		return
	}
	if c.role != "" {
		c.endTurn()
		c.messages = append(c.messages, ',')
	}
	c.role = role
	c.messages = append(c.messages, `{"role":"`+role+`","content":[`...)
}

// endTurn closes the open message, which may not be empty.
func (c *converseRequest) endTurn() {
	if c.messages[len(c.messages)-1] == '[' {
		c.messages = append(c.messages, `{"text":"(nothing)"}`...)
	}
	c.messages = append(c.messages, "]}"...)
}

func (c *converseRequest) instructions(content, message gjson.Result) {
	add := func(text, from gjson.Result) {
		if text.Type != gjson.String || strings.TrimSpace(text.String()) == "" {
			return
		}
		c.system = append(append(append(orComma(c.system), `{"text":`...), text.Raw...), '}')
		if c.caches && from.Get("cache_control").IsObject() {
			c.system = append(c.system, `,`+cachePoint...)
		}
	}
	if content.Type == gjson.String {
		add(content, message)
		return
	}
	for _, part := range content.Array() {
		add(part.Get("text"), part)
	}
}

// assistant writes an earlier answer: its thinking first, then its text, then its calls.
func (c *converseRequest) assistant(m gjson.Result, at int) *Error {
	for _, d := range m.Get("reasoning_details").Array() {
		if d.Get("format").String() != FormatConverse {
			continue
		}
		if signature := d.Get("signature"); signature.Type == gjson.String && d.Get("text").Type == gjson.String {
			c.block(`{"reasoningContent":{"reasoningText":{"text":` + d.Get("text").Raw + `,"signature":` + signature.Raw + `}}}`)
		} else if data := d.Get("data"); data.Type == gjson.String {
			c.block(`{"reasoningContent":{"redactedContent":` + data.Raw + `}}`)
		}
	}
	if fault := c.parts(m.Get("content"), m, at); fault != nil {
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
		c.block(`{"toolUse":{"toolUseId":`)
		c.messages = appendString(c.messages, toolID(call.Get("id").String()))
		c.messages = append(append(c.messages, `,"name":`...), orRaw(call.Get("function.name"), `""`)...)
		c.messages = append(append(append(c.messages, `,"input":`...), arguments...), "}}"...)
	}
	return nil
}

// result writes what a tool gave back.
func (c *converseRequest) result(m gjson.Result) {
	c.block(`{"toolResult":{"toolUseId":`)
	c.messages = appendString(c.messages, toolID(m.Get("tool_call_id").String()))
	text := m.Get("content").String()
	if parts := m.Get("content"); parts.IsArray() {
		text = ""
		for _, part := range parts.Array() {
			text += part.Get("text").String()
		}
	}
	c.messages = append(appendString(append(c.messages, `,"content":[{"text":`...), text), "}]"...)
	if m.Get("is_error").Type == gjson.True {
		c.messages = append(c.messages, `,"status":"error"`...)
	}
	c.messages = append(c.messages, "}}"...)
}

// block starts the next block of the open message.
func (c *converseRequest) block(open string) {
	c.messages = append(separate(c.messages, '['), open...)
}

// parts writes the content of a message.
func (c *converseRequest) parts(content, message gjson.Result, at int) *Error {
	if content.Type == gjson.String {
		c.text(content, message)
		return nil
	}
	for j, part := range content.Array() {
		kind, data := part.Get("type").String(), ""
		switch kind {
		case "text", "input_text":
			c.text(part.Get("text"), part)
			continue
		case "refusal":
			c.text(part.Get("refusal"), part)
			continue
		case "thinking": // of a turn that was kept in parts
			continue
		case "image_url", "input_image", "image":
			link := part.Get("image_url")
			if link.IsObject() {
				link = link.Get("url")
			}
			data = link.String()
		case "file", "input_file":
			data = part.Get("file.file_data").String()
			if data == "" {
				data = part.Get("file.url").String()
			}
		default:
			return Invalid("messages", "messages[%d].content[%d] is of type %q, which this provider does not read.", at, j, clip(kind, nameShownMax))
		}
		if !c.media(data) {
			return Invalid("messages", "messages[%d].content[%d] is not a data URL, and this provider reads no other.", at, j)
		}
	}
	return nil
}

func (c *converseRequest) text(text, from gjson.Result) {
	if text.Type != gjson.String || strings.TrimSpace(text.String()) == "" {
		return
	}
	c.block(`{"text":`)
	c.messages = append(append(c.messages, text.Raw...), '}')
	if c.caches && from.Get("cache_control").IsObject() {
		c.block(cachePoint)
	}
}

// media writes an image or a document, which have to come inline.
func (c *converseRequest) media(url string) bool {
	url = c.o.inline(url)
	head, data, inline := strings.Cut(url, ",")
	kind, encoded := strings.CutSuffix(strings.TrimPrefix(head, "data:"), ";base64")
	if !inline || !encoded || !strings.HasPrefix(url, "data:") {
		return false
	}
	family, format, _ := strings.Cut(kind, "/")
	if family == "image" {
		if format == "jpg" {
			format = "jpeg"
		}
		c.block(`{"image":{"format":`)
	} else {
		switch format {
		case "plain":
			format = "txt"
		case "markdown":
			format = "md"
		case "vnd.openxmlformats-officedocument.wordprocessingml.document":
			format = "docx"
		case "vnd.openxmlformats-officedocument.spreadsheetml.sheet":
			format = "xlsx"
		}
		c.files++
		c.block(`{"document":{"name":"document ` + strconv.Itoa(c.files) + `","format":`)
	}
	c.messages = appendString(c.messages, format)
	c.messages = append(appendString(append(c.messages, `,"source":{"bytes":`...), data), "}}}"...)
	return true
}

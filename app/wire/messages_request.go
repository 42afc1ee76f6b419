package wire

import (
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// ParseMessages reads a request of the Messages API and makes it a chat request: the same steps
// serve both.
func ParseMessages(body []byte) (*ChatRequest, *Error) {
	root, fault := readObject(body)
	if fault != nil {
		return nil, fault
	}
	m := &messagesRequest{root: root}
	chat, fault := m.chat()
	if fault != nil {
		return nil, fault
	}
	r, fault := ParseChat(chat)
	if fault != nil {
		return nil, fault
	}
	if !root.Get("provider.require_parameters").Exists() {
		r.wishOnly()
	}
	return r, nil
}

// wishOnly keeps of the parameters that an endpoint must support those without which the answer
// would be of no use. Clients of other APIs send the rest to every model, as wishes.
func (r *ChatRequest) wishOnly() {
	r.Params = slices.DeleteFunc(r.Params, func(p string) bool { return p != "tools" && p != "structured_outputs" })
}

// messagesRequest is one translation into the chat dialect.
type messagesRequest struct {
	root *body
	out  objectWriter
	list []byte // messages written so far
}

// asTheyAre are the members that both APIs have, router's wishes included.
var asTheyAre = [...]string{"model", "models", "max_tokens", "temperature", "top_p", "top_k", "stream", "provider", "session_id",
	"user", "route", "plugins", "trace", "cache_control"}

func (m *messagesRequest) chat() ([]byte, *Error) {
	for _, name := range asTheyAre {
		m.out.copy(name, m.root.Get(name))
	}
	if !m.root.Get("models").Exists() {
		m.fallbacks()
	}
	m.out.copy("stop", m.root.Get("stop_sequences"))
	if user := m.root.Get("metadata.user_id"); user.Type == gjson.String && !m.root.Get("user").Exists() {
		m.out.copy("user", user)
	}
	for _, name := range [...]string{"mcp_servers", "container"} {
		if v := m.root.Get(name); v.Exists() && !isBlank([]byte(v.Raw)) {
			return nil, Invalid(name, "%s is not offered here: tools run on the client's side.", name)
		}
	}
	m.thinking()
	if fault := m.tools(); fault != nil {
		return nil, fault
	}
	if fault := m.messages(); fault != nil {
		return nil, fault
	}
	return m.out.done(), nil
}

func (m *messagesRequest) fallbacks() {
	var names []byte
	for _, f := range m.root.Get("fallbacks").Array() {
		if name := f.Get("model"); name.Type == gjson.String {
			names = append(orComma(names), name.Raw...)
		}
	}
	if len(names) > 0 {
		m.out.raw("models", "["+string(names)+"]")
	}
}

// thinking reads how much the model is to think, and the form of its answer.
func (m *messagesRequest) thinking() {
	config := m.root.Get("output_config")
	effort := config.Get("effort")
	switch budget := m.root.Get("thinking.budget_tokens"); m.root.Get("thinking.type").String() {
	case "enabled":
		if budget.Type == gjson.Number {
			m.out.raw("reasoning", `{"max_tokens":`+budget.Raw+`}`)
		}
	case "adaptive":
		if effort.Type == gjson.String {
			m.out.raw("reasoning", `{"effort":`+effort.Raw+`}`)
		} else {
			m.out.raw("reasoning", `{"enabled":true}`)
		}
	}
	if schema := config.Get("format.schema"); schema.IsObject() {
		m.out.raw("response_format", `{"type":"json_schema","json_schema":{"name":"answer","strict":true,"schema":`+schema.Raw+`}}`)
	}
}

func (m *messagesRequest) tools() *Error {
	var list []byte
	for i, tool := range m.root.Get("tools").Array() {
		if kind := tool.Get("type").String(); kind != "" && kind != "custom" {
			return Invalid("tools", "tools[%d] of type %q runs at the provider and is not offered: give it an input_schema and run it yourself.",
				i, clip(kind, nameShownMax))
		}
		var f, t objectWriter
		f.copy("name", tool.Get("name"))
		f.copy("description", tool.Get("description"))
		f.copy("parameters", tool.Get("input_schema"))
		f.copy("strict", tool.Get("strict"))
		t.raw("type", `"function"`)
		t.bytes("function", f.done())
		t.copy("cache_control", tool.Get("cache_control"))
		list = append(orComma(list), t.done()...)
	}
	if len(list) == 0 {
		return nil
	}
	m.out.raw("tools", "["+string(list)+"]")
	choice := m.root.Get("tool_choice")
	switch choice.Get("type").String() {
	case "any":
		m.out.raw("tool_choice", `"required"`)
	case "none":
		m.out.raw("tool_choice", `"none"`)
	case "tool":
		m.out.raw("tool_choice", `{"type":"function","function":{"name":`+orRaw(choice.Get("name"), `""`)+`}}`)
	}
	if choice.Get("disable_parallel_tool_use").Type == gjson.True {
		m.out.raw("parallel_tool_calls", "false")
	}
	return nil
}

func (m *messagesRequest) messages() *Error {
	if system := m.root.Get("system"); system.Type == gjson.String && system.Raw != `""` {
		m.list = append(orComma(m.list), `{"role":"system","content":`+system.Raw+`}`...)
	} else if parts := textParts(system); len(parts) > 0 {
		m.list = append(orComma(m.list), `{"role":"system","content":[`+string(parts)+`]}`...)
	}
	turns := m.root.Get("messages")
	m.list = slices.Grow(m.list, len(turns.Raw)*5/4)
	if !turns.IsArray() {
		return Invalid("messages", "messages must be an array of messages.")
	}
	for i, turn := range turns.Array() {
		var fault *Error
		switch role := turn.Get("role").String(); role {
		case "user":
			if text := turn.Get("content"); text.Type == gjson.String {
				m.said("user", text)
				continue
			}
			fault = m.user(turn.Get("content"), i)
		case "assistant":
			if text := turn.Get("content"); text.Type == gjson.String {
				m.said("assistant", text)
				continue
			}
			fault = m.assistant(turn.Get("content"), i)
		case "system":
			if parts := textParts(asBlocks(turn.Get("content"))); len(parts) > 0 {
				m.message("system", parts)
			}
		default:
			fault = Invalid("messages", "messages[%d].role must be user or assistant, not %q.", i, clip(role, nameShownMax))
		}
		if fault != nil {
			return fault
		}
	}
	m.out.list("messages", m.list)
	return nil
}

// asBlocks is a content as an array of blocks, which a string stands for.
func asBlocks(content gjson.Result) gjson.Result {
	if content.Type == gjson.String {
		return gjson.Parse(`[{"type":"text","text":` + content.Raw + `}]`)
	}
	return content
}

// said writes a turn that is one text.
func (m *messagesRequest) said(role string, text gjson.Result) {
	m.list = append(append(append(orComma(m.list), `{"role":"`...), role...), `","content":[{"type":"text","text":`...)
	m.list = append(append(m.list, text.Raw...), "}]}"...)
}

func (m *messagesRequest) message(role string, parts []byte) {
	m.list = append(orComma(m.list), `{"role":"`+role+`","content":[`...)
	m.list = append(append(m.list, parts...), "]}"...)
}

func textParts(blocks gjson.Result) []byte {
	var parts []byte
	for _, b := range blocks.Array() {
		if text := b.Get("text"); text.Type == gjson.String {
			parts = append(orComma(parts), textPart(b)...)
		}
	}
	return parts
}

func textPart(b gjson.Result) []byte {
	part := append([]byte(`{"type":"text","text":`), b.Get("text").Raw...)
	return append(appendCacheControl(part, b), '}')
}

// user writes one turn of the user: the results of tools become messages of their own, in front.
func (m *messagesRequest) user(content gjson.Result, at int) *Error {
	var parts []byte
	for j, b := range asBlocks(content).Array() {
		if b.Get("type").String() == "tool_result" {
			pictures, fault := m.toolResult(b, at)
			if fault != nil {
				return fault
			}
			if len(pictures) > 0 {
				parts = append(orComma(parts), pictures...)
			}
			continue
		}
		part, fault := userPart(b, at, j)
		if fault != nil {
			return fault
		}
		if len(part) > 0 {
			parts = append(orComma(parts), part...)
		}
	}
	if len(parts) > 0 {
		m.message("user", parts)
	}
	return nil
}

func userPart(b gjson.Result, at, j int) ([]byte, *Error) {
	switch kind := b.Get("type").String(); kind {
	case "text":
		return textPart(b), nil
	case "image":
		part := append([]byte(`{"type":"image_url","image_url":{"url":`), appendString(nil, sourceURL(b))...)
		return append(appendCacheControl(append(part, '}'), b), '}'), nil
	case "document":
		if b.Get("source.type").String() == "text" {
			return append(appendCacheControl(append([]byte(`{"type":"text","text":`), orRaw(b.Get("source.data"), `""`)...), b), '}'), nil
		}
		part := append([]byte(`{"type":"file","file":{"filename":`), orRaw(b.Get("title"), `"document.pdf"`)...)
		part = appendString(append(part, `,"file_data":`...), sourceURL(b))
		return append(appendCacheControl(append(part, '}'), b), '}'), nil
	case "search_result", "thinking", "redacted_thinking":
		return nil, nil
	default:
		return nil, Invalid("messages", "messages[%d].content[%d] is of type %q, which is not offered here.", at, j, clip(kind, nameShownMax))
	}
}

// sourceURL is the link of an image or a document, or its bytes as a data URL.
func sourceURL(b gjson.Result) string {
	if url := b.Get("source.url").String(); url != "" {
		return url
	}
	return "data:" + b.Get("source.media_type").String() + ";base64," + b.Get("source.data").String()
}

// toolResult writes what a tool gave back, and returns its pictures as parts of the user's
// message: chat has no pictures in results.
func (m *messagesRequest) toolResult(b gjson.Result, at int) ([]byte, *Error) {
	var texts []string
	var pictures []byte
	for j, inner := range asBlocks(b.Get("content")).Array() {
		if text := inner.Get("text"); text.Type == gjson.String {
			texts = append(texts, text.String())
			continue
		}
		part, fault := userPart(inner, at, j)
		if fault != nil {
			return nil, fault
		}
		if len(part) > 0 {
			pictures = append(orComma(pictures), part...)
		}
	}
	var o objectWriter
	o.raw("role", `"tool"`)
	o.copy("tool_call_id", b.Get("tool_use_id"))
	o.text("content", strings.Join(texts, "\n"))
	if b.Get("is_error").Type == gjson.True {
		o.raw("is_error", "true")
	}
	o.copy("cache_control", b.Get("cache_control"))
	m.list = append(orComma(m.list), o.done()...)
	return pictures, nil
}

// assistant writes one earlier answer of the model.
func (m *messagesRequest) assistant(content gjson.Result, at int) *Error {
	var parts, details, calls []byte
	var thought string
	for j, b := range asBlocks(content).Array() {
		switch kind := b.Get("type").String(); kind {
		case "text":
			parts = append(orComma(parts), textPart(b)...)
		case "thinking":
			thought += b.Get("thinking").String()
			if b.Get("signature").String() != "" { // without one it is not of a vendor that checks
				details = appendThought(orComma(details), b, j)
			}
		case "redacted_thinking":
			if data := b.Get("data").String(); strings.HasPrefix(data, sealMark) {
				details = appendUnsealed(orComma(details), data, "")
				break
			}
			details = appendThought(orComma(details), b, j)
		case "tool_use":
			calls = append(orComma(calls), `{"type":"function","id":`+orRaw(b.Get("id"), `""`)+`,"function":{"name":`+orRaw(b.Get("name"), `""`)+`,"arguments":`...)
			calls = append(appendString(calls, orObject(b.Get("input"))), "}}"...)
		case "image", "document":
			return Invalid("messages", "messages[%d].content[%d] is of type %q, which only the user can send.", at, j, kind)
		default: // what ran at the provider and belongs to the answer that is over
		}
	}
	var o objectWriter
	o.raw("role", `"assistant"`)
	if len(parts) > 0 {
		o.raw("content", "["+string(parts)+"]")
	} else {
		o.raw("content", "null")
	}
	if thought != "" {
		o.text("reasoning", thought)
	}
	if len(details) > 0 {
		o.raw("reasoning_details", "["+string(details)+"]")
	}
	if len(calls) > 0 {
		o.raw("tool_calls", "["+string(calls)+"]")
	}
	m.list = append(orComma(m.list), o.done()...)
	return nil
}

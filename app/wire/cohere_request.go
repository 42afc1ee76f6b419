package wire

import (
	"strconv"

	"github.com/tidwall/gjson"
)

// FormatCohere names whose thinking a reasoning detail is.
const FormatCohere = "cohere-chat-v2"

// cohereStopsMax is how many texts the dialect takes that end an answer.
const cohereStopsMax = 5

// AppendCohere writes the request in Cohere's own dialect. What it cannot say is refused; wishes it
// has no word for are left out.
func (r *ChatRequest) AppendCohere(dst []byte, o UpstreamOptions) ([]byte, *Error) {
	if r.N > 1 {
		return nil, Invalid("n", "This provider gives one answer to a request: leave n out.")
	}
	c := &cohereRequest{r: r, o: &o}
	if fault := c.conversation(); fault != nil {
		return nil, fault
	}
	dst = appendString(append(dst, `{"model":`...), o.Model)
	dst = append(append(append(dst, `,"messages":[`...), c.messages...), ']')
	limit := r.MaxTokens
	if o.MaxTokens > 0 {
		limit = o.MaxTokens
	}
	if limit > 0 {
		dst = strconv.AppendInt(append(dst, `,"max_tokens":`...), limit, 10)
	}
	dst, fault := c.appendTools(dst)
	if fault != nil {
		return nil, fault
	}
	dst = c.appendThinking(c.appendForm(c.appendSampling(dst)), limit)
	if r.Stream {
		dst = append(dst, `,"stream":true`...)
	}
	return append(dst, '}'), nil
}

// cohereRequest gathers the parts of one translation.
type cohereRequest struct {
	r        *ChatRequest
	o        *UpstreamOptions
	messages []byte
}

func (c *cohereRequest) member(name string) gjson.Result { return c.r.member(name, c.o) }

// conversation writes the messages, which have nearly the same form.
func (c *cohereRequest) conversation() *Error {
	for i, m := range c.member("messages").Array() {
		var o objectWriter
		role := m.Get("role").String()
		switch role {
		case "developer":
			role = "system"
		case "function":
			role = "tool"
		}
		o.text("role", role)
		switch role {
		case "tool":
			o.copy("tool_call_id", m.Get("tool_call_id"))
			o.text("content", textOf(m.Get("content")))
		case "assistant":
			if fault := c.assistant(&o, m, i); fault != nil {
				return fault
			}
		default:
			parts, fault := c.parts(m.Get("content"), i)
			if fault != nil {
				return fault
			}
			o.raw("content", parts)
		}
		c.messages = append(orComma(c.messages), o.done()...)
	}
	return nil
}

// textOf is what a content says in words.
func textOf(content gjson.Result) string {
	if !content.IsArray() {
		return content.String()
	}
	text := ""
	for _, part := range content.Array() {
		text += part.Get("text").String()
	}
	return text
}

// assistant writes an earlier answer: a plan stands beside calls, thinking before what was said.
func (c *cohereRequest) assistant(o *objectWriter, m gjson.Result, at int) *Error {
	plan := ""
	var blocks, calls []byte
	for _, d := range m.Get("reasoning_details").Array() {
		if d.Get("format").String() != FormatCohere {
			continue
		}
		plan += d.Get("summary").String()
		if text := d.Get("text"); text.Type == gjson.String {
			blocks = append(append(append(orComma(blocks), `{"type":"thinking","thinking":`...), text.Raw...), '}')
		}
	}
	for _, call := range m.Get("tool_calls").Array() {
		if kind := call.Get("type").String(); kind != "" && kind != "function" {
			return Invalid("messages", "messages[%d] calls a tool of type %q, which this provider does not take: use function.", at, clip(kind, nameShownMax))
		}
		calls = append(append(orComma(calls), `{"type":"function","id":`...), orRaw(call.Get("id"), `""`)...)
		calls = append(append(calls, `,"function":{"name":`...), orRaw(call.Get("function.name"), `""`)...)
		calls = append(append(calls, `,"arguments":`...), argumentsOf(call.Get("function"))...)
		calls = append(calls, "}}"...)
	}
	if text := textOf(m.Get("content")) + m.Get("refusal").String(); text != "" {
		blocks = append(orComma(blocks), `{"type":"text","text":`...)
		blocks = append(appendString(blocks, text), '}')
	}
	if len(blocks) > 0 || len(calls) == 0 {
		o.raw("content", "["+string(blocks)+"]")
	}
	if len(calls) > 0 {
		o.raw("tool_calls", "["+string(calls)+"]")
		if plan != "" {
			o.text("tool_plan", plan)
		}
	}
	return nil
}

// parts is the content of a message of the user or of the house.
func (c *cohereRequest) parts(content gjson.Result, at int) (string, *Error) {
	if content.Type == gjson.String {
		return content.Raw, nil
	}
	var list []byte
	for j, part := range content.Array() {
		switch kind := part.Get("type").String(); kind {
		case "text", "input_text":
			list = append(append(append(orComma(list), `{"type":"text","text":`...), orRaw(part.Get("text"), `""`)...), '}')
		case "image_url", "input_image":
			link, detail := part.Get("image_url"), part.Get("detail")
			if link.IsObject() {
				link, detail = link.Get("url"), link.Get("detail")
			}
			var image objectWriter
			image.text("url", c.o.inline(link.String()))
			image.copy("detail", detail)
			list = append(append(append(orComma(list), `{"type":"image_url","image_url":`...), image.done()...), '}')
		default:
			return "", Invalid("messages", "messages[%d].content[%d] is of type %q, which this provider does not read.", at, j, clip(kind, nameShownMax))
		}
	}
	return "[" + string(list) + "]", nil
}

// cohereNumbers are the parameters that both dialects have as numbers.
var cohereNumbers = [...][2]string{{"temperature", "temperature"}, {"top_p", "p"}, {"top_k", "k"}, {"seed", "seed"},
	{"frequency_penalty", "frequency_penalty"}, {"presence_penalty", "presence_penalty"}}

func (c *cohereRequest) appendSampling(dst []byte) []byte {
	for _, pair := range cohereNumbers {
		if v := c.member(pair[0]); v.Type == gjson.Number && c.o.supports(pair[0]) {
			dst = append(append(append(append(dst, `,"`...), pair[1]...), `":`...), v.Raw...)
		}
	}
	stop := c.member("stop")
	if stop.Type == gjson.String {
		return append(append(append(dst, `,"stop_sequences":[`...), stop.Raw...), ']')
	}
	if list := stop.Array(); stop.IsArray() && len(list) > 0 && len(list) <= cohereStopsMax {
		dst = append(append(dst, `,"stop_sequences":`...), stop.Raw...)
	}
	return dst
}

func (c *cohereRequest) appendForm(dst []byte) []byte {
	format := c.member("response_format")
	kind := format.Get("type").String()
	if kind != "json_object" && kind != "json_schema" || !c.o.supports("response_format") && !c.o.supports("structured_outputs") {
		return dst
	}
	dst = append(dst, `,"response_format":{"type":"json_object"`...)
	if schema := format.Get("json_schema.schema"); schema.IsObject() {
		dst = append(append(dst, `,"json_schema":`...), schema.Raw...)
	}
	return append(dst, '}')
}

// appendThinking writes how much the model is to think: a share of the answer's limit, or the budget
// given.
func (c *cohereRequest) appendThinking(dst []byte, limit int64) []byte {
	effort := c.r.ReasoningEffort
	if effort == "" || !c.o.supports("reasoning") && !c.o.supports("reasoning_effort") {
		return dst
	}
	if effort == "none" {
		return append(dst, `,"thinking":{"type":"disabled"}`...)
	}
	budget := c.r.ReasoningBudget
	if budget == 0 {
		budget = limit * effortShare[effort] / 100
	}
	if limit > 0 {
		budget = min(budget, limit-1) // something has to be left for the answer
	}
	dst = append(dst, `,"thinking":{"type":"enabled"`...)
	if budget > 0 {
		dst = strconv.AppendInt(append(dst, `,"token_budget":`...), budget, 10)
	}
	return append(dst, '}')
}

// appendTools writes the functions and whether one of them has to be called. The dialect cannot name
// which one: then only that one is shown.
func (c *cohereRequest) appendTools(dst []byte) ([]byte, *Error) {
	if !c.o.supports("tools") {
		return dst, nil
	}
	choice := c.member("tool_choice")
	only := choice.Get("function.name")
	var list []byte
	for i, tool := range c.member("tools").Array() {
		f := tool.Get("function")
		if tool.Get("type").String() != "function" || !f.IsObject() {
			return nil, Invalid("tools", "tools[%d] is of a type that this provider does not take: use function.", i)
		}
		if only.Type == gjson.String && f.Get("name").String() != only.String() {
			continue
		}
		var o objectWriter
		o.raw("name", orRaw(f.Get("name"), `""`))
		o.copy("description", f.Get("description"))
		if p := f.Get("parameters"); p.IsObject() && !isEmptyObject(p.Raw) {
			o.copy("parameters", p)
		} else {
			o.raw("parameters", `{"type":"object","properties":{}}`)
		}
		list = append(append(append(orComma(list), `{"type":"function","function":`...), o.done()...), '}')
	}
	if len(list) == 0 {
		return dst, nil
	}
	dst = append(append(append(dst, `,"tools":[`...), list...), ']')
	switch word := choice.String(); {
	case only.Type == gjson.String || word == "required" || word == "any":
		dst = append(dst, `,"tool_choice":"REQUIRED"`...)
	case word == "none":
		dst = append(dst, `,"tool_choice":"NONE"`...)
	}
	return dst, nil
}

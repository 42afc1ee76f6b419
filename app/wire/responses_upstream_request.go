package wire

import (
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// FormatResponses names whose thinking a reasoning detail is where the quirks say nothing else:
// what one company has encrypted another one refuses.
const FormatResponses = "openai-responses-v1"

// responsesTokensMin is the smallest limit that the Responses dialect takes.
const responsesTokensMin = 16

// responsesFormat names whose encrypted thinking the provider writes and reads.
func (o *UpstreamOptions) responsesFormat() string {
	if o.Quirks.ResponsesFormat != "" {
		return o.Quirks.ResponsesFormat
	}
	return FormatResponses
}

// AppendResponses writes the request in the Responses dialect, for models that are served in no
// other. Nothing is stored at the provider: thinking comes back encrypted and goes with the next
// request. What the dialect cannot say is refused; wishes it has no word for are left out.
func (r *ChatRequest) AppendResponses(dst []byte, o UpstreamOptions) ([]byte, *Error) {
	if r.N > 1 {
		return nil, Invalid("n", "This provider gives one answer to a request: leave n out.")
	}
	u := &responsesUpstream{r: r, o: &o}
	dst = appendString(append(dst, `{"model":`...), o.Model)
	if fault := u.conversation(); fault != nil {
		return nil, fault
	}
	dst = append(append(append(dst, `,"input":[`...), u.input...), ']')
	limit := r.MaxTokens
	if o.MaxTokens > 0 {
		limit = o.MaxTokens
	}
	if limit > 0 {
		dst = strconv.AppendInt(append(dst, `,"max_output_tokens":`...), max(limit, responsesTokensMin), 10)
	}
	dst, fault := u.appendTools(dst)
	if fault != nil {
		return nil, fault
	}
	dst = u.appendReasoning(u.appendText(dst))
	for _, name := range [...]string{"temperature", "top_p"} {
		if v := u.member(name); v.Type == gjson.Number && o.supports(name) {
			dst = append(append(append(append(dst, `,"`...), name...), `":`...), v.Raw...)
		}
	}
	dst = o.appendTier(dst)
	if o.User != "" {
		dst = appendString(append(dst, `,"user":`...), o.User)
	}
	if r.Stream {
		dst = append(dst, `,"stream":true`...)
	}
	return append(dst, `,"store":false}`...), nil
}

// responsesUpstream gathers the parts of one translation.
type responsesUpstream struct {
	r     *ChatRequest
	o     *UpstreamOptions
	input []byte // items, with commas between
}

func (u *responsesUpstream) member(name string) gjson.Result { return u.r.member(name, u.o) }

func (u *responsesUpstream) item(raw string) { u.input = append(orComma(u.input), raw...) }

// conversation writes the messages as items.
func (u *responsesUpstream) conversation() *Error {
	for i, m := range u.member("messages").Array() {
		role := m.Get("role").String()
		switch role {
		case "assistant":
			if fault := u.assistant(m, i); fault != nil {
				return fault
			}
			continue
		case "tool", "function":
			if fault := u.output(m, i); fault != nil {
				return fault
			}
			continue
		case "system", "developer":
		default:
			role = "user"
		}
		parts, fault := u.parts(m.Get("content"), i, "input_text")
		if fault != nil {
			return fault
		}
		u.item(`{"type":"message","role":"` + role + `","content":[` + string(parts) + `]}`)
	}
	return nil
}

// assistant writes an earlier answer: what was thought, what was said, which tools were called.
func (u *responsesUpstream) assistant(m gjson.Result, at int) *Error {
	u.thoughts(m.Get("reasoning_details"))
	parts, fault := u.parts(m.Get("content"), at, "output_text")
	if fault != nil {
		return fault
	}
	if refusal := m.Get("refusal"); refusal.Type == gjson.String && refusal.Raw != `""` {
		parts = append(append(append(orComma(parts), `{"type":"refusal","refusal":`...), refusal.Raw...), '}')
	}
	if len(parts) > 0 {
		u.item(`{"type":"message","role":"assistant","content":[` + string(parts) + `]}`)
	}
	for _, call := range m.Get("tool_calls").Array() {
		if kind := call.Get("type").String(); kind != "" && kind != "function" {
			return Invalid("messages", "messages[%d] calls a tool of type %q, which this provider does not take: use function.", at, clip(kind, nameShownMax))
		}
		u.item(`{"type":"function_call","call_id":` + orRaw(call.Get("id"), `""`) + `,"name":` + orRaw(call.Get("function.name"), `""`) +
			`,"arguments":` + orRaw(call.Get("function.arguments"), `"{}"`) + `}`)
	}
	return nil
}

// thoughts writes the thinking that this provider has encrypted, with the summaries that belong to
// it; what another one wrote says nothing here.
func (u *responsesUpstream) thoughts(details gjson.Result) {
	format := u.o.responsesFormat()
	for _, d := range details.Array() {
		if d.Get("format").String() != format || d.Get("type").String() != "reasoning.encrypted" || d.Get("data").Type != gjson.String {
			continue
		}
		summary := ""
		for _, s := range details.Array() {
			same := s.Get("id").String() == d.Get("id").String() && s.Get("format").String() == format
			if same && s.Get("type").String() == "reasoning.summary" {
				summary += s.Get("summary").String()
			}
		}
		var o objectWriter
		o.raw("type", `"reasoning"`)
		o.copy("id", d.Get("id"))
		o.raw("summary", "[]")
		if summary != "" {
			o.b = append(o.b[:len(o.b)-1], `{"type":"summary_text","text":`...)
			o.b = append(appendString(o.b, summary), "}]"...)
		}
		o.copy("encrypted_content", d.Get("data"))
		u.item(string(o.done()))
	}
}

// output writes what a tool gave back, with the pictures in it.
func (u *responsesUpstream) output(m gjson.Result, at int) *Error {
	content := m.Get("content")
	text := orRaw(content, `""`)
	if content.IsArray() {
		parts, fault := u.parts(content, at, "input_text")
		if fault != nil {
			return fault
		}
		text = "[" + string(parts) + "]"
	}
	u.item(`{"type":"function_call_output","call_id":` + orRaw(m.Get("tool_call_id"), `""`) + `,"output":` + text + `}`)
	return nil
}

// parts writes the content of a message; kind is what a text is called there.
func (u *responsesUpstream) parts(content gjson.Result, at int, kind string) ([]byte, *Error) {
	text := func(list []byte, v gjson.Result) []byte {
		if v.Type != gjson.String || v.Raw == `""` {
			return list
		}
		return append(append(append(orComma(list), `{"type":"`+kind+`","text":`...), v.Raw...), '}')
	}
	if content.Type == gjson.String {
		return text(nil, content), nil
	}
	var list []byte
	for j, part := range content.Array() {
		switch name := part.Get("type").String(); name {
		case "text", "input_text", "output_text":
			list = text(list, part.Get("text"))
		case "refusal":
			list = text(list, part.Get("refusal"))
		case "thinking": // of another dialect; what counts of it stands in the details
		case "image_url", "input_image":
			list = append(orComma(list), u.image(part)...)
		case "file", "input_file":
			list = append(orComma(list), u.file(part)...)
		default:
			return nil, Invalid("messages", "messages[%d].content[%d] is of type %q, which this provider does not read.", at, j, clip(name, nameShownMax))
		}
	}
	return list, nil
}

func (u *responsesUpstream) image(part gjson.Result) []byte {
	link, detail := part.Get("image_url"), part.Get("detail")
	if link.IsObject() {
		link, detail = link.Get("url"), link.Get("detail")
	}
	var o objectWriter
	o.raw("type", `"input_image"`)
	o.text("image_url", u.o.inline(link.String()))
	o.copy("detail", detail)
	return o.done()
}

func (u *responsesUpstream) file(part gjson.Result) []byte {
	file := part.Get("file")
	if !file.IsObject() {
		file = part
	}
	var o objectWriter
	o.raw("type", `"input_file"`)
	data := file.Get("file_data")
	if data.Type != gjson.String {
		data = file.Get("url")
	}
	switch text := u.o.inline(data.String()); {
	case strings.Contains(text, "://"):
		o.text("file_url", text)
		return o.done() // a name beside a link is refused
	case text != "":
		o.text("file_data", text)
	default:
		o.copy("file_id", file.Get("file_id"))
	}
	o.copy("filename", file.Get("filename"))
	return o.done()
}

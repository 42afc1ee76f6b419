package wire

import (
	"strconv"

	"github.com/tidwall/gjson"
)

// ResponsesAnswer makes the function that turns a plain answer of the Responses dialect into one of
// the chat dialect, for the rewriter to read. The format is that of the provider's thinking.
func ResponsesAnswer(format string) func(dst, body []byte) ([]byte, error) {
	return func(dst, body []byte) ([]byte, error) {
		if !gjson.ValidBytes(body) {
			return dst, ErrNotJSON
		}
		root := gjson.ParseBytes(body)
		if e := root.Get("error"); e.Exists() && e.Type != gjson.Null {
			return append(append(append(dst, `{"error":`...), e.Raw...), '}'), nil
		}
		if !root.Get("output").IsArray() {
			return dst, ErrNotJSON
		}
		said := responsesSaid{format: format}
		for _, item := range root.Get("output").Array() {
			said.item(item)
		}
		dst = append(said.append(append(dst, `{"choices":[{"index":0,"message":{"role":"assistant"`...)), '}', ',')
		dst = append(appendResponsesFinish(dst, root, len(said.calls) > 0), "}]"...)
		return append(appendResponsesTail(dst, root), '}'), nil
	}
}

// responsesSaid is what the items of an answer amount to.
type responsesSaid struct {
	format                      string
	text, refusal, thinking     string
	spoke                       bool
	thoughts                    int
	details, calls, annotations []byte // lists without brackets
}

func (s *responsesSaid) item(item gjson.Result) {
	switch item.Get("type").String() {
	case "message":
		for _, part := range item.Get("content").Array() {
			switch part.Get("type").String() {
			case "output_text":
				s.text, s.spoke = s.text+part.Get("text").String(), true
				for _, a := range part.Get("annotations").Array() {
					s.annotations = appendCitation(s.annotations, a)
				}
			case "refusal":
				s.refusal += part.Get("refusal").String()
			}
		}
	case "reasoning":
		for i, part := range item.Get("summary").Array() {
			s.thought(summaryText(part.Get("text").String(), i), "reasoning.summary", "summary", item.Get("id"))
		}
		for _, part := range item.Get("content").Array() {
			s.thought(part.Get("text").String(), "reasoning.text", "text", item.Get("id"))
		}
		if data := item.Get("encrypted_content"); data.Type == gjson.String && data.Raw != `""` {
			s.details = appendResponsesThought(orComma(s.details), "reasoning.encrypted", "data", data.Raw, item.Get("id"), s.format, s.thoughts)
		}
		s.thoughts++
	case "function_call":
		s.calls = append(append(orComma(s.calls), `{"type":"function","id":`...), orRaw(item.Get("call_id"), `""`)...)
		s.calls = append(append(s.calls, `,"function":{"name":`...), orRaw(item.Get("name"), `""`)...)
		s.calls = append(append(append(s.calls, `,"arguments":`...), argumentsOf(item)...), "}}"...)
	}
}

func (s *responsesSaid) thought(text, kind, member string, id gjson.Result) {
	if text == "" {
		return
	}
	s.thinking += text
	s.details = appendResponsesThought(orComma(s.details), kind, member, string(appendString(nil, text)), id, s.format, s.thoughts)
}

// summaryText sets the parts of a summary apart: each is a paragraph with a heading.
func summaryText(text string, part int) string {
	if part > 0 && text != "" {
		return "\n\n" + text
	}
	return text
}

// append writes the members of the message.
func (s *responsesSaid) append(dst []byte) []byte {
	dst = append(dst, `,"content":`...)
	if s.spoke {
		dst = appendString(dst, s.text)
	} else {
		dst = append(dst, "null"...)
	}
	if s.refusal != "" {
		dst = appendString(append(dst, `,"refusal":`...), s.refusal)
	}
	if s.thinking != "" {
		dst = appendString(append(dst, `,"reasoning":`...), s.thinking)
	}
	for _, list := range [...]struct {
		name  string
		items []byte
	}{{"reasoning_details", s.details}, {"tool_calls", s.calls}, {"annotations", s.annotations}} {
		if len(list.items) > 0 {
			dst = append(append(append(append(dst, `,"`...), list.name...), `":[`...), list.items...)
			dst = append(dst, ']')
		}
	}
	return dst
}

// argumentsOf are a call's arguments, which clients read as JSON.
func argumentsOf(item gjson.Result) string {
	if text := item.Get("arguments"); text.Type == gjson.String && text.Raw != `""` {
		return text.Raw
	}
	return `"{}"`
}

// appendResponsesThought writes a piece of thinking as a reasoning detail; quoted is its value.
func appendResponsesThought(dst []byte, kind, member, quoted string, id gjson.Result, format string, index int) []byte {
	dst = append(dst, `{"type":"`+kind+`","`+member+`":`+quoted...)
	if id.Type == gjson.String {
		dst = append(append(dst, `,"id":`...), id.Raw...)
	}
	dst = appendString(append(dst, `,"format":`...), format)
	return append(strconv.AppendInt(append(dst, `,"index":`...), int64(index), 10), '}')
}

// appendCitation adds an annotation that names a page.
func appendCitation(list []byte, a gjson.Result) []byte {
	if a.Get("type").String() != "url_citation" {
		return list
	}
	var o objectWriter
	for _, name := range [...]string{"url", "title", "start_index", "end_index"} {
		o.copy(name, a.Get(name))
	}
	return append(append(append(orComma(list), `{"type":"url_citation","url_citation":`...), o.done()...), '}')
}

// appendResponsesFinish writes both finish reasons of a response that has ended.
func appendResponsesFinish(dst []byte, response gjson.Result, called bool) []byte {
	word, native := "stop", response.Get("status").String()
	switch {
	case native == "incomplete":
		word = response.Get("incomplete_details.reason").String()
		native = word
	case native == "failed" || native == "cancelled":
		word = "error"
	case called:
		word = "tool_calls"
	}
	dst = appendString(append(dst, `"finish_reason":`...), word)
	return appendString(append(dst, `,"native_finish_reason":`...), native)
}

// appendResponsesTail writes the members that stand beside the choices. The counts have names that
// are read as they are.
func appendResponsesTail(dst []byte, response gjson.Result) []byte {
	if tier := response.Get("service_tier"); tier.Type == gjson.String {
		dst = append(append(dst, `,"service_tier":`...), tier.Raw...)
	}
	if usage := response.Get("usage"); usage.IsObject() {
		dst = append(append(dst, `,"usage":`...), usage.Raw...)
	}
	return dst
}

package wire

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// GenaiSkin reads requests of Gemini's API and answers in its shape. The model and whether the
// answer is streamed are in the address there, and not in the body.
type GenaiSkin struct {
	model  string
	stream bool

	head      Head
	call      genaiPending
	signature string // quoted, of what was thought last; goes with the next part
	calls     map[string]string
}

// genaiPending is a call whose arguments are still coming: the API shows calls whole.
type genaiPending struct {
	open      bool
	index     int64
	id, name  string
	arguments []byte
}

// NewGenaiSkin makes the skin of one request to Gemini's API.
func NewGenaiSkin(model string, stream bool) *GenaiSkin {
	return &GenaiSkin{model: model, stream: stream}
}

// Parse reads the request and makes it a chat request. A request to count tokens may have it one
// level deeper.
func (s *GenaiSkin) Parse(body []byte) (*ChatRequest, *Error) {
	whole, fault := readObject(body)
	if fault != nil {
		return nil, fault
	}
	var root membered = whole
	if inner := either(root, "generateContentRequest"); inner.IsObject() {
		root = inner
	}
	q := &genaiRequest{root: root}
	chat, fault := q.chat(s.model, s.stream)
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
	r.Ignored = append(r.Ignored, q.ignored...)
	return r, nil
}

// Begin starts the answer of one attempt.
func (s *GenaiSkin) Begin(h Head, _ int64) {
	*s = GenaiSkin{model: s.model, stream: s.stream, head: h, calls: map[string]string{}}
}

// appendTail writes what stands behind the candidates of every object.
func (s *GenaiSkin) appendTail(dst []byte) []byte {
	dst = appendString(append(dst, `,"modelVersion":`...), s.head.Model)
	dst = appendString(append(dst, `,"responseId":`...), s.head.ID)
	return appendString(append(dst, `,"provider":`...), s.head.Provider)
}

// Chunk turns one chunk into one object with its parts; none when it has nothing to show yet.
func (s *GenaiSkin) Chunk(dst, chunk []byte) []byte {
	delta := gjson.GetBytes(chunk, "choices.0.delta")
	parts := s.said(nil, delta)
	for _, call := range delta.Get("tool_calls").Array() {
		if index := call.Get("index").Int(); !s.call.open || index != s.call.index {
			parts = s.called(parts)
			s.call = genaiPending{open: true, index: index, id: call.Get("id").String(), name: call.Get("function.name").String()}
		}
		s.call.arguments = append(s.call.arguments, call.Get("function.arguments").String()...)
	}
	if len(parts) == 0 {
		return dst
	}
	return append(s.appendTail(append(s.appendParts(append(dst, `data: {"candidates":[`...), parts, 0), "}]"...)), "}\n\n"...)
}

// appendParts starts a candidate with its content.
func (s *GenaiSkin) appendParts(dst, parts []byte, index int64) []byte {
	dst = strconv.AppendInt(append(dst, `{"index":`...), index, 10)
	return append(append(append(dst, `,"content":{"role":"model","parts":[`...), parts...), "]}"...)
}

// said appends what a delta or a message shows apart from its calls.
func (s *GenaiSkin) said(parts []byte, said gjson.Result) []byte {
	for _, d := range said.Get("reasoning_details").Array() {
		text, data := d.Get("text"), d.Get("data")
		if text.Type != gjson.String {
			text = d.Get("summary")
		}
		if text.Type == gjson.String && text.Raw != `""` {
			parts = append(append(append(orComma(parts), `{"thought":true,"text":`...), text.Raw...), '}')
		}
		if data.Type != gjson.String || d.Get("format").String() != FormatGemini {
			continue
		}
		if id := d.Get("id").String(); id != "" {
			s.calls[id] = data.Raw
		} else {
			s.signature = data.Raw
		}
	}
	if text := said.Get("content"); text.Type == gjson.String && text.Raw != `""` {
		parts = s.sign(append(append(orComma(parts), `{"text":`...), text.Raw...), "")
	}
	for _, image := range said.Get("images").Array() {
		kind, data, found := strings.Cut(strings.TrimPrefix(image.Get("image_url.url").String(), "data:"), ";base64,")
		if found {
			parts = appendString(append(orComma(parts), `{"inlineData":{"mimeType":`...), kind)
			parts = append(appendString(append(parts, `,"data":`...), data), "}}"...)
		}
	}
	return parts
}

// sign closes a part, with the signature of what was thought for it.
func (s *GenaiSkin) sign(part []byte, id string) []byte {
	signature := s.calls[id]
	if signature == "" {
		signature, s.signature = s.signature, ""
	}
	if signature != "" {
		part = append(append(part, `,"thoughtSignature":`...), signature...)
	}
	return append(part, '}')
}

// called appends the pending call, which is whole.
func (s *GenaiSkin) called(parts []byte) []byte {
	if !s.call.open {
		return parts
	}
	s.call.open = false
	return s.appendCall(parts, s.call.id, s.call.name, string(s.call.arguments))
}

func (s *GenaiSkin) appendCall(parts []byte, id, name, arguments string) []byte {
	if !gjson.Valid(arguments) || !gjson.Parse(arguments).IsObject() {
		arguments = "{}"
	}
	parts = appendString(append(orComma(parts), `{"functionCall":{"id":`...), id)
	parts = appendString(append(parts, `,"name":`...), name)
	parts = append(append(append(parts, `,"args":`...), arguments...), '}')
	return s.sign(parts, id)
}

// genaiFinish is the API's word for how an answer ended: the provider's own where that is of this
// API.
func genaiFinish(finish, native string) string {
	if native != "" && native != "STOP" && strings.ToUpper(native) == native && strings.Trim(native, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == "" {
		return native
	}
	switch finish {
	case "length":
		return "MAX_TOKENS"
	case "content_filter":
		return "SAFETY"
	case "error":
		return "OTHER"
	}
	return "STOP"
}

// End sends the last object, with the reason of the end and the usage.
func (s *GenaiSkin) End(dst []byte, end Ending) []byte {
	parts := s.called(nil)
	if len(parts) == 0 {
		parts = s.sign([]byte(`{"text":""`), "")
	}
	dst = s.appendParts(append(dst, `data: {"candidates":[`...), parts, 0)
	dst = append(append(append(dst, `,"finishReason":"`...), genaiFinish(end.Finish, end.Native)...), `"}]`...)
	return append(end.Usage.appendRouter(appendGenaiUsage(s.appendTail(dst), &end.Usage)), "}\n\n"...)
}

// Fail is the object that ends a broken stream.
func (s *GenaiSkin) Fail(dst []byte, e *Error) []byte {
	return append(s.Error(append(dst, "data: "...), e, s.head.ID), "\n\n"...)
}

// Result turns a whole answer into one object.
func (s *GenaiSkin) Result(dst, answer []byte, end Ending) []byte {
	dst = append(dst, `{"candidates":[`...)
	for _, choice := range gjson.GetBytes(answer, "choices").Array() {
		message := choice.Get("message")
		parts := s.said(nil, message)
		for _, call := range message.Get("tool_calls").Array() {
			parts = s.appendCall(parts, call.Get("id").String(), call.Get("function.name").String(), call.Get("function.arguments").String())
		}
		dst = s.appendParts(separate(dst, '['), parts, choice.Get("index").Int())
		reason := genaiFinish(choice.Get("finish_reason").String(), choice.Get("native_finish_reason").String())
		dst = append(append(append(dst, `,"finishReason":"`...), reason...), `"}`...)
	}
	return append(end.Usage.appendRouter(appendGenaiUsage(s.appendTail(append(dst, ']')), &end.Usage)), '}')
}

// appendGenaiUsage writes the member with the usage, in which what was thought stands beside what
// was said, and what it cost.
func appendGenaiUsage(dst []byte, u *UsageBlock) []byte {
	dst = appendCount(dst, `,"usageMetadata":{"promptTokenCount":`, u.Input)
	dst = appendCount(dst, `,"candidatesTokenCount":`, u.Output-u.Reasoning)
	dst = appendCount(dst, `,"totalTokenCount":`, u.Input+u.Output)
	if u.Reasoning > 0 {
		dst = appendCount(dst, `,"thoughtsTokenCount":`, u.Reasoning)
	}
	if u.CacheRead > 0 {
		dst = appendCount(dst, `,"cachedContentTokenCount":`, u.CacheRead)
	}
	return append(u.appendCost(append(dst, ',')), '}')
}

// WriteGenaiCount answers how many tokens a request has.
func WriteGenaiCount(w http.ResponseWriter, n int64) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(append(appendCount(nil, `{"totalTokens":`, n), "}\n"...)) // a client that is gone needs no answer
}

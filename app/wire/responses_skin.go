package wire

import (
	"strconv"
	"time"

	"github.com/tidwall/gjson"
)

// ResponsesSkin reads requests of the Responses API and answers in its shape. Nothing is stored:
// each request brings the whole conversation.
type ResponsesSkin struct {
	echo  []byte // members of the response that repeat the request
	tools map[string]responsesTool

	head     Head
	sequence int64
	started  bool
	items    []byte // finished, with commas
	count    int    // of finished items
	open     openItem
}

// NewResponsesSkin makes the skin of one request to the Responses API.
func NewResponsesSkin() *ResponsesSkin { return &ResponsesSkin{} }

// Parse reads the request and makes it a chat request.
func (s *ResponsesSkin) Parse(body []byte) (*ChatRequest, *Error) {
	root, fault := readObject(body)
	if fault != nil {
		return nil, fault
	}
	q := &responsesRequest{root: root}
	chat, fault := q.chat()
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
	s.tools, r.Ignored = q.tools, append(r.Ignored, q.ignored...)
	s.repeat(root)
	return r, nil
}

// repeat keeps the members of the request that the answer shows again, with what stands for those
// that are not there.
func (s *ResponsesSkin) repeat(root *body) {
	var o objectWriter
	for _, m := range [...][2]string{{"instructions", "null"}, {"metadata", "{}"}, {"parallel_tool_calls", "true"}, {"temperature", "null"}, {"top_p", "null"},
		{"presence_penalty", "null"}, {"frequency_penalty", "null"}, {"tool_choice", `"auto"`}, {"tools", "[]"}, {"max_output_tokens", "null"},
		{"max_tool_calls", "null"}, {"reasoning", "null"}, {"text", `{"format":{"type":"text"}}`}, {"truncation", `"disabled"`}, {"user", "null"},
		{"prompt_cache_key", "null"}, {"safety_identifier", "null"}} {
		v := root.Get(m[0])
		if !v.Exists() || v.Type == gjson.Null {
			o.raw(m[0], m[1])
			continue
		}
		o.copy(m[0], v)
	}
	s.echo = o.b[1:] // without the brace
}

// Begin starts the answer of one attempt.
func (s *ResponsesSkin) Begin(h Head, _ int64) {
	*s = ResponsesSkin{echo: s.echo, tools: s.tools, head: h}
}

// response writes the whole response object as it is at this moment.
func (s *ResponsesSkin) response(status string, more ...string) []byte {
	var o objectWriter
	o.text("id", s.head.ID)
	o.raw("object", `"response"`)
	o.raw("created_at", strconv.FormatInt(s.head.Created, 10))
	o.text("status", status)
	o.text("model", s.head.Model)
	o.text("provider", s.head.Provider)
	o.raw("output", "["+string(s.items)+"]")
	o.b = append(append(o.b, ','), s.echo...)
	o.raw("previous_response_id", "null")
	o.raw("store", "false")
	o.raw("background", "false")
	o.raw("service_tier", `"default"`)
	given := map[string]bool{}
	for i := 0; i+1 < len(more); i += 2 {
		o.raw(more[i], more[i+1])
		given[more[i]] = true
	}
	for _, name := range [...]string{"completed_at", "error", "incomplete_details", "usage"} {
		if !given[name] {
			o.raw(name, "null")
		}
	}
	return o.done()
}

// event appends one event; members come after its type and number.
func (s *ResponsesSkin) event(dst []byte, kind, members string) []byte {
	data := append([]byte(`{"type":"`), kind...)
	data = strconv.AppendInt(append(data, `","sequence_number":`...), s.sequence, 10)
	s.sequence++
	return appendEvent(dst, kind, append(append(append(data, ','), members...), '}'))
}

func (s *ResponsesSkin) start(dst []byte) []byte {
	if s.started {
		return dst
	}
	s.started = true
	response := `"response":` + string(s.response("in_progress"))
	dst = s.event(dst, "response.created", response)
	return s.event(dst, "response.in_progress", response)
}

// Chunk turns one chunk into the events of its items.
func (s *ResponsesSkin) Chunk(dst, chunk []byte) []byte {
	dst = s.start(dst)
	delta := gjson.GetBytes(chunk, "choices.0.delta")
	for _, d := range delta.Get("reasoning_details").Array() {
		dst = s.think(dst, d)
	}
	if text := delta.Get("content"); text.Type == gjson.String && text.Raw != `""` {
		dst = s.begin(dst, openItem{kind: "message"})
		s.open.text = append(s.open.text, text.String()...)
		dst = s.event(dst, "response.output_text.delta", s.place(true)+`,"delta":`+text.Raw+`,"logprobs":[]`)
	}
	for _, call := range delta.Get("tool_calls").Array() {
		index := call.Get("index").Int()
		if s.open.kind != "function_call" || s.open.call != index {
			dst = s.end(dst, "completed")
			dst = s.begin(dst, openItem{kind: "function_call", call: index, callID: call.Get("id").String(), name: call.Get("function.name").String()})
		}
		if piece := call.Get("function.arguments"); piece.Type == gjson.String && piece.Raw != `""` {
			s.open.text = append(s.open.text, piece.String()...)
			if !s.tools[s.open.name].custom { // free text is shown when it is whole
				dst = s.event(dst, "response.function_call_arguments.delta", s.place(false)+`,"delta":`+piece.Raw)
			}
		}
	}
	return dst
}

// think takes one detail of the reasoning.
func (s *ResponsesSkin) think(dst []byte, d gjson.Result) []byte {
	text, data, signature := d.Get("text"), d.Get("data"), d.Get("signature")
	item := openItem{kind: "reasoning", id: d.Get("id").String(), format: orRaw(d.Get("format"), `"unknown"`)}
	if text.Type != gjson.String {
		text = d.Get("summary")
		item.summary = text.Type == gjson.String
	}
	if data.Type == gjson.String {
		content := `"encrypted_content":` + string(appendString(nil, sealed(d)))
		if item.id == "" || s.open.kind != "reasoning" || s.open.id != item.id {
			dst = s.end(dst, "completed")
			item.signature = content
			dst = s.begin(dst, item)
		}
		s.open.signature = content
		return s.end(dst, "completed")
	}
	if text.Type == gjson.String && text.Raw != `""` {
		dst = s.begin(dst, item)
		s.open.text = append(s.open.text, text.String()...)
		kind := "response.reasoning_text.delta"
		if s.open.summary {
			kind = "response.reasoning_summary_text.delta"
		}
		dst = s.event(dst, kind, s.place(true)+`,"delta":`+text.Raw)
	}
	if signature.Type == gjson.String && signature.Raw != `""` {
		dst = s.begin(dst, openItem{kind: "reasoning", format: orRaw(d.Get("format"), `"unknown"`)})
		s.open.signature = `"signature":` + signature.Raw
		dst = s.end(dst, "completed")
	}
	return dst
}

// ended is the status of the response and its last members.
func (s *ResponsesSkin) ended(end Ending) (status string, more []string) {
	now := strconv.FormatInt(time.Now().Unix(), 10)
	more = []string{"usage", string(appendResponsesUsage(nil, &end.Usage)), "completed_at", now}
	if len(end.Usage.Router) > 0 {
		more = append(more, "openrouter_metadata", string(end.Usage.Router))
	}
	switch end.Finish {
	case "length":
		return "incomplete", append(more, "incomplete_details", `{"reason":"max_output_tokens"}`)
	case "content_filter":
		return "incomplete", append(more, "incomplete_details", `{"reason":"content_filter"}`)
	}
	return "completed", more
}

// End closes the last item and sends the whole response.
func (s *ResponsesSkin) End(dst []byte, end Ending) []byte {
	status, more := s.ended(end)
	dst = s.end(s.start(dst), status)
	return s.event(dst, "response."+status, `"response":`+string(s.response(status, more...)))
}

// Fail is the event that ends a broken stream.
func (s *ResponsesSkin) Fail(dst []byte, e *Error) []byte {
	var inner objectWriter
	inner.raw("code", `"server_error"`)
	inner.text("message", e.Message)
	dst = s.start(dst)
	return s.event(dst, "response.failed", `"response":`+string(s.response("failed", "error", string(inner.done()), "error_type", `"`+string(e.Type)+`"`)))
}

// Result turns a whole answer into a response: what a stream of it would have ended with.
func (s *ResponsesSkin) Result(dst, answer []byte, end Ending) []byte {
	message := gjson.GetBytes(answer, "choices.0.message")
	var discard []byte
	for _, d := range message.Get("reasoning_details").Array() {
		discard = s.think(discard[:0], d)
	}
	if text := message.Get("content"); text.Type == gjson.String && text.Raw != `""` {
		discard = s.begin(discard[:0], openItem{kind: "message"})
		s.open.text = []byte(text.String())
	}
	for _, call := range message.Get("tool_calls").Array() {
		discard = s.end(discard[:0], "completed")
		discard = s.begin(discard, openItem{kind: "function_call", callID: call.Get("id").String(), name: call.Get("function.name").String()})
		s.open.text = []byte(call.Get("function.arguments").String())
	}
	status, more := s.ended(end)
	s.end(discard[:0], status)
	if text := message.Get("content"); text.Type == gjson.String {
		more = append(more, "output_text", text.Raw)
	}
	return append(dst, s.response(status, more...)...)
}

// appendResponsesUsage writes the usage object of the Responses API and what it cost.
func appendResponsesUsage(dst []byte, u *UsageBlock) []byte {
	dst = appendCount(dst, `{"input_tokens":`, u.Input)
	dst = appendCount(dst, `,"input_tokens_details":{"cached_tokens":`, u.CacheRead)
	dst = appendCount(dst, `,"cache_write_tokens":`, u.CacheWrite+u.CacheWrite1h)
	dst = appendCount(dst, `},"output_tokens":`, u.Output)
	dst = appendCount(dst, `,"output_tokens_details":{"reasoning_tokens":`, u.Reasoning)
	dst = appendCount(dst, `},"total_tokens":`, u.Input+u.Output)
	dst = appendMoney(dst, `,"cost":`, u.Cost)
	dst = strconv.AppendBool(append(dst, `,"is_byok":`...), u.OwnKey)
	dst = appendMoney(dst, `,"cost_details":{"upstream_inference_cost":`, u.ProviderCost)
	dst = appendMoney(dst, `,"upstream_inference_input_cost":`, u.PromptCost)
	dst = appendMoney(dst, `,"upstream_inference_output_cost":`, u.CompletionCost)
	dst = appendMoney(dst, `,"platform_fee":`, u.Fee)
	return append(dst, "}}"...)
}

// Error is the usual envelope.
func (s *ResponsesSkin) Error(dst []byte, e *Error, requestID string) []byte {
	return e.Append(dst, requestID)
}

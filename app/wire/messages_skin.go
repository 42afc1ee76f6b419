package wire

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/tidwall/gjson"
)

// messagesSkin answers in the shape of the Messages API.
type messagesSkin struct {
	head    Head
	prompt  int64
	started bool
	open    string // the kind of the open block: text, thinking, tool_use; "" when none is
	index   int    // of the open block, or of the next one
	call    int64  // the tool call of the open block
}

// NewMessagesSkin makes the skin of one request to the Messages API.
func NewMessagesSkin() Skin { return &messagesSkin{} }

// Begin starts the answer of one attempt.
func (s *messagesSkin) Begin(h Head, promptTokens int64) {
	*s = messagesSkin{head: h, prompt: promptTokens}
}

// appendHead starts the message object, without its content.
func (s *messagesSkin) appendHead(dst []byte) []byte {
	dst = appendString(append(dst, `{"id":`...), s.head.ID)
	dst = appendString(append(dst, `,"type":"message","role":"assistant","model":`...), s.head.Model)
	return appendString(append(dst, `,"provider":`...), s.head.Provider)
}

func (s *messagesSkin) start(dst []byte) []byte {
	if s.started {
		return dst
	}
	s.started = true
	data := s.appendHead([]byte(`{"type":"message_start","message":`))
	data = append(data, `,"content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":`...)
	data = strconv.AppendInt(data, s.prompt, 10)
	data = append(data, `,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}}`...)
	return appendEvent(dst, "message_start", data)
}

// Chunk turns one chunk into the events of its blocks.
func (s *messagesSkin) Chunk(dst, chunk []byte) []byte {
	dst = s.start(dst)
	delta := gjson.GetBytes(chunk, "choices.0.delta")
	dst = s.think(dst, delta)
	if text := delta.Get("content"); text.Type == gjson.String && text.Raw != `""` {
		dst = s.block(dst, "text", `{"type":"text","text":""}`)
		dst = s.delta(dst, `{"type":"text_delta","text":`+text.Raw+`}`)
	}
	for _, call := range delta.Get("tool_calls").Array() {
		dst = s.toolCall(dst, call)
	}
	return dst
}

func (s *messagesSkin) think(dst []byte, delta gjson.Result) []byte {
	for _, d := range delta.Get("reasoning_details").Array() {
		text, data, signature := d.Get("text"), d.Get("data"), d.Get("signature")
		if text.Type != gjson.String {
			text = d.Get("summary")
		}
		own := d.Get("format").String() == FormatAnthropic
		if data.Type == gjson.String {
			dst = s.close(dst)
			dst = s.block(dst, "redacted_thinking", redactedBlock(d, own))
			dst = s.close(dst)
			continue
		}
		if text.Type == gjson.String && text.Raw != `""` {
			dst = s.block(dst, "thinking", `{"type":"thinking","thinking":"","signature":""}`)
			dst = s.delta(dst, `{"type":"thinking_delta","thinking":`+text.Raw+`}`)
		}
		if own && signature.Type == gjson.String {
			dst = s.block(dst, "thinking", `{"type":"thinking","thinking":"","signature":""}`)
			dst = s.delta(dst, `{"type":"signature_delta","signature":`+signature.Raw+`}`)
			dst = s.close(dst)
		}
	}
	return dst
}

func (s *messagesSkin) toolCall(dst []byte, call gjson.Result) []byte {
	if index := call.Get("index").Int(); s.open != "tool_use" || index != s.call {
		dst = s.close(dst)
		s.call = index
		dst = s.block(dst, "tool_use", `{"type":"tool_use","id":`+orRaw(call.Get("id"), `""`)+`,"name":`+orRaw(call.Get("function.name"), `""`)+`,"input":{}}`)
	}
	if piece := call.Get("function.arguments"); piece.Type == gjson.String && piece.Raw != `""` {
		dst = s.delta(dst, `{"type":"input_json_delta","partial_json":`+piece.Raw+`}`)
	}
	return dst
}

// block opens a block unless one of its kind is open.
func (s *messagesSkin) block(dst []byte, kind, start string) []byte {
	if s.open == kind {
		return dst
	}
	dst = s.close(dst)
	s.open = kind
	data := strconv.AppendInt([]byte(`{"type":"content_block_start","index":`), int64(s.index), 10)
	return appendEvent(dst, "content_block_start", append(data, `,"content_block":`+start+`}`...))
}

func (s *messagesSkin) delta(dst []byte, delta string) []byte {
	data := strconv.AppendInt([]byte(`{"type":"content_block_delta","index":`), int64(s.index), 10)
	return appendEvent(dst, "content_block_delta", append(data, `,"delta":`+delta+`}`...))
}

func (s *messagesSkin) close(dst []byte) []byte {
	if s.open == "" {
		return dst
	}
	s.open = ""
	data := strconv.AppendInt([]byte(`{"type":"content_block_stop","index":`), int64(s.index), 10)
	s.index++
	return appendEvent(dst, "content_block_stop", append(data, '}'))
}

// stopReason is the API's word for how an answer ended.
func stopReason(end Ending) string {
	switch end.Finish {
	case "length":
		return "max_tokens"
	case "tool_calls":
		return "tool_use"
	case "content_filter":
		return "refusal"
	}
	if end.Native == "stop_sequence" || end.Native == "pause_turn" {
		return end.Native
	}
	return "end_turn"
}

// End closes the message with its usage.
func (s *messagesSkin) End(dst []byte, end Ending) []byte {
	dst = s.close(s.start(dst))
	data := append([]byte(`{"type":"message_delta","delta":{"stop_reason":"`), stopReason(end)...)
	data = append(data, `","stop_sequence":null},"usage":`...)
	data = append(appendMessagesUsage(data, &end.Usage), '}')
	dst = appendEvent(dst, "message_delta", data)
	return appendEvent(dst, "message_stop", append(end.Usage.appendRouter([]byte(`{"type":"message_stop"`)), '}'))
}

// Fail is the event that ends a broken stream.
func (s *messagesSkin) Fail(dst []byte, e *Error) []byte {
	return appendEvent(dst, "error", s.Error(nil, e, s.head.ID))
}

// Result turns a whole answer into a message.
func (s *messagesSkin) Result(dst, answer []byte, end Ending) []byte {
	message := gjson.GetBytes(answer, "choices.0.message")
	dst = append(s.appendHead(dst), `,"content":[`...)
	for _, d := range message.Get("reasoning_details").Array() {
		dst = appendThinkingBlock(dst, d)
	}
	if text := message.Get("content"); text.Type == gjson.String && text.Raw != `""` {
		dst = append(append(append(separate(dst, '['), `{"type":"text","text":`...), text.Raw...), '}')
	}
	for _, call := range message.Get("tool_calls").Array() {
		input := call.Get("function.arguments").String()
		if !gjson.Valid(input) || !gjson.Parse(input).IsObject() {
			input = "{}"
		}
		dst = append(append(separate(dst, '['), `{"type":"tool_use","id":`...), orRaw(call.Get("id"), `""`)...)
		dst = append(append(append(dst, `,"name":`...), orRaw(call.Get("function.name"), `""`)...), `,"input":`...)
		dst = append(append(dst, input...), '}')
	}
	dst = append(append(append(dst, `],"stop_reason":"`...), stopReason(end)...), `","stop_sequence":null,"usage":`...)
	return append(end.Usage.appendRouter(appendMessagesUsage(dst, &end.Usage)), '}')
}

// redactedBlock is encrypted thinking: of the API's own vendor as it is, of another one sealed.
func redactedBlock(d gjson.Result, own bool) string {
	if own {
		return `{"type":"redacted_thinking","data":` + d.Get("data").Raw + `}`
	}
	return `{"type":"redacted_thinking","data":` + string(appendString(nil, sealed(d))) + `}`
}

func appendThinkingBlock(dst []byte, d gjson.Result) []byte {
	text, data, signature := d.Get("text"), d.Get("data"), `""`
	if text.Type != gjson.String {
		text = d.Get("summary")
	}
	if own := d.Get("format").String() == FormatAnthropic; data.Type == gjson.String {
		return append(separate(dst, '['), redactedBlock(d, own)...)
	} else if own {
		signature = orRaw(d.Get("signature"), `""`)
	}
	if text.Type != gjson.String {
		return dst
	}
	dst = append(append(separate(dst, '['), `{"type":"thinking","thinking":`...), text.Raw...)
	return append(append(append(dst, `,"signature":`...), signature...), '}')
}

// appendMessagesUsage writes the usage object of the Messages API, in which the input excludes the
// cache, and what it cost.
func appendMessagesUsage(dst []byte, u *UsageBlock) []byte {
	dst = appendCount(dst, `{"input_tokens":`, u.Input-u.CacheRead-u.CacheWrite-u.CacheWrite1h)
	dst = appendCount(dst, `,"cache_creation_input_tokens":`, u.CacheWrite+u.CacheWrite1h)
	dst = appendCount(dst, `,"cache_read_input_tokens":`, u.CacheRead)
	dst = appendCount(dst, `,"cache_creation":{"ephemeral_5m_input_tokens":`, u.CacheWrite)
	dst = appendCount(dst, `,"ephemeral_1h_input_tokens":`, u.CacheWrite1h)
	dst = appendCount(dst, `},"output_tokens":`, u.Output)
	dst = appendCount(dst, `,"output_tokens_details":{"thinking_tokens":`, u.Reasoning)
	if u.Searches > 0 {
		dst = appendCount(dst, `},"server_tool_use":{"web_search_requests":`, u.Searches)
		dst = append(dst, `},"service_tier":"standard"`...)
	} else {
		dst = append(dst, `},"server_tool_use":null,"service_tier":"standard"`...)
	}
	return append(u.appendCost(append(dst, ',')), '}')
}

// messagesErrors are the API's names for what went wrong.
var messagesErrors = map[ErrorType]string{
	TypeAuthentication: "authentication_error", TypePermissionDenied: "permission_error", TypePaymentRequired: "billing_error",
	TypeNotFound: "not_found_error", TypeRateLimit: "rate_limit_error", TypeOverloaded: "overloaded_error", TypeTimeout: "timeout_error",
	TypeUnavailable: "api_error", TypeServer: "api_error", TypePayloadTooLarge: "request_too_large",
}

// Error writes the error as the API does, with our own type and metadata beside.
func (s *messagesSkin) Error(dst []byte, e *Error, requestID string) []byte {
	kind := messagesErrors[e.Type]
	if kind == "" {
		kind = "invalid_request_error"
	}
	type inner struct {
		Type      string         `json:"type"`
		Message   string         `json:"message"`
		ErrorType ErrorType      `json:"error_type"`
		Metadata  map[string]any `json:"metadata,omitempty"`
	}
	body := struct {
		Type      string `json:"type"`
		Error     inner  `json:"error"`
		RequestID string `json:"request_id"`
	}{"error", inner{kind, e.Message, e.Type, e.Metadata}, requestID}
	raw, err := json.Marshal(body)
	if err != nil { // a metadata value that JSON cannot hold
		body.Error.Metadata = nil
		raw, _ = json.Marshal(body) // strings cannot fail
	}
	return append(dst, raw...)
}

// WriteTokenCount answers how many input tokens a request has.
func WriteTokenCount(w http.ResponseWriter, n int64) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(append(appendCount(nil, `{"input_tokens":`, n), "}\n"...)) // a client that is gone needs no answer
}

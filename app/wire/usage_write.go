package wire

import (
	"bytes"
	"encoding/json"
	"strconv"

	"bourse/models"
)

// UsageBlock is the usage of a generation with what was debited for it.
type UsageBlock struct {
	models.Usage
	Cost           models.Amount // debited: provider cost and fee
	ProviderCost   models.Amount // PromptCost and CompletionCost together
	PromptCost     models.Amount
	CompletionCost models.Amount
	Fee            models.Amount
	OwnKey         bool   // the customer's own key paid ProviderCost, which is then what the list says
	Router         []byte // how the request was routed, as JSON; nil when nobody asked
}

// Append writes the member "usage":{…} with every field that strict clients require, and the
// routing beside it when it was asked for.
func (u *UsageBlock) Append(dst []byte) []byte {
	dst = appendCount(dst, `"usage":{"prompt_tokens":`, u.Input)
	dst = appendCount(dst, `,"completion_tokens":`, u.Output)
	dst = appendCount(dst, `,"total_tokens":`, u.Input+u.Output)
	dst = u.appendCost(append(dst, ','))
	dst = appendCount(dst, `,"prompt_tokens_details":{"cached_tokens":`, u.CacheRead)
	dst = appendCount(dst, `,"cache_write_tokens":`, u.CacheWrite+u.CacheWrite1h)
	dst = appendCount(dst, `,"audio_tokens":`, u.InputAudio)
	dst = append(dst, `,"video_tokens":0}`...)
	dst = appendCount(dst, `,"completion_tokens_details":{"reasoning_tokens":`, u.Reasoning)
	dst = appendCount(dst, `,"image_tokens":`, u.OutputImage)
	dst = appendCount(dst, `,"audio_tokens":`, u.OutputAudio)
	dst = append(dst, '}')
	if u.Searches > 0 {
		dst = appendCount(dst, `,"server_tool_use_details":{"web_search_requests":`, u.Searches)
		dst = append(dst, '}')
	}
	return u.appendRouter(append(dst, '}'))
}

func (u *UsageBlock) appendRouter(dst []byte) []byte {
	if len(u.Router) == 0 {
		return dst
	}
	return append(append(dst, `,"openrouter_metadata":`...), u.Router...)
}

// appendCost writes the members that say what was debited, without a comma in front.
func (u *UsageBlock) appendCost(dst []byte) []byte {
	dst = appendMoney(dst, `"cost":`, u.Cost)
	dst = strconv.AppendBool(append(dst, `,"is_byok":`...), u.OwnKey)
	dst = appendMoney(dst, `,"cost_details":{"upstream_inference_cost":`, u.ProviderCost)
	dst = appendMoney(dst, `,"upstream_inference_prompt_cost":`, u.PromptCost)
	dst = appendMoney(dst, `,"upstream_inference_completions_cost":`, u.CompletionCost)
	dst = appendMoney(dst, `,"platform_fee":`, u.Fee)
	return append(dst, '}')
}

func appendCount(dst []byte, name string, n int64) []byte {
	return strconv.AppendInt(append(dst, name...), n, 10)
}

func appendMoney(dst []byte, name string, a models.Amount) []byte {
	return AppendAmount(append(dst, name...), a)
}

// AppendAmount writes an amount as an exact JSON number of US dollars: the same digits as
// Amount.Number, without allocating.
func AppendAmount(dst []byte, a models.Amount) []byte {
	const places = 9
	u := uint64(a)
	if a < 0 {
		dst, u = append(dst, '-'), -u
	}
	dst = strconv.AppendUint(dst, u/models.NanoPerUSD, 10)
	rest := u % models.NanoPerUSD
	if rest == 0 {
		return dst
	}
	var digits [places]byte
	for i := places - 1; i >= 0; i-- {
		digits[i] = byte('0' + rest%10)
		rest /= 10
	}
	n := places
	for digits[n-1] == '0' {
		n--
	}
	return append(append(dst, '.'), digits[:n]...)
}

// UsageEvent appends the last event before [DONE]: the usage, and the finish reason once more on
// a choice of its own.
func (rw *Rewriter) UsageEvent(dst []byte, u UsageBlock) []byte {
	dst = append(append(dst, "data: "...), rw.head...)
	dst = append(dst, `,"object":"chat.completion.chunk","choices":[{"index":0,`+
		`"delta":{"role":"assistant","content":""},"finish_reason":`...)
	if rw.finish == "" {
		dst = append(dst, `null,"native_finish_reason":null`...)
	} else {
		dst = append(append(append(dst, '"'), rw.finish...), '"')
		dst = append(append(dst, `,"native_finish_reason":`...), rw.native...)
	}
	dst = append(dst, `}],`...)
	return append(u.Append(dst), "}\n\n"...)
}

// echoBytesMax bounds how long a request may be to be shown to who sent it.
const echoBytesMax = 256 << 10

// DebugEvent appends what the provider is sent, for a client that wants to see it.
func (rw *Rewriter) DebugEvent(dst, sent []byte) []byte {
	var echo bytes.Buffer
	if len(sent) > echoBytesMax || json.Compact(&echo, sent) != nil {
		echo.Reset()
		echo.WriteString(`"too long to be shown"`)
	}
	dst = append(append(dst, "data: "...), rw.head...)
	dst = append(dst, `,"object":"chat.completion.chunk","choices":[],"debug":{"echo_upstream_body":`...)
	return append(append(dst, echo.Bytes()...), "}}\n\n"...)
}

// ErrorEvent appends the event that ends a broken stream; only Done follows it.
func (rw *Rewriter) ErrorEvent(dst []byte, e *Error) []byte {
	dst = append(append(dst, "data: "...), rw.head...)
	dst = append(dst, `,"object":"chat.completion.chunk","error":`...)
	raw, err := json.Marshal(e.body(""))
	if err != nil { // as in Append: a metadata value that JSON cannot hold
		plain := &Error{Status: e.Status, Type: e.Type, Message: e.Message}
		raw, _ = json.Marshal(plain.body("")) // strings and a number cannot fail
	}
	dst = append(dst, raw...)
	return append(dst, `,"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error",`+
		`"native_finish_reason":"error"}]}`+"\n\n"...)
}

// Done is the event that ends every chat stream.
const Done = "data: [DONE]\n\n"

package provider

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// said is what an upstream's error body says, from the half dozen shapes in use.
type said struct {
	code    string // error.code, error.type or the like
	kind    string // error.type or error.status
	message string
	number  int    // a numeric code, which is a status at some providers
	reason  string // google.rpc.ErrorInfo
	vendor  int    // base_resp.status_code
}

// readSaid reads {error:{message,type,code,status}}, {error:"text",code}, {message}, {detail},
// an array of the first, base_resp, and a bare string.
func readSaid(raw []byte) said {
	var s said
	if !gjson.ValidBytes(raw) {
		return s // an HTML page of some proxy on the way: nothing to quote
	}
	root := gjson.ParseBytes(raw)
	if root.IsArray() {
		root = root.Get("0")
	}
	if vendor := root.Get("base_resp"); vendor.Exists() {
		root = vendor
	}
	if root.Get("status_code").Exists() {
		s.vendor = int(root.Get("status_code").Int())
		s.code, s.message = root.Get("status_code").String(), root.Get("status_msg").String()
	}
	inner := root
	if e := root.Get("error"); e.IsObject() {
		inner = e
	} else if e.Type == gjson.String {
		s.message = e.String()
	}
	if root.Type == gjson.String {
		s.message = root.String()
	}
	s.reason = inner.Get("details.#.reason").String()
	s.number = statusOf(inner.Get("code"))
	for _, name := range [...]string{"code", "type", "status"} {
		v := inner.Get(name)
		if s.code == "" && v.String() != "" && (v.Type == gjson.String || v.Type == gjson.Number) {
			s.code = v.String()
		}
		if name != "code" && s.kind == "" && v.Type == gjson.String {
			s.kind = v.String()
		}
	}
	for _, name := range [...]string{"message", "detail.0.msg", "detail", "metadata.raw"} {
		if v := inner.Get(name); s.message == "" && v.Type == gjson.String {
			s.message = v.String()
		}
	}
	s.code, s.message = clip(s.code, 100), clip(strings.TrimSpace(s.message), messageBytesMax)
	return s
}

func statusOf(v gjson.Result) int {
	n := v.Int()
	if v.Type == gjson.String {
		n, _ = strconv.ParseInt(v.String(), 10, 64) // a word is no status
	}
	if n >= 400 && n <= 599 {
		return int(n)
	}
	return 0
}

// status guesses the status that an error inside a 200 stands for.
func (s said) status() int {
	switch {
	case s.number != 0:
		return s.number
	case s.vendor != 0:
		return vendorStatus(s.vendor)
	case s.is("rate_limit", "too_many_requests", "throttl", "resource_exhausted"):
		return http.StatusTooManyRequests
	case s.overloaded():
		return http.StatusServiceUnavailable
	case s.contextLength(), s.policy(), s.is("invalid_request", "invalid_argument", "badrequest", "bad_request", "validation"):
		return http.StatusBadRequest
	}
	return http.StatusBadGateway
}

// vendorStatus maps the codes of a provider that answers 200 in any case.
func vendorStatus(code int) int {
	switch code {
	case 1002, 1039:
		return http.StatusTooManyRequests
	case 1004, 2049:
		return http.StatusUnauthorized
	case 1008:
		return http.StatusPaymentRequired
	case 1026, 1027, 2013:
		return http.StatusBadRequest
	case 1001:
		return http.StatusRequestTimeout
	}
	return http.StatusBadGateway
}

// is looks for words in the code and the type: never in the message, which is prose.
func (s said) is(words ...string) bool {
	for _, tag := range [...]string{strings.ToLower(s.code), strings.ToLower(s.kind)} {
		for _, word := range words {
			if strings.Contains(tag, word) {
				return true
			}
		}
	}
	return false
}

// says looks in the message. Providers without codes leave nothing else to tell by, and a wrong
// guess only changes which endpoint is tried next.
func (s said) says(phrases ...string) bool {
	text := strings.ToLower(s.message)
	for _, phrase := range phrases {
		if strings.Contains(text, phrase) {
			return true
		}
	}
	return false
}

func (s said) contextLength() bool {
	return s.is("context_length", "context_window", "string_above_max_length") ||
		s.says("maximum context length", "context window", "context length", "prompt is too long",
			"too many tokens", "reduce the length", "input token count", "maximum prompt length")
}

func (s said) policy() bool {
	return s.is("content_filter", "content_policy", "data_inspection_failed", "moderation", "safety_check", "invalid_prompt") ||
		s.vendor == 1026 || s.vendor == 1027
}

func (s said) region(status int) bool {
	return status == http.StatusForbidden &&
		(s.is("unsupported_country", "region") || s.says("country, region", "not available in your region", "location is not supported")) ||
		s.says("user location is not supported")
}

func (s said) overloaded() bool {
	return s.is("overload", "capacity", "engine_overloaded") || s.says("overloaded", "at capacity")
}

func (s said) outOfMoney() bool {
	return s.is("insufficient_quota", "insufficient_balance", "billing", "exceeded_current_quota") ||
		s.says("insufficient balance", "credit balance is too low")
}

func (s said) badKey() bool {
	return strings.Contains(s.reason, "API_KEY_INVALID") || s.says("api key not valid", "api key expired")
}

func (s said) dailyQuota() bool {
	return s.is("perday") || s.says("requests per day", "tokens per day", "per day")
}

func clip(s string, n int) string {
	if len(s) > n {
		s = s[:n] + "…"
	}
	return strings.ToValidUTF8(s, "")
}

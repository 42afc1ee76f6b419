package wire

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// FormatAnthropic names whose thinking a reasoning detail is: another vendor's signature would be
// refused.
const FormatAnthropic = "anthropic-claude-v1"

const (
	// anthropicTokens is the limit when neither the client nor the catalogue knows one: the
	// dialect demands a number.
	anthropicTokens = 4_096
	// thinkingTokensMin is the smallest budget that the dialect takes.
	thinkingTokensMin = 1_024
)

// AppendAnthropic writes the request in the Messages dialect. What that dialect cannot say at all
// is refused; wishes it has no word for are left out, as AppendUpstream leaves them out.
func (r *ChatRequest) AppendAnthropic(dst []byte, o UpstreamOptions) ([]byte, *Error) {
	if r.N > 1 {
		return nil, Invalid("n", "This provider gives one answer to a request: leave n out.")
	}
	a := &anthropicRequest{r: r, o: &o}
	a.limit = anthropicLimit(r, &o)
	a.members()
	if o.CloudVersion != "" {
		dst = appendString(append(dst, `{"anthropic_version":`...), o.CloudVersion)
	} else {
		dst = appendString(append(dst, `{"model":`...), o.Model)
	}
	dst = strconv.AppendInt(append(dst, `,"max_tokens":`...), a.limit, 10)
	if fault := a.conversation(); fault != nil {
		return nil, fault
	}
	if a.jsonOnly {
		a.system = append(separate(orOpen(a.system), '['), `{"type":"text","text":"Answer with one JSON object and nothing else."}`...)
	}
	if len(a.system) > 0 {
		dst = append(append(append(dst, `,"system":`...), a.system...), ']')
	}
	dst = append(append(append(dst, `,"messages":[`...), a.messages...), ']')
	if fault := a.tools(); fault != nil {
		return nil, fault
	}
	dst = append(dst, a.toolJSON...)
	dst = a.appendThinking(dst)
	dst = a.appendSampling(dst)
	if o.User != "" {
		dst = append(appendString(append(dst, `,"metadata":{"user_id":`...), o.User), '}')
	}
	if control := a.member("cache_control"); control.IsObject() {
		dst = append(append(dst, `,"cache_control":`...), control.Raw...)
	}
	if r.Stream && !o.StreamUnsaid {
		dst = append(dst, `,"stream":true`...)
	}
	return append(dst, '}'), nil
}

// anthropicLimit is how much the answer may have: what the hold bears, what the client asked for,
// or all that the endpoint can write.
func anthropicLimit(r *ChatRequest, o *UpstreamOptions) int64 {
	for _, n := range [...]int64{o.MaxTokens, r.MaxTokens, o.MaxOutput} {
		if n > 0 {
			return n
		}
	}
	return anthropicTokens
}

// anthropicRequest gathers the parts of one translation.
type anthropicRequest struct {
	r        *ChatRequest
	o        *UpstreamOptions
	limit    int64
	jsonOnly bool
	forced   bool // a tool has to be called

	system   []byte // [ and blocks, without the closing bracket; empty when there is none
	messages []byte
	role     string // of the message that is open in messages
	toolJSON []byte
	outputs  []byte // members of output_config
	thinking bool
}

func (a *anthropicRequest) member(name string) gjson.Result { return a.r.member(name, a.o) }

// members reads what decides about other parts.
func (a *anthropicRequest) members() {
	choice := a.member("tool_choice")
	a.forced = choice.IsObject() || choice.String() == "required" || choice.String() == "any"
	format := a.member("response_format")
	switch schema := format.Get("json_schema.schema"); {
	case format.Get("type").String() == "json_schema" && schema.IsObject():
		a.outputs = append(append(append(a.outputs, `"format":{"type":"json_schema","schema":`...), schema.Raw...), '}')
	case format.Get("type").String() == "json_object":
		a.jsonOnly = true
	}
}

// appendThinking writes how much the model is to think. Newer models decide by themselves and
// take an effort; older ones take a budget, which has to leave room for the answer. No model
// thinks when it is told which tool to call.
func (a *anthropicRequest) appendThinking(dst []byte) []byte {
	effort := a.r.ReasoningEffort
	if effort != "" && effort != "none" && !a.forced {
		switch budget := a.budget(effort); {
		case thinksByEffort(a.o.Model):
			a.thinking = true
			dst = append(dst, `,"thinking":{"type":"adaptive","display":"summarized"}`...)
			a.outputs = append(orComma(a.outputs), `"effort":"`+anthropicEffort(effort)+`"`...)
		case budget >= thinkingTokensMin && budget < a.limit:
			a.thinking = true
			dst = strconv.AppendInt(append(dst, `,"thinking":{"type":"enabled","budget_tokens":`...), budget, 10)
			dst = append(dst, '}')
		}
	}
	if len(a.outputs) > 0 {
		dst = append(append(append(dst, `,"output_config":{`...), a.outputs...), '}')
	}
	return dst
}

// effortShare is how much of an answer's limit an effort stands for, in per cent.
var effortShare = map[string]int64{"minimal": 10, "low": 20, "medium": 50, "high": 80, "xhigh": 95}

// budget is the share of the answer's limit that an effort stands for, or the budget given.
func (a *anthropicRequest) budget(effort string) int64 {
	n := a.r.ReasoningBudget
	if n == 0 {
		n = a.limit * effortShare[effort] / 100
	}
	return min(max(n, thinkingTokensMin), a.limit-1)
}

func anthropicEffort(effort string) string {
	switch effort {
	case "minimal":
		return "low"
	case "xhigh":
		return "max"
	}
	return effort
}

// thinksByEffort tells by its name whether a model takes an effort instead of a budget: those of
// version 4.6 and later do.
func thinksByEffort(model string) bool {
	const effortMajor, effortMinor = 4, 6
	_, rest, found := bytes.Cut([]byte(model), []byte("claude-"))
	if !found {
		return false
	}
	var version []int
	for _, word := range bytes.FieldsFunc(rest, func(c rune) bool { return strings.ContainsRune("-.@:", c) }) {
		n, err := strconv.Atoi(string(word))
		if err == nil && len(word) <= 2 { // longer ones are dates
			version = append(version, n)
		} else if len(version) > 0 {
			break
		}
	}
	switch len(version) {
	case 0:
		return false
	case 1:
		return version[0] > effortMajor
	}
	return version[0] > effortMajor || version[0] == effortMajor && version[1] >= effortMinor
}

// appendSampling writes the parameters that both dialects have. A model that thinks takes no
// temperature.
func (a *anthropicRequest) appendSampling(dst []byte) []byte {
	if t := a.member("temperature"); t.Type == gjson.Number && !a.thinking && a.o.supports("temperature") {
		dst = strconv.AppendFloat(append(dst, `,"temperature":`...), min(t.Float(), 1), 'g', -1, 64)
	}
	for _, name := range [...]string{"top_p", "top_k"} {
		if v := a.member(name); v.Type == gjson.Number && !a.thinking && a.o.supports(name) {
			dst = append(append(append(append(dst, `,"`...), name...), `":`...), v.Raw...)
		}
	}
	stop := a.member("stop")
	if stop.Type == gjson.String {
		return append(append(append(dst, `,"stop_sequences":[`...), stop.Raw...), ']')
	}
	if stop.IsArray() && !isBlank([]byte(stop.Raw)) {
		dst = append(append(dst, `,"stop_sequences":`...), stop.Raw...)
	}
	return dst
}

// tools writes the functions and which of them may be called.
func (a *anthropicRequest) tools() *Error {
	var list []byte
	for i, tool := range a.member("tools").Array() {
		f := tool.Get("function")
		if tool.Get("type").String() != "function" || !f.IsObject() {
			return Invalid("tools", "tools[%d] is of a type that this provider does not take: use function.", i)
		}
		list = append(orComma(list), `{"name":`...)
		list = append(list, orRaw(f.Get("name"), `""`)...)
		if d := f.Get("description"); d.Type == gjson.String {
			list = append(append(list, `,"description":`...), d.Raw...)
		}
		list = append(list, `,"input_schema":`...)
		if p := f.Get("parameters"); p.IsObject() && p.Get("type").Exists() {
			list = append(list, p.Raw...)
		} else {
			list = append(list, `{"type":"object","properties":{}}`...)
		}
		if s := f.Get("strict"); s.Type == gjson.True {
			list = append(list, `,"strict":true`...)
		}
		list = append(appendCacheControl(list, tool), '}')
	}
	if len(list) == 0 {
		return nil
	}
	a.toolJSON = append(append(append(a.toolJSON, `,"tools":[`...), list...), ']')
	alone := a.member("parallel_tool_calls").Type == gjson.False
	choice, word := a.member("tool_choice"), "auto"
	switch name := choice.Get("function.name"); {
	case name.Type == gjson.String:
		a.toolJSON = append(append(a.toolJSON, `,"tool_choice":{"type":"tool","name":`...), name.Raw...)
	case choice.Type != gjson.String && !alone:
		return nil
	default:
		switch choice.String() {
		case "none":
			word, alone = "none", false
		case "required", "any":
			word = "any"
		}
		a.toolJSON = append(a.toolJSON, `,"tool_choice":{"type":"`+word+`"`...)
	}
	if alone {
		a.toolJSON = append(a.toolJSON, `,"disable_parallel_tool_use":true`...)
	}
	a.toolJSON = append(a.toolJSON, '}')
	return nil
}

// orComma makes a list ready for its next element.
func orComma(list []byte) []byte {
	if len(list) > 0 {
		return append(list, ',')
	}
	return list
}

// orOpen opens an array that is not open yet.
func orOpen(list []byte) []byte {
	if len(list) == 0 {
		return append(list, '[')
	}
	return list
}

func orRaw(v gjson.Result, otherwise string) string {
	if v.Type != gjson.String {
		return otherwise
	}
	return v.Raw
}

func appendCacheControl(dst []byte, from gjson.Result) []byte {
	if control := from.Get("cache_control"); control.IsObject() {
		dst = append(append(dst, `,"cache_control":`...), control.Raw...)
	}
	return dst
}

package wire

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// FormatGemini names whose thinking a reasoning detail is.
const FormatGemini = "google-gemini-v1"

// The budgets of thinking that the efforts stand for at models that take a budget: the maker's own
// figures for them.
const (
	geminiBudgetLow    = 1_024
	geminiBudgetMedium = 8_192
	geminiBudgetHigh   = 24_576
	geminiBudgetMin    = 128 // the least of models that cannot do without
)

// AppendGemini writes the request in Gemini's dialect. The model is not a part of it: it stands in
// the address. What the dialect cannot say is refused; wishes it has no word for are left out.
func (r *ChatRequest) AppendGemini(dst []byte, o UpstreamOptions) ([]byte, *Error) {
	g := &geminiRequest{r: r, o: &o, names: map[string]string{}}
	if fault := g.conversation(); fault != nil {
		return nil, fault
	}
	dst = append(append(append(dst, `{"contents":[`...), g.contents...), ']')
	if len(g.system) > 0 {
		dst = append(append(append(dst, `,"systemInstruction":{"parts":[`...), g.system...), "]}"...)
	}
	dst, fault := g.appendTools(dst)
	if fault != nil {
		return nil, fault
	}
	return append(o.appendTier(g.appendConfig(dst)), '}'), nil
}

// geminiRequest gathers the parts of one translation.
type geminiRequest struct {
	r        *ChatRequest
	o        *UpstreamOptions
	contents []byte
	system   []byte            // parts, without brackets
	role     string            // of the turn that is open in contents
	names    map[string]string // of functions, by the id of their call
}

// member is a member of the request that the endpoint takes.
func (r *ChatRequest) member(name string, o *UpstreamOptions) gjson.Result {
	for i := range r.members {
		if m := &r.members[i]; m.name == name && !slices.Contains(o.Quirks.DropParams, name) {
			return gjson.ParseBytes(m.value)
		}
	}
	return gjson.Result{}
}

func (g *geminiRequest) member(name string) gjson.Result { return g.r.member(name, g.o) }

// geminiNumbers are the parameters that both dialects have as numbers.
var geminiNumbers = [...][2]string{{"temperature", "temperature"}, {"top_p", "topP"}, {"top_k", "topK"}, {"seed", "seed"},
	{"presence_penalty", "presencePenalty"}, {"frequency_penalty", "frequencyPenalty"}, {"n", "candidateCount"}, {"top_logprobs", "logprobs"}}

func (g *geminiRequest) appendConfig(dst []byte) []byte {
	dst = append(dst, `,"generationConfig":{`...)
	for _, pair := range geminiNumbers {
		if v := g.member(pair[0]); v.Type == gjson.Number && (pair[0] == "n" || g.o.supports(pair[0])) {
			dst = append(appendName(dst, []byte(pair[1])), v.Raw...)
		}
	}
	if v := g.member("logprobs"); v.Type == gjson.True && g.o.supports("logprobs") {
		dst = append(appendName(dst, []byte("responseLogprobs")), "true"...)
	}
	limit := g.limit()
	if limit > 0 {
		dst = strconv.AppendInt(appendName(dst, []byte("maxOutputTokens")), limit, 10)
	}
	switch stop := g.member("stop"); {
	case stop.Type == gjson.String:
		dst = append(append(append(appendName(dst, []byte("stopSequences")), '['), stop.Raw...), ']')
	case stop.IsArray() && !isBlank([]byte(stop.Raw)):
		dst = append(appendName(dst, []byte("stopSequences")), stop.Raw...)
	}
	dst = g.appendFormat(dst)
	if kinds := g.member("modalities"); kinds.IsArray() {
		dst = append(appendName(dst, []byte("responseModalities")), strings.ToUpper(kinds.Raw)...)
	}
	return append(g.appendThinking(dst, limit), '}')
}

// limit is how much the answer may have, thinking included; 0 leaves it to the provider.
func (g *geminiRequest) limit() int64 {
	if g.o.MaxTokens > 0 {
		return g.o.MaxTokens
	}
	return g.r.MaxTokens
}

func (g *geminiRequest) appendFormat(dst []byte) []byte {
	format := g.member("response_format")
	kind := format.Get("type").String()
	if kind != "json_object" && kind != "json_schema" {
		return dst
	}
	dst = append(appendName(dst, []byte("responseMimeType")), `"application/json"`...)
	if schema := format.Get("json_schema.schema"); schema.IsObject() {
		dst = append(appendName(dst, []byte("responseJsonSchema")), schema.Raw...)
	}
	return dst
}

// appendThinking writes how much the model is to think. Models of the third generation take a
// level, older ones a budget. Without a wish the model decides, and does not show it.
func (g *geminiRequest) appendThinking(dst []byte, limit int64) []byte {
	effort := g.r.ReasoningEffort
	if effort == "" || !g.o.supports("reasoning") && !g.o.supports("reasoning_effort") {
		return dst
	}
	dst = append(appendName(dst, []byte("thinkingConfig")), '{')
	if effort != "none" && !g.r.ReasoningExclude {
		dst = append(dst, `"includeThoughts":true`...)
	}
	if geminiGeneration(g.o.Model) >= 3 {
		dst = append(append(append(appendName(dst, []byte("thinkingLevel")), '"'), geminiLevel(g.o.Model, effort)...), '"')
		return append(dst, '}')
	}
	budget := g.r.ReasoningBudget
	if budget == 0 {
		budget = map[string]int64{"none": 0, "minimal": geminiBudgetLow, "low": geminiBudgetLow, "medium": geminiBudgetMedium}[effort]
		if effort == "high" || effort == "xhigh" {
			budget = geminiBudgetHigh
		}
	}
	if limit > 0 && budget >= limit {
		budget = limit * 4 / 5 // something has to be left for the answer
	}
	if strings.Contains(g.o.Model, "pro") {
		budget = max(budget, geminiBudgetMin)
	}
	return append(strconv.AppendInt(appendName(dst, []byte("thinkingBudget")), budget, 10), '}')
}

// geminiGeneration is the first number of a model's name, 0 where it has none.
func geminiGeneration(model string) int {
	_, rest, found := strings.Cut(model, "gemini-")
	if !found || rest == "" {
		return 0
	}
	digits, _, _ := strings.Cut(rest, "-")
	digits, _, _ = strings.Cut(digits, ".")
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// geminiLevel is the level for an effort. Only the smaller models can think next to nothing, and
// the first of the larger ones knew two levels.
func geminiLevel(model, effort string) string {
	small := strings.Contains(model, "flash")
	switch effort {
	case "none", "minimal":
		if small {
			return "minimal"
		}
		return "low"
	case "low":
		return "low"
	case "medium":
		if strings.HasPrefix(model, "gemini-3-pro") {
			return "high"
		}
		return "medium"
	}
	return "high"
}

// appendTools writes the functions and which of them may be called.
func (g *geminiRequest) appendTools(dst []byte) ([]byte, *Error) {
	var list []byte
	for i, tool := range g.member("tools").Array() {
		f := tool.Get("function")
		if tool.Get("type").String() != "function" || !f.IsObject() {
			return nil, Invalid("tools", "tools[%d] is of a type that this provider does not take: use function.", i)
		}
		list = append(append(orComma(list), `{"name":`...), orRaw(f.Get("name"), `""`)...)
		if d := f.Get("description"); d.Type == gjson.String {
			list = append(append(list, `,"description":`...), d.Raw...)
		}
		if p := f.Get("parameters"); p.IsObject() && !isEmptyObject(p.Raw) {
			list = append(append(list, `,"parametersJsonSchema":`...), p.Raw...)
		}
		list = append(list, '}')
	}
	if len(list) == 0 {
		return dst, nil
	}
	dst = append(append(append(dst, `,"tools":[{"functionDeclarations":[`...), list...), "]}]"...)
	choice := g.member("tool_choice")
	mode := "AUTO"
	switch name := choice.Get("function.name"); {
	case name.Type == gjson.String:
		dst = append(append(dst, `,"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":[`...), name.Raw...)
		return append(dst, "]}}"...), nil
	case !choice.Exists():
		return dst, nil
	case choice.String() == "none":
		mode = "NONE"
	case choice.String() == "required" || choice.String() == "any":
		mode = "ANY"
	}
	return append(dst, `,"toolConfig":{"functionCallingConfig":{"mode":"`+mode+`"}}`...), nil
}

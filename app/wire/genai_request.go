package wire

import (
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// genaiRequest is one translation of a generateContent request into the chat dialect.
type genaiRequest struct {
	root    membered
	out     objectWriter
	list    []byte // messages written so far
	calls   int    // of functions, in the whole conversation
	open    []genaiCall
	ignored []string
}

// genaiCall is a call whose result has not come yet.
type genaiCall struct{ id, name string }

// either reads a member by its name in camel case, or in the snake case that the API takes as well.
func either(v membered, name string) gjson.Result {
	if found := v.Get(name); found.Exists() {
		return found
	}
	var snake strings.Builder
	for _, r := range name {
		if r >= 'A' && r <= 'Z' {
			snake.WriteByte('_')
			r += 'a' - 'A'
		}
		snake.WriteRune(r)
	}
	return v.Get(snake.String())
}

// genaiOwn are members of ours that a request may have in addition.
var genaiOwn = [...]string{"models", "provider", "session_id", "user", "plugins"}

func (q *genaiRequest) chat(model string, stream bool) ([]byte, *Error) {
	q.out.text("model", model)
	if stream {
		q.out.raw("stream", "true")
	}
	for _, name := range genaiOwn {
		q.out.copy(name, q.root.Get(name))
	}
	if v := either(q.root, "cachedContent"); v.String() != "" {
		return nil, Invalid("cachedContent", "cachedContent is not offered: nothing is stored here. Send the whole conversation as contents.")
	}
	for _, name := range [...]string{"safetySettings", "serviceTier"} {
		if either(q.root, name).Exists() {
			q.ignored = append(q.ignored, name)
		}
	}
	if fault := q.config(stream); fault != nil {
		return nil, fault
	}
	if fault := q.tools(); fault != nil {
		return nil, fault
	}
	if fault := q.conversation(); fault != nil {
		return nil, fault
	}
	q.out.list("messages", q.list)
	return q.out.done(), nil
}

// genaiConfig are the members of generationConfig that a chat request has under other names.
var genaiConfig = [...][2]string{{"temperature", "temperature"}, {"topP", "top_p"}, {"topK", "top_k"}, {"maxOutputTokens", "max_tokens"}, {"seed", "seed"},
	{"candidateCount", "n"}, {"presencePenalty", "presence_penalty"}, {"frequencyPenalty", "frequency_penalty"}, {"stopSequences", "stop"},
	{"responseLogprobs", "logprobs"}, {"logprobs", "top_logprobs"}}

// genaiUnknown are those that nothing here does.
var genaiUnknown = [...]string{"speechConfig", "mediaResolution", "imageConfig", "audioTimestamp", "enableAffectiveDialog", "routingConfig", "modelSelectionConfig"}

func (q *genaiRequest) config(stream bool) *Error {
	config := either(q.root, "generationConfig")
	if config.Exists() && !config.IsObject() {
		return wrongType("generationConfig", "an object", []byte(config.Raw))
	}
	for _, pair := range genaiConfig {
		v := either(config, pair[0])
		if pair[0] == "topK" && v.Type == gjson.Number {
			q.out.raw("top_k", strconv.FormatInt(v.Int(), 10)) // some clients write 40.0
			continue
		}
		q.out.copy(pair[1], v)
	}
	if stream && either(config, "candidateCount").Int() > 1 {
		return Invalid("generationConfig.candidateCount", "A stream has one candidate: leave candidateCount out.")
	}
	for _, name := range genaiUnknown {
		if either(config, name).Exists() {
			q.ignored = append(q.ignored, "generationConfig."+name)
		}
	}
	q.thinking(either(config, "thinkingConfig"))
	if kinds := either(config, "responseModalities"); kinds.IsArray() {
		q.out.raw("modalities", strings.ToLower(kinds.Raw))
	}
	return q.format(config)
}

// thinking reads how much the model is to think. What it thinks is shown to those who ask for it.
func (q *genaiRequest) thinking(config gjson.Result) {
	var o objectWriter
	budget, level := either(config, "thinkingBudget"), either(config, "thinkingLevel").String()
	shown := either(config, "includeThoughts").Type == gjson.True
	switch {
	case level != "" && level != "THINKING_LEVEL_UNSPECIFIED":
		o.text("effort", strings.ToLower(level))
	case budget.Type == gjson.Number && budget.Int() >= 0:
		o.raw("max_tokens", strconv.FormatInt(budget.Int(), 10))
	case budget.Type == gjson.Number || shown: // -1 leaves it to the model
		o.raw("enabled", "true")
	}
	if !shown {
		o.raw("exclude", "true")
	}
	q.out.bytes("reasoning", o.done())
}

// format reads the form of the answer.
func (q *genaiRequest) format(config gjson.Result) *Error {
	kind := either(config, "responseMimeType").String()
	schema := either(config, "responseJsonSchema")
	written := schema.Raw
	if old := either(config, "responseSchema"); !schema.Exists() && old.IsObject() {
		written = string(appendSchema(nil, old, 0))
	}
	switch {
	case kind == "" || kind == "text/plain":
	case kind != "application/json":
		return Invalid("generationConfig.responseMimeType", "responseMimeType must be text/plain or application/json, not %q.", clip(kind, nameShownMax))
	case written != "":
		q.out.raw("response_format", `{"type":"json_schema","json_schema":{"name":"answer","schema":`+written+`}}`)
	default:
		q.out.raw("response_format", `{"type":"json_object"}`)
	}
	return nil
}

// tools reads the functions. Tools that would run at Google are left out, and said to be.
func (q *genaiRequest) tools() *Error {
	var list []byte
	for i, tool := range q.root.Get("tools").Array() {
		if !tool.IsObject() {
			return wrongType("tools["+strconv.Itoa(i)+"]", "an object", []byte(tool.Raw))
		}
		tool.ForEach(func(key, value gjson.Result) bool {
			if name := key.String(); name != "functionDeclarations" && name != "function_declarations" {
				q.ignored = append(q.ignored, "tools."+headerText(clip(name, nameShownMax)))
				return true
			}
			for _, f := range value.Array() {
				list = append(genaiFunction(append(orComma(list), `{"type":"function","function":`...), f), '}')
			}
			return true
		})
	}
	if len(list) == 0 {
		return nil
	}
	q.out.raw("tools", "["+string(list)+"]")
	choice := either(either(q.root, "toolConfig"), "functionCallingConfig")
	allowed := either(choice, "allowedFunctionNames").Array()
	switch mode := choice.Get("mode").String(); {
	case mode == "NONE":
		q.out.raw("tool_choice", `"none"`)
	case mode == "ANY" && len(allowed) == 1:
		q.out.raw("tool_choice", `{"type":"function","function":{"name":`+orRaw(allowed[0], `""`)+`}}`)
	case mode == "ANY":
		q.out.raw("tool_choice", `"required"`)
	}
	return nil
}

func genaiFunction(dst []byte, f gjson.Result) []byte {
	var o objectWriter
	o.copy("name", f.Get("name"))
	o.copy("description", f.Get("description"))
	if schema := either(f, "parametersJsonSchema"); schema.IsObject() {
		o.copy("parameters", schema)
	} else if old := f.Get("parameters"); old.IsObject() {
		o.bytes("parameters", appendSchema(nil, old, 0))
	}
	return append(dst, o.done()...)
}

// appendSchema turns a schema as the API has it, a part of OpenAPI's with types in capitals, into
// JSON Schema.
func appendSchema(dst []byte, schema gjson.Result, depth int) []byte {
	if !schema.IsObject() || depth > depthMax {
		return append(dst, "{}"...)
	}
	nullable := schema.Get("nullable").Type == gjson.True
	dst = append(dst, '{')
	schema.ForEach(func(key, value gjson.Result) bool {
		name := key.String()
		switch name {
		case "nullable", "propertyOrdering", "property_ordering":
			return true
		case "type":
			kind := strings.ToLower(value.String())
			if kind == "type_unspecified" {
				return true
			}
			quoted := appendString(nil, kind)
			if nullable {
				quoted = append(append([]byte("["), quoted...), `,"null"]`...)
			}
			dst = append(appendName(dst, []byte("type")), quoted...)
			return true
		case "anyOf", "any_of":
			dst = append(appendName(dst, []byte("anyOf")), '[')
			for _, one := range value.Array() {
				dst = appendSchema(separate(dst, '['), one, depth+1)
			}
			dst = append(dst, ']')
			return true
		case "minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties":
			dst = strconv.AppendInt(appendName(dst, []byte(name)), value.Int(), 10) // 64 bits wide, so quoted
			return true
		}
		dst = appendName(dst, []byte(name))
		switch {
		case name == "items" && value.IsObject():
			dst = appendSchema(dst, value, depth+1)
		case name == "properties" && value.IsObject():
			dst = append(dst, '{')
			value.ForEach(func(property, inner gjson.Result) bool {
				dst = appendSchema(appendName(dst, []byte(property.String())), inner, depth+1)
				return true
			})
			dst = append(dst, '}')
		default:
			dst = append(dst, value.Raw...)
		}
		return true
	})
	return append(dst, '}')
}

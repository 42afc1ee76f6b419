package wire

import (
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// FormatConverse names whose thinking a reasoning detail is.
const FormatConverse = "amazon-converse-v1"

// AppendConverse writes the request in the Converse dialect of Amazon Bedrock. The model is not a
// part of it: it stands in the address, and so does the wish for a stream.
func (r *ChatRequest) AppendConverse(dst []byte, o UpstreamOptions) ([]byte, *Error) {
	if r.N > 1 {
		return nil, Invalid("n", "This provider gives one answer to a request: leave n out.")
	}
	c := &converseRequest{r: r, o: &o, caches: strings.Contains(o.Model, "nova")}
	if fault := c.conversation(); fault != nil {
		return nil, fault
	}
	c.format()
	dst = append(append(append(dst, `{"messages":[`...), c.messages...), ']')
	if len(c.system) > 0 {
		dst = append(append(append(dst, `,"system":[`...), c.system...), ']')
	}
	dst = c.appendConfig(dst)
	dst, fault := c.appendTools(dst)
	if fault != nil {
		return nil, fault
	}
	return append(c.appendThinking(dst), '}'), nil
}

// converseRequest gathers the parts of one translation.
type converseRequest struct {
	r        *ChatRequest
	o        *UpstreamOptions
	messages []byte
	system   []byte // blocks, without brackets
	role     string // of the message that is open
	files    int    // documents need names of their own
	caches   bool   // the model takes marks for the cache; the others refuse them
}

func (c *converseRequest) member(name string) gjson.Result { return c.r.member(name, c.o) }

func (c *converseRequest) appendConfig(dst []byte) []byte {
	dst = append(dst, `,"inferenceConfig":{`...)
	limit := c.r.MaxTokens
	if c.o.MaxTokens > 0 {
		limit = c.o.MaxTokens
	}
	if limit > 0 {
		dst = strconv.AppendInt(appendName(dst, []byte("maxTokens")), limit, 10)
	}
	if v := c.member("temperature"); v.Type == gjson.Number && c.o.supports("temperature") {
		dst = strconv.AppendFloat(appendName(dst, []byte("temperature")), min(v.Float(), 1), 'g', -1, 64)
	}
	if v := c.member("top_p"); v.Type == gjson.Number && c.o.supports("top_p") {
		dst = append(appendName(dst, []byte("topP")), v.Raw...)
	}
	switch stop := c.member("stop"); {
	case stop.Type == gjson.String:
		dst = append(append(append(appendName(dst, []byte("stopSequences")), '['), stop.Raw...), ']')
	case stop.IsArray() && !isBlank([]byte(stop.Raw)):
		dst = append(appendName(dst, []byte("stopSequences")), stop.Raw...)
	}
	return append(dst, '}')
}

// format asks for JSON in words: the dialect has no other way that every model knows.
func (c *converseRequest) format() {
	format := c.member("response_format")
	words := ""
	switch schema := format.Get("json_schema.schema"); {
	case format.Get("type").String() == "json_schema" && schema.IsObject():
		words = "Answer with one JSON object that follows this JSON Schema, and nothing else: " + schema.Raw
	case format.Get("type").String() == "json_object":
		words = "Answer with one JSON object and nothing else."
	default:
		return
	}
	c.system = append(appendString(append(orComma(c.system), `{"text":`...), words), '}')
}

// appendThinking writes how much the model is to think, which each maker calls differently here.
func (c *converseRequest) appendThinking(dst []byte) []byte {
	effort := c.r.ReasoningEffort
	if effort == "" {
		return dst
	}
	word := map[string]string{"minimal": "low", "xhigh": "high"}[effort]
	if word == "" {
		word = effort
	}
	switch {
	case strings.Contains(c.o.Model, "openai.") && effort != "none":
		return append(dst, `,"additionalModelRequestFields":{"reasoning_effort":"`+word+`"}`...)
	case strings.Contains(c.o.Model, "amazon.nova-2") && effort == "none":
		return append(dst, `,"additionalModelRequestFields":{"reasoningConfig":{"type":"disabled"}}`...)
	case strings.Contains(c.o.Model, "amazon.nova-2"):
		return append(dst, `,"additionalModelRequestFields":{"reasoningConfig":{"type":"enabled","maxReasoningEffort":"`+word+`"}}`...)
	}
	return dst
}

// appendTools writes the functions and which of them may be called.
func (c *converseRequest) appendTools(dst []byte) ([]byte, *Error) {
	var list []byte
	for i, tool := range c.member("tools").Array() {
		f := tool.Get("function")
		if tool.Get("type").String() != "function" || !f.IsObject() {
			return nil, Invalid("tools", "tools[%d] is of a type that this provider does not take: use function.", i)
		}
		list = append(append(orComma(list), `{"toolSpec":{"name":`...), orRaw(f.Get("name"), `""`)...)
		if d := f.Get("description"); d.Type == gjson.String && d.Raw != `""` {
			list = append(append(list, `,"description":`...), d.Raw...)
		}
		list = append(list, `,"inputSchema":{"json":`...)
		if p := f.Get("parameters"); p.IsObject() && p.Get("type").Exists() {
			list = append(list, p.Raw...)
		} else {
			list = append(list, `{"type":"object","properties":{}}`...)
		}
		list = append(list, "}}}"...)
		if c.caches && tool.Get("cache_control").IsObject() {
			list = append(list, `,`+cachePoint...)
		}
	}
	choice := c.member("tool_choice")
	if len(list) == 0 || choice.String() == "none" {
		return dst, nil
	}
	dst = append(append(append(dst, `,"toolConfig":{"tools":[`...), list...), ']')
	switch name := choice.Get("function.name"); {
	case name.Type == gjson.String:
		dst = append(append(append(dst, `,"toolChoice":{"tool":{"name":`...), name.Raw...), "}}"...)
	case choice.String() == "required" || choice.String() == "any":
		dst = append(dst, `,"toolChoice":{"any":{}}`...)
	}
	return append(dst, '}'), nil
}

const cachePoint = `{"cachePoint":{"type":"default"}}`

package wire

import (
	"strconv"

	"github.com/tidwall/gjson"
)

// AppendAnthropicAnswer turns a plain answer of the Messages dialect into one of the chat dialect,
// for the rewriter to read.
func AppendAnthropicAnswer(dst, body []byte) ([]byte, error) {
	if !gjson.ValidBytes(body) {
		return dst, ErrNotJSON
	}
	root := gjson.ParseBytes(body)
	if e := root.Get("error"); e.Exists() {
		return append(append(append(dst, `{"error":`...), e.Raw...), '}'), nil
	}
	if !root.Get("content").IsArray() {
		return dst, ErrNotJSON
	}
	var text, thinking string
	var details, calls []byte
	spoke, thoughts := false, 0
	for _, block := range root.Get("content").Array() {
		switch block.Get("type").String() {
		case "text":
			text, spoke = text+block.Get("text").String(), true
		case "thinking":
			thinking += block.Get("thinking").String()
			details = appendThought(orComma(details), block, thoughts)
			thoughts++
		case "redacted_thinking":
			details = appendThought(orComma(details), block, thoughts)
			thoughts++
		case "tool_use":
			calls = append(orComma(calls), `{"type":"function","id":`...)
			calls = append(append(calls, orRaw(block.Get("id"), `""`)...), `,"function":{"name":`...)
			calls = append(append(calls, orRaw(block.Get("name"), `""`)...), `,"arguments":`...)
			calls = append(appendString(calls, orObject(block.Get("input"))), "}}"...)
		}
	}
	dst = append(dst, `{"choices":[{"index":0,"message":{"role":"assistant","content":`...)
	if spoke {
		dst = appendString(dst, text)
	} else {
		dst = append(dst, "null"...)
	}
	if thinking != "" {
		dst = appendString(append(dst, `,"reasoning":`...), thinking)
	}
	if len(details) > 0 {
		dst = append(append(append(dst, `,"reasoning_details":[`...), details...), ']')
	}
	if len(calls) > 0 {
		dst = append(append(append(dst, `,"tool_calls":[`...), calls...), ']')
	}
	dst = append(dst, `},"finish_reason":`...)
	dst = append(append(dst, orRaw(root.Get("stop_reason"), `"stop"`)...), "}]"...)
	if u := root.Get("usage"); u.IsObject() {
		var counts anthropicCounts
		counts.overlay(u)
		dst = counts.append(append(dst, ','))
	}
	return append(dst, '}'), nil
}

func orObject(v gjson.Result) string {
	if !v.IsObject() {
		return "{}"
	}
	return v.Raw
}

// appendThought writes a block of thinking as a reasoning detail that can be sent back.
func appendThought(dst []byte, block gjson.Result, index int) []byte {
	if data := block.Get("data"); data.Type == gjson.String {
		dst = append(append(dst, `{"type":"reasoning.encrypted","data":`...), data.Raw...)
	} else {
		dst = append(dst, `{"type":"reasoning.text"`...)
		for _, name := range [...][2]string{{"thinking", "text"}, {"signature", "signature"}} {
			if v := block.Get(name[0]); v.Type == gjson.String {
				dst = append(append(append(append(dst, `,"`...), name[1]...), `":`...), v.Raw...)
			}
		}
	}
	dst = strconv.AppendInt(append(dst, `,"format":"`+FormatAnthropic+`","index":`...), int64(index), 10)
	return append(dst, '}')
}

// anthropicCounts is the usage of the Messages dialect. The input there excludes what was read
// from and written to the cache.
type anthropicCounts struct {
	input, output, read, created, short, long int64
	thinking, searches                        int64
	split                                     bool // short and long were told apart
}

// overlay takes over the fields that are there: the end of a stream repeats only some.
func (c *anthropicCounts) overlay(u gjson.Result) {
	for _, f := range [...]struct {
		path string
		to   *int64
	}{
		{"input_tokens", &c.input}, {"output_tokens", &c.output}, {"cache_read_input_tokens", &c.read},
		{"cache_creation_input_tokens", &c.created}, {"output_tokens_details.thinking_tokens", &c.thinking},
		{"server_tool_use.web_search_requests", &c.searches},
	} {
		if v := u.Get(f.path); v.Type == gjson.Number {
			*f.to = v.Int()
		}
	}
	if split := u.Get("cache_creation"); split.IsObject() {
		c.split = true
		c.short, c.long = split.Get("ephemeral_5m_input_tokens").Int(), split.Get("ephemeral_1h_input_tokens").Int()
	}
}

// append writes the member usage of the chat dialect.
func (c *anthropicCounts) append(dst []byte) []byte {
	created := c.created
	if c.split && c.short+c.long > 0 {
		created = c.short + c.long
	}
	input := c.input + c.read + created
	dst = strconv.AppendInt(append(dst, `"usage":{"prompt_tokens":`...), input, 10)
	dst = strconv.AppendInt(append(dst, `,"completion_tokens":`...), c.output, 10)
	dst = strconv.AppendInt(append(dst, `,"total_tokens":`...), input+c.output, 10)
	dst = strconv.AppendInt(append(dst, `,"prompt_tokens_details":{"cached_tokens":`...), c.read, 10)
	if created != c.short+c.long {
		dst = strconv.AppendInt(append(dst, `,"cache_write_tokens":`...), created, 10)
	} else if c.split {
		dst = strconv.AppendInt(append(dst, `,"cache_creation":{"ephemeral_5m_input_tokens":`...), c.short, 10)
		dst = strconv.AppendInt(append(dst, `,"ephemeral_1h_input_tokens":`...), c.long, 10)
		dst = append(dst, '}')
	}
	dst = strconv.AppendInt(append(dst, `},"completion_tokens_details":{"reasoning_tokens":`...), c.thinking, 10)
	dst = append(dst, '}')
	if c.searches > 0 {
		dst = strconv.AppendInt(append(dst, `,"server_tool_use":{"web_search_requests":`...), c.searches, 10)
		dst = append(dst, '}')
	}
	return append(dst, '}')
}

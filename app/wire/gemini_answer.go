package wire

import (
	"io"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"bourse/models"
)

// geminiReader turns answers of Gemini's dialect into the chat dialect: one object, or the objects
// of a stream, which have the same form.
type geminiReader struct {
	calls   int // tool calls begun
	details int // reasoning details finished
	writing bool
}

// AppendGeminiAnswer turns a plain answer of Gemini's dialect into one of the chat dialect, for the
// rewriter to read.
func AppendGeminiAnswer(dst, body []byte) ([]byte, error) {
	if !gjson.ValidBytes(body) {
		return dst, ErrNotJSON
	}
	root := gjson.ParseBytes(body)
	if !root.Get("candidates").Exists() && !root.Get("promptFeedback").Exists() && !root.Get("error").Exists() {
		return dst, ErrNotJSON
	}
	var g geminiReader
	return g.append(dst, root, plain), nil
}

// append writes the object in the chat dialect.
func (g *geminiReader) append(dst []byte, root gjson.Result, as shape) []byte {
	if e := root.Get("error"); e.Exists() {
		return append(append(append(dst, `{"error":`...), e.Raw...), '}')
	}
	dst = append(dst, `{"choices":[`...)
	candidates := root.Get("candidates").Array()
	for _, c := range candidates {
		dst = g.candidate(separate(dst, '['), c, as)
	}
	if reason := root.Get("promptFeedback.blockReason"); len(candidates) == 0 && reason.Type == gjson.String {
		dst = append(append(dst, `{"index":0,`+as.deltaName()+`"role":"assistant"},"finish_reason":"content_filter","native_finish_reason":`...), reason.Raw...)
		dst = append(dst, '}')
	}
	dst = append(dst, ']')
	if u := root.Get("usageMetadata"); u.IsObject() {
		if tier := geminiTier(u); tier != "" {
			dst = append(dst, `,"service_tier":"`+tier+`"`...)
		}
		dst = appendGeminiUsage(append(dst, ','), u)
	}
	return append(dst, '}')
}

// geminiTier is the service tier that was given, in the words of the chat dialect; "" when nothing is
// said of it. The cloud has words of its own.
func geminiTier(u gjson.Result) string {
	switch word := strings.ToLower(u.Get("serviceTier").String() + u.Get("trafficType").String()); {
	case strings.HasSuffix(word, "flex"):
		return "flex"
	case strings.HasSuffix(word, "priority"):
		return "priority"
	case word != "" && word != "service_tier_unspecified" && word != "traffic_type_unspecified":
		return "default"
	}
	return ""
}

// geminiSaid is what the parts of one candidate amount to.
type geminiSaid struct {
	text, thinking         []byte // insides of JSON strings
	spoke                  bool
	details, calls, images []byte // lists without brackets
}

func (g *geminiReader) candidate(dst []byte, c gjson.Result, as shape) []byte {
	var said geminiSaid
	for _, part := range c.Get("content.parts").Array() {
		g.part(&said, part, as)
	}
	dst = strconv.AppendInt(append(dst, `{"index":`...), max(c.Get("index").Int(), 0), 10)
	dst = append(append(append(dst, ','), as.deltaName()...), `"role":"assistant"`...)
	if said.spoke {
		dst = append(append(append(dst, `,"content":"`...), said.text...), '"')
	} else if as == plain {
		dst = append(dst, `,"content":null`...)
	}
	if len(said.thinking) > 0 {
		dst = append(append(append(dst, `,"reasoning":"`...), said.thinking...), '"')
	}
	for _, list := range [...]struct {
		name  string
		items []byte
	}{{"reasoning_details", said.details}, {"tool_calls", said.calls}, {"images", said.images}} {
		if len(list.items) > 0 {
			dst = append(append(append(append(dst, `,"`...), list.name...), `":[`...), list.items...)
			dst = append(dst, ']')
		}
	}
	dst = append(append(dst, `},"finish_reason":`...), orRaw(c.Get("finishReason"), "null")...)
	return append(dst, '}')
}

func (g *geminiReader) part(said *geminiSaid, part gjson.Result, as shape) {
	text, id := part.Get("text"), ""
	switch {
	case part.Get("functionCall").IsObject():
		id = g.call(said, part.Get("functionCall"), as)
	case part.Get("inlineData").IsObject():
		data := part.Get("inlineData")
		said.images = append(orComma(said.images), `{"type":"image_url","image_url":{"url":`...)
		said.images = append(appendString(said.images, "data:"+data.Get("mimeType").String()+";base64,"+data.Get("data").String()), "}}"...)
	case text.Type == gjson.String && part.Get("thought").Type == gjson.True:
		if text.Raw != `""` {
			said.thinking = append(said.thinking, text.Raw[1:len(text.Raw)-1]...)
			said.details = append(append(orComma(said.details), `{"type":"reasoning.text","text":`...), text.Raw...)
			said.details = g.endDetail(said.details)
			g.writing = true
		}
	case text.Type == gjson.String:
		said.spoke = said.spoke || text.Raw != `""`
		said.text = append(said.text, text.Raw[1:len(text.Raw)-1]...)
	}
	if signature := part.Get("thoughtSignature"); signature.Type == gjson.String && signature.Raw != `""` {
		if g.writing {
			g.writing = false
			g.details++
		}
		said.details = append(append(orComma(said.details), `{"type":"reasoning.encrypted","data":`...), signature.Raw...)
		if id != "" {
			said.details = appendString(append(said.details, `,"id":`...), id)
		}
		said.details = g.endDetail(said.details)
		g.details++
	}
}

func (g *geminiReader) endDetail(dst []byte) []byte {
	return append(strconv.AppendInt(append(dst, `,"format":"`+FormatGemini+`","index":`...), int64(g.details), 10), '}')
}

// call writes a call, which comes whole, and returns its id: one of ours where the provider gives
// none.
func (g *geminiReader) call(said *geminiSaid, f gjson.Result, as shape) string {
	id := f.Get("id").String()
	if id == "" {
		id = "call_" + string(models.AppendRandom(nil, 20))
	}
	said.calls = append(orComma(said.calls), '{')
	if as == streamed {
		said.calls = append(strconv.AppendInt(append(said.calls, `"index":`...), int64(g.calls), 10), ',')
	}
	g.calls++
	said.calls = appendString(append(said.calls, `"type":"function","id":`...), id)
	said.calls = append(append(said.calls, `,"function":{"name":`...), orRaw(f.Get("name"), `""`)...)
	said.calls = append(appendString(append(said.calls, `,"arguments":`...), orObject(f.Get("args"))), "}}"...)
	return id
}

// appendGeminiUsage writes the member usage of the chat dialect. The prompt there includes what
// was cached; what was thought stands beside what was said.
func appendGeminiUsage(dst []byte, u gjson.Result) []byte {
	n := func(name string) int64 { return u.Get(name).Int() }
	input := n("promptTokenCount") + n("toolUsePromptTokenCount")
	output := n("candidatesTokenCount") + n("thoughtsTokenCount")
	dst = strconv.AppendInt(append(dst, `"usage":{"prompt_tokens":`...), input, 10)
	dst = strconv.AppendInt(append(dst, `,"completion_tokens":`...), output, 10)
	if total := u.Get("totalTokenCount"); total.Type == gjson.Number {
		dst = append(append(dst, `,"total_tokens":`...), total.Raw...)
	}
	dst = strconv.AppendInt(append(dst, `,"prompt_tokens_details":{"cached_tokens":`...), n("cachedContentTokenCount"), 10)
	// What was cached is billed as such, whatever it was: of the rest only the parts count.
	dst = appendModality(dst, `,"audio_tokens":`, u, "AUDIO", "promptTokensDetails", "cacheTokensDetails")
	dst = appendModality(dst, `,"image_tokens":`, u, "IMAGE", "promptTokensDetails", "cacheTokensDetails")
	dst = strconv.AppendInt(append(dst, `},"completion_tokens_details":{"reasoning_tokens":`...), n("thoughtsTokenCount"), 10)
	dst = appendModality(dst, `,"audio_tokens":`, u, "AUDIO", "candidatesTokensDetails", "")
	dst = appendModality(dst, `,"image_tokens":`, u, "IMAGE", "candidatesTokensDetails", "")
	return append(dst, "}}"...)
}

func appendModality(dst []byte, name string, u gjson.Result, kind, list, without string) []byte {
	count := func(list string) (n int64) {
		for _, d := range u.Get(list).Array() {
			if d.Get("modality").String() == kind {
				n += d.Get("tokenCount").Int()
			}
		}
		return n
	}
	n := count(list)
	if without != "" {
		n -= count(without)
	}
	if n <= 0 {
		return dst
	}
	return strconv.AppendInt(append(dst, name...), n, 10)
}

// geminiEvents translates one event of a stream.
func (g *geminiReader) event(dst, data []byte) []byte {
	if !gjson.ValidBytes(data) {
		return append(append(append(dst, "data: "...), data...), "\n\n"...) // the rewriter says what is wrong
	}
	return append(g.append(append(dst, "data: "...), gjson.ParseBytes(data), streamed), "\n\n"...)
}

// NewGeminiStream reads the provider's stream r as a stream of chat chunks.
func NewGeminiStream(r io.Reader) io.Reader {
	g := &geminiReader{}
	return newTranslated(NewEventReader(r), g.event)
}

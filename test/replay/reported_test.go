package replay

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/tidwall/gjson"

	"bourse/app/wire"
)

// reported is what a recorded answer says, read without any of the code that is tested but the
// framing of events.
type reported struct {
	text                           string
	prompt, cached, written, wrote int64 // tokens; wrote is all of the output
	cost                           float64
	finished                       bool
}

// events are the objects of an answer, one for a plain one.
func events(t *testing.T, kind family, body string) []gjson.Result {
	t.Helper()
	var list []gjson.Result
	if strings.HasPrefix(strings.TrimSpace(body), "{") {
		return append(list, gjson.Parse(body))
	}
	if kind.slug == bedrockSlug {
		frames := bytes.NewReader([]byte(body))
		for frames.Len() > 0 {
			m, err := eventstream.NewDecoder().Decode(frames, nil)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := base64.StdEncoding.DecodeString(gjson.GetBytes(m.Payload, "bytes").String())
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, gjson.ParseBytes(raw))
		}
		return list
	}
	er := wire.NewEventReader(strings.NewReader(body))
	for {
		kind, data, err := er.Next()
		if err != nil {
			return list
		}
		if kind == wire.EventData {
			list = append(list, gjson.ParseBytes(bytes.Clone(data)))
		}
	}
}

func read(t *testing.T, kind family, body string) reported {
	t.Helper()
	var r reported
	for _, e := range events(t, kind, body) {
		switch kind.speaks {
		case "anthropic":
			r.anthropic(e)
		case "gemini":
			r.gemini(e)
		case "responses":
			r.responses(e)
		default:
			r.openai(e)
		}
	}
	return r
}

func (r *reported) openai(e gjson.Result) {
	for _, c := range e.Get("choices").Array() {
		r.text += c.Get("delta.content").String() + c.Get("message.content").String()
	}
	for _, at := range []string{"usage", "x_groq.usage", "choices.0.usage"} {
		u := e.Get(at)
		if !u.IsObject() {
			continue
		}
		r.prompt, r.cached = u.Get("prompt_tokens").Int(), u.Get("prompt_tokens_details.cached_tokens").Int()
		if r.wrote = u.Get("completion_tokens").Int(); u.Get("total_tokens").Exists() {
			r.wrote = u.Get("total_tokens").Int() - r.prompt // thinking stands inside or beside
		}
		r.cost = u.Get("cost").Float()
	}
}

func (r *reported) anthropic(e gjson.Result) {
	r.text += e.Get("delta.text").String()
	for _, block := range e.Get("content").Array() {
		r.text += block.Get("text").String()
	}
	for _, u := range []gjson.Result{e.Get("message.usage"), e.Get("usage")} {
		if u.Get("input_tokens").Exists() {
			r.cached, r.written = u.Get("cache_read_input_tokens").Int(), u.Get("cache_creation_input_tokens").Int()
			r.prompt = u.Get("input_tokens").Int() + r.cached + r.written
		}
		if u.Get("output_tokens").Exists() {
			r.wrote = u.Get("output_tokens").Int()
		}
	}
}

func (r *reported) responses(e gjson.Result) {
	if e.Get("type").String() == "response.output_text.delta" {
		r.text += e.Get("delta").String()
	}
	for _, text := range e.Get(`output.#.content.#(type=="output_text")#.text`).Array() {
		for _, part := range text.Array() {
			r.text += part.String()
		}
	}
	u := e.Get("usage")
	if e.Get("type").Exists() {
		u = e.Get("response.usage")
	}
	if u.IsObject() {
		r.prompt, r.cached = u.Get("input_tokens").Int(), u.Get("input_tokens_details.cached_tokens").Int()
		r.wrote = u.Get("output_tokens").Int()
	}
}

func (r *reported) gemini(e gjson.Result) {
	for _, part := range e.Get("candidates.0.content.parts").Array() {
		if !part.Get("thought").Bool() {
			r.text += part.Get("text").String()
		}
	}
	if u := e.Get("usageMetadata"); u.IsObject() {
		r.prompt, r.cached = u.Get("promptTokenCount").Int(), u.Get("cachedContentTokenCount").Int()
		r.wrote = u.Get("totalTokenCount").Int() - r.prompt
	}
}

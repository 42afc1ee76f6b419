package provider

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"bourse/app/wire"
	"bourse/models"
)

const (
	sightingBytesMax  = 8 << 20
	sightingFieldsMax = 60
)

// Sighting is what one raw answer of a provider looks like, before anything is translated: what a
// quirk record is made from.
type Sighting struct {
	Headers  []string // names, with the values of those about limits
	Events   int
	Comments int
	Done     bool // [DONE] came

	UsageAt    []string // where usage stood: "usage in event 7 of 7, without a choice"
	UsageNull  int      // events whose usage was null
	UsageSeen  int      // events with a usage object
	UsageNames []string // its fields with their numbers
	Total      int64    // as reported, 0 when it was not

	Reasoning []string // members of the delta in which thinking came
	Finish    []string // finish words as they came
	Unset     bool     // a choice without the member finish_reason
	Calls     int      // tool calls begun
	NoIndex   bool     // a tool call without an index
	Members   []string // top-level members
}

// usagePlaces are where providers put their counts.
var usagePlaces = [...]string{"usage", "x_groq.usage", "choices.0.usage", "usageMetadata", "message.usage", "metadata.usage", "response.usage", "amazon-bedrock-invocationMetrics"}

// Look reads a raw answer.
func Look(raw []byte, header http.Header, p *models.Provider, model string, stream bool) Sighting {
	s := Sighting{Headers: headerNames(header)}
	if !stream {
		s.event(gjson.ParseBytes(raw), 1)
		s.Events = 1
		s.place(1)
		return s
	}
	var r io.Reader = bytes.NewReader(raw)
	if dialectOf(p, model) == speakBedrock || dialectOf(p, model) == speakBedrockClaude {
		r = newFrames(r)
	}
	events := wire.NewEventReader(r)
	for {
		kind, data, err := events.Next()
		if err != nil {
			break
		}
		switch kind {
		case wire.EventComment:
			s.Comments++
		case wire.EventDone:
			s.Done = true
		default:
			s.Events++
			s.event(gjson.ParseBytes(bytes.Clone(data)), s.Events)
		}
	}
	s.place(s.Events)
	return s
}

// event notes what one object holds.
func (s *Sighting) event(root gjson.Result, n int) {
	root.ForEach(func(key, _ gjson.Result) bool {
		s.Members = note(s.Members, key.String())
		return true
	})
	for _, at := range usagePlaces {
		switch usage := root.Get(at); {
		case usage.IsObject():
			s.UsageSeen++
			choice := ", with a choice"
			if choices := root.Get("choices"); choices.IsArray() && len(choices.Array()) == 0 {
				choice = ", without a choice"
			} else if !choices.Exists() {
				choice = ""
			}
			s.UsageAt = append(s.UsageAt, fmt.Sprintf("%s in event %d of %%d%s", at, n, choice))
			s.UsageNames = flatten(s.UsageNames[:0], "", usage)
			s.Total = max(usage.Get("total_tokens").Int(), usage.Get("totalTokenCount").Int())
		case usage.Type == gjson.Null && usage.Exists():
			s.UsageNull++
		}
	}
	for _, choice := range root.Get("choices").Array() {
		delta := choice.Get("delta")
		if !delta.Exists() {
			delta = choice.Get("message")
		}
		for _, name := range [...]string{"reasoning_content", "reasoning", "reasoning_details"} {
			if v := delta.Get(name); v.Type == gjson.String && v.String() != "" || v.IsArray() && len(v.Array()) > 0 {
				s.Reasoning = note(s.Reasoning, name)
			}
		}
		if delta.Get("content").IsArray() {
			s.Reasoning = note(s.Reasoning, "content as parts")
		}
		if finish := choice.Get("finish_reason"); finish.Type == gjson.String {
			s.Finish = note(s.Finish, finish.String())
		} else if !finish.Exists() {
			s.Unset = true
		}
		for _, call := range delta.Get("tool_calls").Array() {
			if call.Get("function.name").String() != "" {
				s.Calls++
			}
			s.NoIndex = s.NoIndex || !call.Get("index").Exists() && choice.Get("delta").Exists()
		}
	}
}

// place writes the number of events into the places, which are known only at the end, and keeps the
// first and the last when there are many.
func (s *Sighting) place(total int) {
	for i, at := range s.UsageAt {
		s.UsageAt[i] = fmt.Sprintf(at, total)
	}
	if n := len(s.UsageAt); n > 2 {
		s.UsageAt = []string{s.UsageAt[0], fmt.Sprintf("… %d more …", n-2), s.UsageAt[n-1]}
	}
}

func note(list []string, word string) []string {
	if slices.Contains(list, word) || len(list) >= sightingFieldsMax {
		return list
	}
	return append(list, clip(word, 60))
}

// flatten lists the members of an object by their paths.
func flatten(dst []string, path string, v gjson.Result) []string {
	v.ForEach(func(key, value gjson.Result) bool {
		name := path + key.String()
		if value.IsObject() {
			dst = flatten(dst, name+".", value)
		} else {
			dst = note(dst, name+"="+clip(value.Raw, 40))
		}
		return len(dst) < sightingFieldsMax
	})
	return dst
}

// headerNames are the names of an answer's headers, with the values of those about limits and
// waiting: others may hold what is nobody's business.
func headerNames(header http.Header) []string {
	var names []string
	for name, values := range header {
		lower := strings.ToLower(name)
		if strings.Contains(lower, "ratelimit") || strings.HasPrefix(lower, "retry-after") {
			lower += ": " + strings.Join(values, ", ")
		}
		names = append(names, lower)
	}
	slices.Sort(names)
	return names
}

// Probed is what the three questions of a probe showed.
type Probed struct {
	Stream, Tool, First, Again Sighting
	StreamUsage                models.Usage // of the stream, as we read it
	Cached                     [2]models.Usage
	RefusedOptions             bool // stream_options was refused
	RefusedLimit               bool // max_tokens was refused
}

// Quirks says what the record should be, from the facts alone: what they do not show stays as it is.
func (p *Probed) Quirks(now models.Quirks) models.Quirks {
	if p.RefusedOptions {
		now.NoStreamOptions = true
	}
	if p.RefusedLimit {
		now.MaxTokensField = "max_completion_tokens"
	}
	for _, name := range [...]string{"reasoning_content", "reasoning"} {
		if slices.Contains(p.Stream.Reasoning, name) || slices.Contains(p.First.Reasoning, name) {
			now.ReasoningField = name
			break
		}
	}
	if u := p.StreamUsage; u.Reasoning > 0 && p.Stream.Total > 0 {
		// The total tells whether thinking stands inside of what was written or beside it.
		now.ReasoningOutside = slices.ContainsFunc(p.Stream.UsageNames, func(field string) bool {
			return field == fmt.Sprintf("completion_tokens=%d", u.Output-u.Reasoning)
		})
	}
	return now
}

// Tap keeps a copy of the raw answer while it is read.
func (a *Answer) Tap() *bytes.Buffer {
	kept := &bytes.Buffer{}
	body := a.Body
	a.Body = tapped{io.TeeReader(io.LimitReader(body, sightingBytesMax), kept), body}
	return kept
}

type tapped struct {
	io.Reader
	io.Closer
}

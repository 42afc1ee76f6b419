package demo

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// tool is a function that the client offers.
type tool struct {
	Type     string `json:"type"`
	Function struct {
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Parameters  json.RawMessage `json:"parameters"`
	} `json:"function"`
}

// toolChoice is what the client wants done with its tools.
type toolChoice struct {
	mode string // auto, none or required
	name string // the one function to call, or any
}

// toolCall is our wish that the client runs a function.
type toolCall struct {
	id, name, arguments string
}

func (q *request) checkTools() *problem {
	if len(q.Tools) > toolsMax {
		return invalid("tools", fmt.Sprintf("'tools' has more than %d entries.", toolsMax))
	}
	for i, t := range q.Tools {
		if t.Type != "function" || t.Function.Name == "" {
			return invalid(fmt.Sprintf("tools[%d]", i), "A tool must have the type 'function' and a function with a name.")
		}
	}
	q.choice = toolChoice{mode: "auto"}
	if len(q.ToolChoice) == 0 || string(q.ToolChoice) == "null" {
		return nil
	}
	var named tool
	if json.Unmarshal(q.ToolChoice, &q.choice.mode) != nil {
		if json.Unmarshal(q.ToolChoice, &named) != nil || named.Function.Name == "" {
			return invalid("tool_choice", "'tool_choice' must be 'none', 'auto', 'required' or name a function.")
		}
		q.choice = toolChoice{mode: "required", name: named.Function.Name}
	}
	switch {
	case q.choice.mode != "auto" && q.choice.mode != "none" && q.choice.mode != "required":
		return invalid("tool_choice", fmt.Sprintf("Invalid value: '%s'.", q.choice.mode))
	case len(q.Tools) == 0:
		return invalid("tool_choice", "'tool_choice' is only allowed when 'tools' are specified.")
	case q.choice.name != "" && q.toolNamed(q.choice.name) == nil:
		return invalid("tool_choice", fmt.Sprintf("Tool choice '%s' not found in 'tools'.", q.choice.name))
	}
	return nil
}

func (q *request) toolNamed(name string) *tool {
	for i := range q.Tools {
		if q.Tools[i].Function.Name == name {
			return &q.Tools[i]
		}
	}
	return nil
}

// wantedCall decides whether to ask for a tool: when we must, or when the question has a word of
// the tool's name or description in it. The result of a tool is answered in words.
func (q *request) wantedCall() *toolCall {
	if len(q.Tools) == 0 || q.choice.mode == "none" {
		return nil
	}
	if q.choice.name != "" {
		return q.call(q.toolNamed(q.choice.name))
	}
	if q.choice.mode != "required" && q.Messages[len(q.Messages)-1].Role == "tool" {
		return nil
	}
	asked := words(q.question())
	for i := range q.Tools {
		f := &q.Tools[i].Function
		for word := range words(f.Name + " " + f.Description) {
			if asked[word] {
				return q.call(&q.Tools[i])
			}
		}
	}
	if q.choice.mode == "required" {
		return q.call(&q.Tools[0])
	}
	return nil
}

// tellingLetters is how long a word must be to say something.
const tellingLetters = 4

func words(text string) map[string]bool {
	found := make(map[string]bool)
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if len(word) >= tellingLetters {
			found[word] = true
		}
	}
	return found
}

func (q *request) call(t *tool) *toolCall {
	var schema schema
	if len(t.Function.Parameters) > 0 {
		// A schema of a kind that we do not read gives a call without arguments.
		_ = json.Unmarshal(t.Function.Parameters, &schema)
	}
	schema.Type = json.RawMessage(`"object"`)
	arguments, err := json.Marshal(schema.fill(q.question(), 0))
	if err != nil {
		arguments = []byte("{}")
	}
	return &toolCall{id: "call_" + rand.Text()[:20], name: t.Function.Name, arguments: string(arguments)}
}

// schema is the part of JSON Schema that arguments are made from.
type schema struct {
	Type       json.RawMessage   `json:"type"`
	Properties map[string]schema `json:"properties"`
	Items      *schema           `json:"items"`
	Enum       []any             `json:"enum"`
	Const      any               `json:"const"`
}

const schemaDepthMax = 6

var (
	quoted   = regexp.MustCompile(`["'“]([^"'”]{1,200})["'”]`)
	named    = regexp.MustCompile(`.\b(\p{Lu}\p{L}+(?: \p{Lu}\p{L}+)*)`)
	numeral  = regexp.MustCompile(`-?\d+(?:\.\d+)?`)
	integers = regexp.MustCompile(`-?\d{1,15}`)
)

// fill makes a value of the schema from what the user said.
func (s schema) fill(said string, depth int) any {
	if s.Const != nil {
		return s.Const
	}
	if len(s.Enum) > 0 {
		for _, value := range s.Enum {
			if text, ok := value.(string); ok && strings.Contains(strings.ToLower(said), strings.ToLower(text)) {
				return value
			}
		}
		return s.Enum[0]
	}
	switch {
	case s.is("object"):
		object := make(map[string]any, len(s.Properties))
		for name, property := range s.Properties {
			if depth < schemaDepthMax {
				object[name] = property.fill(said, depth+1)
			}
		}
		return object
	case s.is("array"):
		if s.Items == nil || depth >= schemaDepthMax {
			return []any{}
		}
		return []any{s.Items.fill(said, depth+1)}
	case s.is("integer"):
		return json.Number(or(integers.FindString(said), "1"))
	case s.is("number"):
		return json.Number(or(numeral.FindString(said), "1"))
	case s.is("boolean"):
		return true
	case s.is("null") && !s.is("string"):
		return nil
	}
	return echo(said)
}

func (s schema) is(kind string) bool { return strings.Contains(string(s.Type), `"`+kind+`"`) }

// echo is the thing that the sentence is about: what it quotes, else what it names, else itself.
func echo(said string) string {
	if m := quoted.FindStringSubmatch(said); m != nil {
		return m[1]
	}
	if all := named.FindAllStringSubmatch(said, -1); all != nil {
		return all[len(all)-1][1]
	}
	return shorten(said, toolResultRunes)
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func shorten(s string, runes int) string {
	n := 0
	for i := range s {
		if n++; n > runes {
			return s[:i] + "…"
		}
	}
	return s
}

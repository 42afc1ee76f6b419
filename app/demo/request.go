package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	bodyBytesMax    = 4 << 20
	choicesMax      = 4
	stopsMax        = 4
	toolsMax        = 128
	toolResultRunes = 400
	messageOverhead = 4 // tokens that the frame of a message takes
	requestOverhead = 2
)

// request is what we read of a chat request; other members are ignored, as the dialect does.
type request struct {
	Model               string          `json:"model"`
	Messages            []message       `json:"messages"`
	Stream              bool            `json:"stream"`
	StreamOptions       *streamOptions  `json:"stream_options"`
	MaxTokens           *int            `json:"max_tokens"`
	MaxCompletionTokens *int            `json:"max_completion_tokens"`
	Temperature         *float64        `json:"temperature"`
	TopP                *float64        `json:"top_p"`
	Seed                *int64          `json:"seed"`
	N                   *int            `json:"n"`
	Stop                json.RawMessage `json:"stop"`
	Tools               []tool          `json:"tools"`
	ToolChoice          json.RawMessage `json:"tool_choice"`
	ReasoningEffort     *string         `json:"reasoning_effort"`
	User                string          `json:"user"`

	stops  []string
	choice toolChoice
}

type streamOptions struct {
	IncludeUsage bool `json:"include_usage"`
}

type message struct {
	Role       string          `json:"role"`
	Content    json.RawMessage `json:"content"`
	Name       string          `json:"name"`
	ToolCalls  json.RawMessage `json:"tool_calls"`
	ToolCallID string          `json:"tool_call_id"`

	text string
}

// readRequest reads and checks everything that does not depend on the model.
func readRequest(w http.ResponseWriter, r *http.Request) (*request, *problem) {
	// A deadline for the body alone: one for the whole request would cut long streams.
	control := http.NewResponseController(w)
	if err := control.SetReadDeadline(time.Now().Add(bodyTimeout)); err != nil {
		return nil, invalid("", "The request could not be read.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyBytesMax))
	if err == nil {
		err = control.SetReadDeadline(time.Time{})
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, &problem{status: http.StatusRequestEntityTooLarge, kind: kindInvalid,
			message: fmt.Sprintf("The request is larger than %d bytes.", bodyBytesMax)}
	}
	if err != nil {
		return nil, invalid("", "The request could not be read.")
	}
	var q request
	if err := json.Unmarshal(body, &q); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return nil, invalid(kind.Field, fmt.Sprintf("Invalid type for '%s': it cannot be a %s.", kind.Field, kind.Value))
		}
		return nil, invalid("", "We could not parse the JSON body of your request.")
	}
	for _, check := range []func() *problem{q.checkMessages, q.checkNumbers, q.checkStop, q.checkTools} {
		if p := check(); p != nil {
			return nil, p
		}
	}
	return &q, nil
}

func (q *request) checkMessages() *problem {
	if q.Model == "" {
		return invalid("model", "You must provide a model parameter.")
	}
	if len(q.Messages) == 0 {
		return invalid("messages", "'messages' must have at least one message.")
	}
	for i := range q.Messages {
		m := &q.Messages[i]
		at := fmt.Sprintf("messages[%d]", i)
		switch m.Role {
		case "system", "developer", "user", "assistant", "tool":
		default:
			return invalid(at+".role", fmt.Sprintf("Invalid value: '%s'. Supported values are: 'system', 'developer', 'user', 'assistant', 'tool'.", m.Role))
		}
		var p *problem
		if m.text, p = contentText(m.Content, at+".content"); p != nil {
			return p
		}
		if m.Role == "tool" && m.ToolCallID == "" {
			return invalid(at+".tool_call_id", "A message with role 'tool' needs the 'tool_call_id' that it answers.")
		}
	}
	return nil
}

// contentText is the text of a content: a string, null, or a list of text parts.
func contentText(raw json.RawMessage, param string) (string, *problem) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", nil
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text, nil
	}
	var parts []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	if json.Unmarshal(raw, &parts) != nil {
		return "", invalid(param, "The content must be a string or a list of parts.")
	}
	var b strings.Builder
	for _, part := range parts {
		if part.Type != "text" {
			return "", invalid(param, fmt.Sprintf("This model reads text only, not parts of type '%s'.", part.Type))
		}
		b.WriteString(part.Text)
	}
	return b.String(), nil
}

func (q *request) checkNumbers() *problem {
	if q.MaxTokens == nil {
		q.MaxTokens = q.MaxCompletionTokens
	}
	switch {
	case q.MaxTokens != nil && *q.MaxTokens < 1:
		return invalid("max_tokens", fmt.Sprintf("Invalid 'max_tokens': %d is less than 1.", *q.MaxTokens))
	case q.Temperature != nil && !(*q.Temperature >= 0 && *q.Temperature <= 2):
		return invalid("temperature", fmt.Sprintf("Invalid 'temperature': %g is not between 0 and 2.", *q.Temperature))
	case q.TopP != nil && !(*q.TopP >= 0 && *q.TopP <= 1):
		return invalid("top_p", fmt.Sprintf("Invalid 'top_p': %g is not between 0 and 1.", *q.TopP))
	case q.N != nil && (*q.N < 1 || *q.N > choicesMax):
		return invalid("n", fmt.Sprintf("Invalid 'n': %d is not between 1 and %d.", *q.N, choicesMax))
	case q.StreamOptions != nil && !q.Stream:
		return invalid("stream_options", "The 'stream_options' parameter is only allowed when 'stream' is enabled.")
	}
	if q.ReasoningEffort != nil {
		if _, known := efforts[*q.ReasoningEffort]; !known {
			return invalid("reasoning_effort", fmt.Sprintf("Invalid value: '%s'.", *q.ReasoningEffort))
		}
	}
	return nil
}

func (q *request) checkStop() *problem {
	if len(q.Stop) == 0 || string(q.Stop) == "null" {
		return nil
	}
	var one string
	if json.Unmarshal(q.Stop, &one) == nil {
		q.stops = []string{one}
	} else if json.Unmarshal(q.Stop, &q.stops) != nil {
		return invalid("stop", "'stop' must be a string or a list of strings.")
	}
	if len(q.stops) > stopsMax {
		return invalid("stop", fmt.Sprintf("'stop' has more than %d strings.", stopsMax))
	}
	for _, s := range q.stops {
		if s == "" {
			return invalid("stop", "A stop string must not be empty.")
		}
	}
	return nil
}

// promptTokens are the tokens of everything that the model reads.
func (q *request) promptTokens(v *vocabulary) []string {
	tokens := make([]string, 0, requestOverhead)
	frame := func(role string) {
		for range messageOverhead {
			tokens = append(tokens, "<"+role+">")
		}
	}
	for i := range q.Tools {
		frame("tool definition")
		tokens = append(tokens, v.split(q.Tools[i].Function.Name+" "+q.Tools[i].Function.Description+" "+string(q.Tools[i].Function.Parameters))...)
	}
	for i := range q.Messages {
		m := &q.Messages[i]
		frame(m.Role)
		tokens = append(tokens, v.split(m.text)...)
		if len(m.ToolCalls) > 0 && string(m.ToolCalls) != "null" {
			tokens = append(tokens, v.split(string(m.ToolCalls))...)
		}
	}
	for range requestOverhead {
		tokens = append(tokens, "<answer>")
	}
	return tokens
}

// question is what the last user said.
func (q *request) question() string {
	for i := len(q.Messages) - 1; i >= 0; i-- {
		if q.Messages[i].Role == "user" {
			return q.Messages[i].text
		}
	}
	return ""
}

// choices is how many answers are wanted.
func (q *request) choices() int {
	if q.N == nil {
		return 1
	}
	return *q.N
}

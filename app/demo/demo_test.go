package demo_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"bourse/app/demo"
)

func start(t *testing.T) *demo.Server {
	t.Helper()
	s, err := demo.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func post(t *testing.T, s *demo.Server, body string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/chat/completions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.Key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

type details struct {
	Cached    int `json:"cached_tokens"`
	Reasoning int `json:"reasoning_tokens"`
}

type usage struct {
	Prompt            int     `json:"prompt_tokens"`
	Completion        int     `json:"completion_tokens"`
	Total             int     `json:"total_tokens"`
	PromptDetails     details `json:"prompt_tokens_details"`
	CompletionDetails details `json:"completion_tokens_details"`
}

type message struct {
	Content   *string `json:"content"`
	Reasoning string  `json:"reasoning_content"`
	ToolCalls []struct {
		ID       string `json:"id"`
		Function struct{ Name, Arguments string }
	} `json:"tool_calls"`
}

type answer struct {
	Choices []struct {
		Index   int
		Message message
		Delta   message
		Finish  *string `json:"finish_reason"`
	}
	Usage *usage
	Error *struct{ Message, Type, Param, Code string }
}

func ask(t *testing.T, s *demo.Server, body string) answer {
	t.Helper()
	resp := post(t, s, body)
	var a answer
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 200 {
		t.Fatalf("status %d: %+v", resp.StatusCode, a.Error)
	}
	return a
}

func (a answer) text() string {
	if len(a.Choices) == 0 || a.Choices[0].Message.Content == nil {
		return ""
	}
	return *a.Choices[0].Message.Content
}

func events(t *testing.T, r io.Reader) (chunks []answer, done bool) {
	t.Helper()
	for lines := bufio.NewScanner(r); lines.Scan(); {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		switch {
		case !ok:
		case data == "[DONE]":
			done = true
		default:
			var a answer
			if err := json.Unmarshal([]byte(data), &a); err != nil {
				t.Fatalf("%s: %v", data, err)
			}
			chunks = append(chunks, a)
		}
	}
	return chunks, done
}

func TestPlain(t *testing.T) {
	s := start(t)
	t.Run("a seed gives the same text, another one another", func(t *testing.T) {
		body := `{"model":"bourse/demo-mini","seed":7,"messages":[{"role":"user","content":"What is a hold?"}]}`
		first, second := ask(t, s, body), ask(t, s, body)
		if first.text() == "" || first.text() != second.text() || *first.Usage != *second.Usage {
			t.Errorf("%q\n%q", first.text(), second.text())
		}
		if other := ask(t, s, strings.Replace(body, "7", "8", 1)); other.text() == first.text() {
			t.Error("the seed makes no difference")
		}
		t.Log(first.text())
	})
	t.Run("max_tokens is kept exactly and told", func(t *testing.T) {
		a := ask(t, s, `{"model":"bourse/demo","seed":3,"max_tokens":9,"messages":[{"role":"user","content":"Hello"}]}`)
		if a.Usage.Completion != 9 || *a.Choices[0].Finish != "length" || a.Usage.Total != a.Usage.Prompt+9 {
			t.Errorf("%+v %s", a.Usage, *a.Choices[0].Finish)
		}
	})
	t.Run("a stop string ends the text before it", func(t *testing.T) {
		a := ask(t, s, `{"model":"bourse/demo-mini","stop":[" the","e"],"messages":[{"role":"user","content":"Hello"}]}`)
		if strings.Contains(a.text(), "e") || *a.Choices[0].Finish != "stop" {
			t.Errorf("%q", a.text())
		}
	})
	t.Run("several choices differ and are all counted", func(t *testing.T) {
		a := ask(t, s, `{"model":"bourse/demo-mini","n":3,"seed":1,"max_tokens":12,"messages":[{"role":"user","content":"Hello"}]}`)
		if len(a.Choices) != 3 || a.Usage.Completion != 36 || *a.Choices[0].Message.Content == *a.Choices[1].Message.Content {
			t.Errorf("%+v", a)
		}
	})
	t.Run("a reasoner thinks apart and is billed for it", func(t *testing.T) {
		a := ask(t, s, `{"model":"bourse/demo-reasoner","reasoning_effort":"low","messages":[{"role":"user","content":"Hello"}]}`)
		thought := a.Usage.CompletionDetails.Reasoning
		if a.Choices[0].Message.Reasoning == "" || thought == 0 || thought > 20 || thought >= a.Usage.Completion {
			t.Errorf("%+v", a)
		}
		if a := ask(t, s, `{"model":"bourse/demo-reasoner","reasoning_effort":"none","messages":[{"role":"user","content":"Hello"}]}`); a.Usage.CompletionDetails.Reasoning != 0 {
			t.Errorf("%+v", a.Usage)
		}
	})
	t.Run("a long prompt that comes again is read from the cache, of the same user alone", func(t *testing.T) {
		long := strings.Repeat("The price of a model changes with time. ", 60)
		body := `{"model":"bourse/demo-mini","max_tokens":1,"user":"one","messages":[{"role":"user","content":"` + long + `"}]}`
		first, second := ask(t, s, body), ask(t, s, body)
		other := ask(t, s, strings.Replace(body, "one", "two", 1))
		if first.Usage.PromptDetails.Cached != 0 || second.Usage.PromptDetails.Cached < 256 || other.Usage.PromptDetails.Cached != 0 {
			t.Errorf("%+v %+v %+v", first.Usage, second.Usage, other.Usage)
		}
	})
}

func TestStream(t *testing.T) {
	s := start(t)
	body := `{"model":"bourse/demo-reasoner","seed":3,"max_tokens":40,"reasoning_effort":"minimal","messages":[{"role":"user","content":"What does a key cost?"}]`
	whole := ask(t, s, body+"}")
	for _, withUsage := range []bool{true, false} {
		resp := post(t, s, body+`,"stream":true,"stream_options":{"include_usage":`+map[bool]string{true: "true", false: "false"}[withUsage]+`}}`)
		chunks, done := events(t, resp.Body)
		var text, thought, finish string
		var counted *usage
		for _, c := range chunks {
			for _, choice := range c.Choices {
				if choice.Delta.Content != nil {
					text += *choice.Delta.Content
				}
				thought += choice.Delta.Reasoning
				if choice.Finish != nil {
					finish = *choice.Finish
				}
			}
			if c.Usage != nil {
				counted = c.Usage
			}
		}
		if !done || text != whole.text() || thought != whole.Choices[0].Message.Reasoning || finish != *whole.Choices[0].Finish {
			t.Errorf("%v %q %q %s", done, text, thought, finish)
		}
		if (counted != nil) != withUsage || (withUsage && *counted != *whole.Usage) {
			t.Errorf("usage %+v, plain %+v", counted, whole.Usage)
		}
	}
}

func TestTools(t *testing.T) {
	s := start(t)
	const tools = `"tools":[{"type":"function","function":{"name":"get_weather","description":"Current weather","parameters":{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"},"unit":{"type":"string","enum":["celsius","fahrenheit"]}},"required":["city"]}}}]`
	t.Run("a question about the tool asks for it with what was said", func(t *testing.T) {
		a := ask(t, s, `{"model":"bourse/demo","messages":[{"role":"user","content":"What is the weather in Lisbon for 3 days in fahrenheit?"}],`+tools+`}`)
		if len(a.Choices[0].Message.ToolCalls) != 1 || *a.Choices[0].Finish != "tool_calls" || a.Choices[0].Message.Content != nil {
			t.Fatalf("%+v", a)
		}
		var got map[string]any
		if err := json.Unmarshal([]byte(a.Choices[0].Message.ToolCalls[0].Function.Arguments), &got); err != nil {
			t.Fatal(err)
		}
		if want := map[string]any{"city": "Lisbon", "days": 3.0, "unit": "fahrenheit"}; !reflect.DeepEqual(got, want) {
			t.Errorf("%v", got)
		}
	})
	t.Run("another question does not, unless a call is required or named", func(t *testing.T) {
		body := `{"model":"bourse/demo-mini","messages":[{"role":"user","content":"Hello"}],` + tools
		if a := ask(t, s, body+"}"); len(a.Choices[0].Message.ToolCalls) != 0 {
			t.Errorf("%+v", a)
		}
		for _, choice := range []string{`"required"`, `{"type":"function","function":{"name":"get_weather"}}`} {
			if a := ask(t, s, body+`,"tool_choice":`+choice+"}"); len(a.Choices[0].Message.ToolCalls) != 1 {
				t.Errorf("%s: %+v", choice, a)
			}
		}
	})
	t.Run("the arguments stream in pieces", func(t *testing.T) {
		chunks, _ := events(t, post(t, s, `{"model":"bourse/demo-mini","stream":true,"messages":[{"role":"user","content":"weather in Köln"}],`+tools+`}`).Body)
		var arguments string
		for _, c := range chunks {
			for _, call := range c.Choices[0].Delta.ToolCalls {
				arguments += call.Function.Arguments
			}
		}
		if !json.Valid([]byte(arguments)) || !strings.Contains(arguments, "Köln") {
			t.Error(arguments)
		}
	})
	t.Run("the result of a tool is cited", func(t *testing.T) {
		a := ask(t, s, `{"model":"bourse/demo","messages":[{"role":"user","content":"weather in Lisbon"},
			{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"get_weather","arguments":"{}"}}]},
			{"role":"tool","tool_call_id":"call_1","content":"21 degrees, windy"}],`+tools+`}`)
		if !strings.Contains(a.text(), "21 degrees, windy") {
			t.Error(a.text())
		}
	})
}

func TestErrors(t *testing.T) {
	s := start(t)
	for _, c := range []struct {
		name, body string
		status     int
		param      string
	}{
		{"no JSON", `{"model":`, 400, ""},
		{"wrong type", `{"model":5}`, 400, "model"},
		{"no model", `{"messages":[{"role":"user","content":"x"}]}`, 400, "model"},
		{"unknown model", `{"model":"gpt-9","messages":[{"role":"user","content":"x"}]}`, 404, "model"},
		{"no messages", `{"model":"bourse/demo","messages":[]}`, 400, "messages"},
		{"unknown role", `{"model":"bourse/demo","messages":[{"role":"king","content":"x"}]}`, 400, "messages[0].role"},
		{"picture", `{"model":"bourse/demo","messages":[{"role":"user","content":[{"type":"image_url"}]}]}`, 400, "messages[0].content"},
		{"hot", `{"model":"bourse/demo","temperature":3,"messages":[{"role":"user","content":"x"}]}`, 400, "temperature"},
		{"many", `{"model":"bourse/demo","n":5,"messages":[{"role":"user","content":"x"}]}`, 400, "n"},
		{"no tokens", `{"model":"bourse/demo","max_tokens":0,"messages":[{"role":"user","content":"x"}]}`, 400, "max_tokens"},
		{"tool choice without tools", `{"model":"bourse/demo","tool_choice":"auto","messages":[{"role":"user","content":"x"}]}`, 400, "tool_choice"},
		{"too long", `{"model":"bourse/demo-mini","messages":[{"role":"user","content":"` + strings.Repeat("a b ", 5000) + `"}]}`, 400, "messages"},
		{"too large", `{"model":"` + strings.Repeat("a", 5<<20) + `"}`, 413, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			resp := post(t, s, c.body)
			var a answer
			if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != c.status || a.Error == nil || a.Error.Message == "" || a.Error.Param != c.param {
				t.Errorf("%d %+v", resp.StatusCode, a.Error)
			}
		})
	}
	t.Run("without the key nothing is said", func(t *testing.T) {
		for _, key := range []string{"", "Bearer ", "Bearer demo-x", "Basic " + s.Key} {
			req, _ := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/models", nil)
			req.Header.Set("Authorization", key)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != 401 {
				t.Errorf("%q: %d", key, resp.StatusCode)
			}
		}
	})
}

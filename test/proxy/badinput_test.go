package proxy

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"bourse/models"
	"bourse/test/fake"
)

// sse is a stream of exactly these events.
func sse(events ...string) fake.Behaviour {
	return fake.Raw(http.StatusOK, "text/event-stream", "data: "+strings.Join(events, "\n\ndata: ")+"\n\n")
}

func word(text string) string {
	return fmt.Sprintf(`{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":%q},"finish_reason":null}]}`, text)
}

const (
	stopped = `{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`
	done    = "[DONE]"
)

func counted(prompt, completion int) string {
	return fmt.Sprintf(`{"id":"c","choices":[],"usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}}`, prompt, completion, prompt+completion)
}

// price is what the cheap provider's tokens cost, with the fee.
func price(input, output int64) models.Amount {
	cost := input*135_000 + output*400_000 // pico
	nano := (cost + 500) / 1000
	return models.Amount(nano + (nano*5+50)/100)
}

// TestStreamsThatProvidersGetWrong is the table of what breaks clients and bills: for each stream
// of a provider, what the client reads and what it costs.
func TestStreamsThatProvidersGetWrong(t *testing.T) {
	m := open(t, nil)
	nulls := `{"id":null,"object":"chat.completion.chunk","created":1,"model":null,"system_fingerprint":null,"service_tier":null,"usage":null,"choices":[{"index":0,"delta":{"role":null,"content":"Hi","tool_calls":null,"audio":null,"refusal":null,"reasoning":null,"reasoning_details":null,"function_call":null},"logprobs":null}]}`
	huge := strings.Repeat("x", 1<<20)
	for _, c := range []struct {
		name   string
		stream fake.Behaviour
		text   string // "…" where only its length counts
		finish string
		cost   models.Amount // -1 for an estimate above zero
		fails  bool          // in the stream, or before it
	}{
		{"nulls where none may be", sse(nulls, stopped, counted(10, 5), done), "Hi", "stop", price(10, 5), false},
		{"usage in every chunk, growing", sse(`{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}],"usage":{"prompt_tokens":10,"completion_tokens":1,"total_tokens":11}}`,
			`{"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":2,"total_tokens":12}}`, counted(10, 3), done), "ab", "stop", price(10, 3), false},
		{"no usage at all", sse(word("A few words, counted by nobody."), stopped, done), "…", "stop", -1, false},
		{"thinking that is not a part of the completion", sse(word("a"), stopped,
			`{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":2,"total_tokens":19,"completion_tokens_details":{"reasoning_tokens":7}}}`, done), "a", "stop", price(10, 9), false},
		{"usage of other kinds of numbers", sse(word("a"), stopped, `{"choices":[],"usage":{"prompt_tokens":10.0,"completion_tokens":2,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":null}}}`, done), "a", "stop", price(10, 2), false},
		{"usage that is negative", sse(word("a word"), stopped, `{"choices":[],"usage":{"prompt_tokens":-10,"completion_tokens":-2,"total_tokens":-12}}`, done), "a word", "stop", -1, false},
		{"no end mark", sse(word("a"), stopped, counted(10, 2)), "a", "stop", price(10, 2), false},
		{"no end at all", sse(word("a"), word("b")), "ab", "error", 0, true},
		{"an error after the first words", sse(word("a"), `{"error":{"message":"boom","type":"server_error","code":500}}`), "a", "error", 0, true},
		{"an error with an index of choices", sse(word("a"), `{"choices":[{"index":0,"delta":{},"finish_reason":"error"}],"error":{"message":"boom","code":502}}`), "a", "error", 0, true},
		{"garbage after the first words", sse(word("a"), `{"choices":[{"ind`), "a", "error", 0, true},
		{"garbage from the start", sse(`<html>`), "", "", 0, true},
		{"nothing", fake.Raw(200, "text/event-stream", ""), "", "", 0, true},
		{"an empty answer that says it is done", sse(`{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}`, done), "", "", 0, true},
		{"stopped without a word, and counted", sse(stopped, counted(10, 0), done), "", "stop", price(10, 0), false},
		{"one line of a megabyte", sse(word(huge), stopped, counted(10, 40), done), "…", "stop", price(10, 40), false},
		{"a plain answer", fake.Raw(200, "application/json", `{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":2,"total_tokens":12}}`), "Hi", "stop", price(10, 2), false},
		{"comments, carriage returns and names of events", fake.Raw(200, "text/event-stream", ": hello\r\n\r\nevent: message\r\ndata:"+word("a")+"\r\n\r\n: still here\r\n\r\ndata: "+stopped+"\r\n\r\ndata: "+counted(10, 2)+"\r\n\r\ndata: [DONE]\r\n\r\n"), "a", "stop", price(10, 2), false},
		{"more tokens than were asked for", sse(word("a"), stopped, counted(10, 5000), done), "a", "stop", price(10, 50), false},
		{"one that never stops", endless, "…", "length", -1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m.cheap.Always(c.stream)
			before := m.Available(m.customer)
			most := 50
			if strings.Contains(c.name, "megabyte") {
				most = 100_000
			}
			a := m.Chat(m.customer.Key, only(map[string]any{"stream": true, "max_tokens": most}))
			s := look(t, a, true)
			cost := before - m.Available(m.customer)
			if c.text == "…" && len(s.text) < 20 || c.text != "…" && s.text != c.text || s.finish != c.finish || c.fails != (s.failure != nil) {
				t.Errorf("%d %s", a.Status, a.Body[:min(len(a.Body), 2000)])
			}
			if c.cost < 0 && cost <= 0 || c.cost >= 0 && cost != c.cost {
				t.Errorf("it cost %s, not %s", cost.USD(), c.cost.USD())
			}
			if bound := price(100, 50); cost > bound {
				t.Errorf("it cost %s, and no more than %s was asked for", cost.USD(), bound.USD())
			}
			for _, never := range []string{`:null,"tool_calls"`, `"tool_calls":null`, `"usage":null`, `"system_fingerprint":null`, `"role":null`, `"reasoning_details":null`, `"id":null`} {
				if a.Status == http.StatusOK && bytes.Contains(a.Body, []byte(never)) {
					t.Errorf("the client reads %s", never)
				}
			}
			if a.Status == http.StatusOK && !s.done {
				t.Error("the stream has no end mark")
			}
		})
	}
}

// TestRequestsThatClientsGetWrong is the same for what comes in.
func TestRequestsThatClientsGetWrong(t *testing.T) {
	m := open(t, nil)
	talk := `"messages":[{"role":"user","content":"Hi"}]`
	picture := func(address string) string {
		return `{"model":"` + model + `","messages":[{"role":"user","content":[{"type":"text","text":"Look"},{"type":"image_url","image_url":{"url":"` + address + `"}}]}]}`
	}
	for name, c := range map[string]struct {
		body string
		kind string // error_type
	}{
		"a member twice":            {`{"model":"` + model + `","model":"bourse/demo",` + talk + `}`, "invalid_request"},
		"a member twice, escaped":   {`{"model":"` + model + `","mod\u0065l":"bourse/demo",` + talk + `}`, "invalid_request"},
		"a member twice, deep":      {`{"model":"` + model + `","messages":[{"role":"user","content":"Hi","content":"Ho"}]}`, "invalid_request"},
		"another case":              {`{"Model":"` + model + `",` + talk + `}`, "invalid_request"},
		"two objects":               {`{"model":"` + model + `",` + talk + `}{}`, "invalid_request"},
		"invalid UTF-8":             {"{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"\xff\"}]}", "invalid_request"},
		"null where none may be":    {`{"model":"` + model + `","messages":null}`, "invalid_request"},
		"no object":                 {`[]`, "invalid_request"},
		"nothing":                   {``, "invalid_request"},
		"a very deep body":          {`{"model":"` + model + `",` + talk + `,"x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`, "invalid_request"},
		"an address of ours":        {picture("http://127.0.0.1:8080/keys"), "image_download_failed"},
		"an address of the cloud's": {picture("http://169.254.169.254/latest/meta-data/"), "image_download_failed"},
		"a file of ours":            {picture("file:///etc/passwd"), "image_download_failed"},
	} {
		a := m.Chat(m.customer.Key, c.body)
		if f := a.Failure(t); a.Status != http.StatusBadRequest || f.Metadata["error_type"] != c.kind {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	if n := len(m.cheap.Seen()) + len(m.dear.Seen()); n != 0 {
		t.Errorf("%d of them reached a provider", n)
	}
	t.Run("a picture of 20 MB goes through and is not counted as text", func(t *testing.T) {
		big := "data:image/png;base64," + strings.Repeat("iVBORw0KGgo", 20<<20/11)
		body := strings.Replace(picture(big), `{"model"`, `{"provider":{"only":["`+cheapSlug+`"]},"max_tokens":50,"model"`, 1)
		a := m.Chat(m.customer.Key, body)
		if a.Status != http.StatusOK {
			t.Fatalf("%d %s", a.Status, a.Body[:min(len(a.Body), 500)])
		}
		var answer struct{ ID string }
		a.JSON(t, &answer)
		g, err := m.DB.GenerationByID(t.Context(), m.customer.Account.ID, answer.ID)
		if err != nil || g.Hold > models.NanoPerUSD/1000 {
			t.Errorf("%s were held: %v", g.Hold.USD(), err)
		}
		if seen := m.cheap.Seen(); !bytes.Contains(seen[len(seen)-1].Body, []byte(big)) {
			t.Error("the picture did not arrive whole")
		}
	})
	t.Run("unknown members and nulls", func(t *testing.T) {
		body := `{"model":"` + model + `",` + talk + `,"max_tokens":50,"provider":{"only":["` + cheapSlug + `"]},"safe_prompt":true,"temperature":null,"stop":null,"tools":null}`
		a := m.Chat(m.customer.Key, body)
		seen := m.cheap.Seen()
		if last := seen[len(seen)-1].Body; a.Status != http.StatusOK || !bytes.Contains(last, []byte(`"safe_prompt":true`)) || bytes.Contains(last, []byte("null")) {
			t.Errorf("%d %s: the provider read %s", a.Status, a.Body, last)
		}
	})
	t.Run("more than any request may be", func(t *testing.T) {
		a := m.Do(http.MethodPost, "/api/v1/chat/completions", m.customer.Key, picture("data:image/png;base64,"+strings.Repeat("A", 33<<20)))
		if a.Err == nil && a.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("%d %s", a.Status, a.Body[:min(len(a.Body), 300)])
		}
	})
}

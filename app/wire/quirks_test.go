package wire_test

import (
	"testing"

	"bourse/app/wire"
	"bourse/seeds"
)

// TestQuirks asks the same of each provider whose dialect differs: every difference is a row of
// the table, and none needs code of its own.
func TestQuirks(t *testing.T) {
	catalogue, err := seeds.Load()
	if err != nil {
		t.Fatal(err)
	}
	const head = `{"model":"up","messages":[{"role":"user","content":"Hi"}],`
	wants := map[string]string{
		"openai":     `"temperature":0.5,"top_k":3,"seed":1,"odd":true,"max_completion_tokens":9,"reasoning_effort":"low","stream":true,"stream_options":{"include_usage":true},"user":"u"}`,
		"azure":      `"temperature":0.5,"top_k":3,"seed":1,"odd":true,"max_completion_tokens":9,"reasoning_effort":"low","stream":true,"stream_options":{"include_usage":true},"user":"u"}`,
		"xai":        `"temperature":0.5,"top_k":3,"seed":1,"odd":true,"max_completion_tokens":9,"reasoning_effort":"low","stream":true,"stream_options":{"include_usage":true},"user":"u"}`,
		"groq":       `"temperature":0.5,"top_k":3,"seed":1,"odd":true,"max_completion_tokens":9,"reasoning_effort":"low","reasoning_format":"parsed","stream":true,"stream_options":{"include_usage":true},"user":"u"}`,
		"mistral":    `"temperature":0.5,"max_tokens":9,"reasoning_effort":"high","stream":true}`,
		"deepseek":   `"temperature":0.5,"top_k":3,"seed":1,"odd":true,"max_tokens":9,"thinking":{"type":"enabled"},"stream":true,"stream_options":{"include_usage":true},"user":"u"}`,
		"z-ai":       `"temperature":0.5,"top_k":3,"seed":1,"odd":true,"max_tokens":9,"thinking":{"type":"enabled"},"stream":true,"stream_options":{"include_usage":true},"user":"u"}`,
		"moonshotai": `"temperature":0.5,"top_k":3,"seed":1,"odd":true,"max_tokens":9,"thinking":{"type":"enabled"},"stream":true,"stream_options":{"include_usage":true},"user":"u"}`,
		"minimax":    `"temperature":0.5,"top_k":3,"seed":1,"odd":true,"max_tokens":9,"reasoning_effort":"low","reasoning_split":true,"stream":true,"stream_options":{"include_usage":true},"user":"u"}`,
		"alibaba":    `"temperature":0.5,"top_k":3,"seed":1,"odd":true,"max_tokens":9,"enable_thinking":true,"thinking_budget":500,"stream":true,"stream_options":{"include_usage":true},"user":"u"}`,
		"together":   `"temperature":0.5,"top_k":3,"seed":1,"odd":true,"max_tokens":9,"reasoning_effort":"low","stream":true,"stream_options":{"include_usage":true},"user":"u"}`,
	}
	met := 0
	for _, p := range catalogue.Providers {
		want, listed := wants[p.Slug]
		if !listed {
			continue
		}
		met++
		r, fault := wire.ParseChat([]byte(`{"model":"m","messages":[{"role":"user","content":"Hi"}],"temperature":0.5,"top_k":3,"seed":1,"odd":true,"max_tokens":9,"reasoning":{"max_tokens":500},"stream":true}`))
		if fault != nil {
			t.Fatal(fault)
		}
		sameObject(t, p.Slug, object(t, string(r.AppendUpstream(nil, wire.UpstreamOptions{Model: "up", Quirks: p.Quirks, User: "u"}))), head+want)
	}
	if met != len(wants) {
		t.Errorf("%d of %d providers are in the catalogue", met, len(wants))
	}
}

// TestQuirkSaidAlready leaves the client's own word in place: no member may stand there twice.
func TestQuirkSaidAlready(t *testing.T) {
	catalogue, err := seeds.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range catalogue.Providers {
		r, fault := wire.ParseChat([]byte(`{"model":"m","messages":[{"role":"user","content":"Hi"}],"reasoning_effort":"high","thinking":{"type":"disabled"},"enable_thinking":false,"reasoning_split":false}`))
		if fault != nil {
			t.Fatal(fault)
		}
		body := r.AppendUpstream(nil, wire.UpstreamOptions{Model: "up", Quirks: p.Quirks})
		if _, fault := wire.ParseChat(body); fault != nil { // which refuses duplicates
			t.Errorf("%s: %v: %s", p.Slug, fault, body)
		}
	}
}

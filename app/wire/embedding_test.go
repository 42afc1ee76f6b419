package wire_test

import (
	"strings"
	"testing"

	"bourse/app/wire"
	"bourse/models"
)

func TestEmbeddingRequest(t *testing.T) {
	for body, inputs := range map[string]int{
		`{"model":"m","input":"a"}`: 1, `{"model":"m","input":["a","b"]}`: 2, `{"model":"m","input":[1,2,3]}`: 1, `{"model":"m","input":[[1],[2,3]]}`: 2,
		`{"models":["m"],"input":"a","encoding_format":null,"user":"u","provider":{"only":["x"]}}`: 1,
	} {
		e, fault := wire.ParseEmbedding([]byte(body))
		if fault != nil || e.Inputs != inputs || e.Model != "m" || e.TokensEstimate < 1 || e.Base64 || e.APIType() != "embeddings" {
			t.Errorf("%s: %+v %v", body, e, fault)
		}
	}
	e, fault := wire.ParseEmbedding([]byte(`{"model":"m","input":"a","encoding_format":"base64","dimensions":3,"input_type":"query","user":"u","stream":true,"provider":{"order":["x"]},"session_id":"s"}`))
	if fault != nil || !e.Base64 || e.Provider.Order[0] != "x" {
		t.Fatalf("%+v %v", e, fault)
	}
	sameObject(t, "up", object(t, string(e.AppendUpstream(nil, wire.UpstreamOptions{Model: "up"}))), `{"model":"up","input":"a","dimensions":3,"input_type":"query","encoding_format":"float"}`)
}

func TestEmbeddingRequestRefused(t *testing.T) {
	for _, body := range []string{``, `[]`, `{"model":"m"}`, `{"input":"a"}`, `{"model":"m","input":""}`, `{"model":"m","input":[]}`, `{"model":"m","input":["a",""]}`,
		`{"model":"m","input":null}`, `{"model":"m","input":["a",1]}`, `{"model":"m","input":[1,"a"]}`, `{"model":"m","input":[1.5]}`, `{"model":"m","input":{"text":"a"}}`,
		`{"model":"m","input":"a","encoding_format":"hex"}`, `{"model":"m","input":"a","dimensions":0}`, `{"model":"m","input":"a","input":"b"}`,
		`{"model":"m","input":[` + strings.Repeat(`"a",`, 2048) + `"a"]}`} {
		if e, fault := wire.ParseEmbedding([]byte(body)); fault == nil || fault.Status != 400 {
			t.Errorf("%.80s: %+v", body, e)
		}
	}
}

func TestEmbeddingAnswer(t *testing.T) {
	a, err := wire.ReadEmbedding([]byte(`{"data":[{"index":1,"embedding":[0.1,-2]},{"index":0,"embedding":"AACAPwAAAEA="}],"usage":{"prompt_tokens":7,"total_tokens":7}}`), 2, models.Quirks{})
	if err != nil || !a.Counted || a.Usage.Input != 7 || a.Usage.Output != 0 || len(a.Vectors) != 2 || a.Vectors[0][1] != 2 || a.Vectors[1][0] != float32(0.1) {
		t.Fatalf("%+v %v", a, err)
	}
	plain := wire.AppendEmbedding(nil, wire.Head{ID: "gen-1", Model: "m", Provider: "P"}, a.Vectors, false, wire.UsageBlock{Usage: a.Usage, Cost: 7})
	if !strings.Contains(string(plain), `"embedding":[0.1,-2]`) || !strings.Contains(string(plain), `"prompt_tokens":7,"total_tokens":7,"cost":0.000000007`) {
		t.Errorf("%s", plain)
	}
	object(t, string(plain))
	encoded := wire.AppendEmbedding(nil, wire.Head{}, a.Vectors[:1], true, wire.UsageBlock{})
	if !strings.Contains(string(encoded), `"embedding":"AACAPwAAAEA="`) {
		t.Errorf("%s", encoded)
	}
	for _, bad := range []string{``, `{}`, `{"data":[]}`, `{"data":[{"embedding":[1]}]}`, `{"data":[{"embedding":[1]},{"index":0,"embedding":[1]}]}`, `{"data":[{"embedding":[1]},{"embedding":[]}]}`,
		`{"data":[{"embedding":[1]},{"embedding":["a"]}]}`, `{"data":[{"embedding":[1]},{"index":-1,"embedding":[1]}]}`, `{"data":[{"embedding":[1]},{"embedding":"!"}]}`} {
		if a, err := wire.ReadEmbedding([]byte(bad), 2, models.Quirks{}); err == nil {
			t.Errorf("%s: %+v", bad, a)
		}
	}
	if a, err := wire.ReadEmbedding([]byte(`{"error":{"message":"no"}}`), 2, models.Quirks{}); err != nil || a.Error == nil {
		t.Errorf("%+v %v", a, err)
	}
}

func TestCompletionRequest(t *testing.T) {
	r, fault := wire.ParseCompletion([]byte(`{"model":"m","prompt":["Say \"this\""],"max_tokens":5,"echo":false,"best_of":1,"logprobs":3,"suffix":null}`))
	if fault != nil {
		t.Fatal(fault)
	}
	sameObject(t, "chat", object(t, string(r.AppendUpstream(nil, wire.UpstreamOptions{Model: "up"}))), `{"model":"up","max_tokens":5,"messages":[{"role":"user","content":"Say \"this\""}]}`)
	for _, body := range []string{`{"model":"m"}`, `{"model":"m","prompt":""}`, `{"model":"m","prompt":["a","b"]}`, `{"model":"m","prompt":[1]}`, `{"model":"m","prompt":"a","suffix":"b"}`, `{"model":"m","prompt":"a","echo":true}`} {
		if r, fault := wire.ParseCompletion([]byte(body)); fault == nil || fault.Status != 400 {
			t.Errorf("%s: %+v", body, r)
		}
	}
}

package provider_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"bourse/app/provider"
	"bourse/app/wire"
	"bourse/models"
)

var (
	bedrock = models.Provider{Slug: "amazon-bedrock", Name: "Bedrock", Dialect: "bedrock", BaseURL: "https://x.example", APIKeyEnv: "AWS_BEARER_TOKEN_BEDROCK"}
	vertex  = models.Provider{Slug: "google-vertex", Name: "Vertex", Dialect: "vertex", APIKeyEnv: "GOOGLE_APPLICATION_CREDENTIALS"}
	studio  = models.Provider{Slug: "google-ai-studio", Name: "Studio", Dialect: "gemini", BaseURL: "https://g.example/v1beta", APIKeyEnv: "GEMINI_API_KEY"}
)

func endpoint(tag, model string) *models.Endpoint {
	return &models.Endpoint{Tag: tag, ProviderModelID: model}
}

// frame is one frame of an event stream, as Amazon's own encoder writes it.
func frame(t testing.TB, payload string, headers ...string) []byte {
	t.Helper()
	m := eventstream.Message{Payload: []byte(payload)}
	for i := 0; i+1 < len(headers); i += 2 {
		m.Headers.Set(headers[i], eventstream.StringValue(headers[i+1]))
	}
	var b bytes.Buffer
	if err := eventstream.NewEncoder().Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func event(t testing.TB, kind, payload string) []byte {
	return frame(t, payload, ":message-type", "event", ":event-type", kind, ":content-type", "application/json")
}

func converse(t testing.TB) []byte {
	return bytes.Join([][]byte{
		event(t, "messageStart", `{"role":"assistant"}`),
		event(t, "contentBlockDelta", `{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"Hm"}}}`),
		event(t, "contentBlockDelta", `{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"SIG"}}}`),
		event(t, "contentBlockStop", `{"contentBlockIndex":0}`),
		event(t, "contentBlockDelta", "{\"contentBlockIndex\":1,\n\"delta\":{\"text\":\"Hello \\\"you\\\"\"}}"),
		event(t, "contentBlockStop", `{"contentBlockIndex":1}`),
		event(t, "contentBlockStart", `{"contentBlockIndex":2,"start":{"toolUse":{"toolUseId":"t1","name":"f"}}}`),
		event(t, "contentBlockDelta", `{"contentBlockIndex":2,"delta":{"toolUse":{"input":"{\"a\":"}}}`),
		event(t, "contentBlockDelta", `{"contentBlockIndex":2,"delta":{"toolUse":{"input":"1}"}}}`),
		event(t, "contentBlockStop", `{"contentBlockIndex":2}`),
		event(t, "contentBlockStart", `{"contentBlockIndex":3,"start":{"toolUse":{"toolUseId":"t2","name":"g"}}}`),
		event(t, "contentBlockStop", `{"contentBlockIndex":3}`),
		event(t, "messageStop", `{"stopReason":"tool_use"}`),
		event(t, "metadata", `{"usage":{"inputTokens":10,"outputTokens":20,"totalTokens":330,"cacheReadInputTokens":100,"cacheWriteInputTokens":200,"cacheDetails":[{"ttl":"5m","inputTokens":150},{"ttl":"1h","inputTokens":50}]},"metrics":{"latencyMs":1}}`),
	}, nil)
}

type told struct {
	text, reasoning, tools, finish string
	usage                          models.Usage
	failure                        *provider.Failure
}

// ask opens a stream at the target and reads it as the proxy does.
func ask(t *testing.T, target provider.Target) told {
	t.Helper()
	a, f := client(t).Open(t.Context(), target, []byte(`{"a":1}`), true)
	if f != nil {
		return told{failure: f}
	}
	defer a.Close()
	return read(t, a, target.Provider)
}

func read(t testing.TB, r io.Reader, p *models.Provider) told {
	var got told
	rw := wire.NewRewriter(wire.RewriterOptions{Quirks: p.Quirks})
	er := wire.NewEventReader(r)
	for {
		kind, data, err := er.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				got.failure = provider.Malformed(p, err)
			}
			break
		}
		if kind == wire.EventComment || kind == wire.EventDone {
			continue
		}
		out, info, err := rw.Chunk(nil, bytes.Clone(data))
		if err != nil {
			got.failure = provider.Malformed(p, err)
			break
		}
		if info.Error != nil {
			got.failure = provider.FromBody(p, info.Error)
			break
		}
		if info.Dropped {
			continue
		}
		var chunk struct {
			Choices []struct {
				Delta struct {
					Content, Reasoning string
					Calls              []struct {
						Function struct{ Name, Arguments string }
					} `json:"tool_calls"`
				}
			}
		}
		if err := json.Unmarshal(out, &chunk); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		for _, c := range chunk.Choices {
			got.text, got.reasoning = got.text+c.Delta.Content, got.reasoning+c.Delta.Reasoning
			for _, call := range c.Delta.Calls {
				got.tools += call.Function.Name + call.Function.Arguments
			}
		}
	}
	got.usage, _ = rw.Usage()
	got.finish = rw.Finish()
	return got
}

func TestBedrockStream(t *testing.T) {
	var seen *http.Request
	body := converse(t)
	url := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		seen = r
		says(200, "application/vnd.amazon.eventstream", string(body))(w, r)
	})
	c := provider.NewConnections(env(map[string]string{"AWS_BEARER_TOKEN_BEDROCK": "k", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": url + "/"}))
	target, ok := c.Target(&bedrock, endpoint("amazon-bedrock", "amazon.nova-lite-v1:0"))
	if !ok || !c.Connected(bedrock) {
		t.Fatal("not connected")
	}
	got := ask(t, target)
	if got.failure != nil || got.text != `Hello "you"` || got.reasoning != "Hm" || got.tools != `f{"a":1}g{}` || got.finish != "tool_calls" {
		t.Errorf("%+v", got)
	}
	want := models.Usage{Input: 310, CacheRead: 100, CacheWrite: 150, CacheWrite1h: 50, Output: 20, Source: models.UsageUpstream, ProviderCost: -1}
	if got.usage != want {
		t.Errorf("%+v", got.usage)
	}
	if seen.RequestURI != "/model/amazon.nova-lite-v1%3A0/converse-stream" || seen.Header.Get("Authorization") != "Bearer k" {
		t.Errorf("%s %v", seen.RequestURI, seen.Header)
	}
}

func TestBedrockSigns(t *testing.T) {
	var seen *http.Request
	url := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		seen = r
		says(200, "application/json", `{"output":{"message":{"role":"assistant","content":[{"text":"Hi"}]}},"stopReason":"end_turn","usage":{"inputTokens":1,"outputTokens":2}}`)(w, r)
	})
	pairs := map[string]string{"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "session", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": url}
	if provider.NewConnections(env(pairs)).Connected(bedrock) {
		t.Error("a pair that may be meant for something else connects Bedrock")
	}
	pairs["BEDROCK_REGION"] = "us-west-2"
	target, ok := provider.NewConnections(env(pairs)).Target(&bedrock, endpoint("amazon-bedrock/eu", "eu.amazon.nova-lite-v1:0"))
	if !ok {
		t.Fatal("not connected")
	}
	a, f := client(t).Open(t.Context(), target, []byte(`{"a":1}`), false)
	if f != nil {
		t.Fatal(f)
	}
	defer a.Close()
	body, f := a.ReadAll(nil)
	if f != nil || !strings.Contains(string(body), `"content":"Hi"`) || !strings.Contains(string(body), `"completion_tokens":2`) {
		t.Errorf("%s %v", body, f)
	}
	auth := seen.Header.Get("Authorization")
	if !strings.HasPrefix(auth, "AWS4-HMAC-SHA256 Credential=AKID/") || !strings.Contains(auth, "/eu-central-1/bedrock/aws4_request") || seen.Header.Get("X-Amz-Security-Token") != "session" {
		t.Errorf("%v", seen.Header)
	}
	if strings.Contains(auth, "secret") {
		t.Error("the secret goes out")
	}
}

func TestBedrockClaude(t *testing.T) {
	var seen *http.Request
	var body []byte
	for _, e := range []string{
		`{"type":"message_start","message":{"usage":{"input_tokens":5,"output_tokens":1}}}`,
		`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Oi"}}`,
		`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}`, `{"type":"message_stop"}`,
	} {
		raw, _ := json.Marshal(map[string]any{"bytes": []byte(e)})
		body = append(body, event(t, "chunk", string(raw))...)
	}
	url := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		seen = r
		says(200, "application/vnd.amazon.eventstream", string(body))(w, r)
	})
	c := provider.NewConnections(env(map[string]string{"AWS_BEARER_TOKEN_BEDROCK": "k", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": url}))
	const model = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
	target, _ := c.Target(&bedrock, endpoint("amazon-bedrock/us", model))
	got := ask(t, target)
	if got.text != "Oi" || got.usage.Input != 5 || got.usage.Output != 9 || got.finish != "stop" || got.failure != nil {
		t.Errorf("%+v", got)
	}
	if seen.RequestURI != "/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/invoke-with-response-stream" {
		t.Error(seen.RequestURI)
	}
	r, _ := wire.ParseChat([]byte(`{"model":"m","max_tokens":10,"stream":true,"messages":[{"role":"user","content":"Hi"}]}`))
	sent, f := provider.Target{Provider: &bedrock, Model: model}.ChatBody(r, wire.UpstreamOptions{})
	if f != nil || string(sent) != `{"anthropic_version":"bedrock-2023-05-31","max_tokens":10,"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]}` {
		t.Errorf("%s %v", sent, f)
	}
}

func TestBedrockFails(t *testing.T) {
	whole := converse(t)
	damaged := bytes.Clone(whole)
	damaged[len(damaged)/2] ^= 1
	start := len(event(t, "messageStart", `{"role":"assistant"}`))
	exception := func(kind string) []byte {
		return append(bytes.Clone(whole[:start]), frame(t, `{"message":"Slow \"down\""}`, ":message-type", "exception", ":exception-type", kind)...)
	}
	for _, c := range []struct {
		name string
		body []byte
		kind wire.ErrorType
	}{
		{"throttled", exception("throttlingException"), wire.TypeRateLimit},
		{"a fault of the model", exception("modelStreamErrorException"), wire.TypeUnavailable},
		{"a wrong sum", damaged, wire.TypeUnavailable},
		{"text in place of frames", []byte("<html>sorry</html>, and so on"), wire.TypeUnavailable},
		{"a frame of four gigabytes", []byte{255, 255, 255, 255, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8}, wire.TypeUnavailable},
	} {
		got := read(t, provider.Frames(iotest.OneByteReader(bytes.NewReader(c.body)), "amazon.nova-lite-v1:0"), &bedrock)
		if got.failure == nil || got.failure.Type != c.kind || got.finish != "" {
			t.Errorf("%s: %+v %v", c.name, got, got.failure)
		}
	}
	if got := read(t, provider.Frames(bytes.NewReader(whole[:len(whole)/2]), "amazon.nova-lite-v1:0"), &bedrock); got.finish != "" {
		t.Errorf("a cut stream has a finish: %+v", got)
	}
}

// FuzzFrames reads what a stranger may send in place of frames: it ends, and does not panic.
func FuzzFrames(f *testing.F) {
	f.Add(converse(f), true)
	f.Add(event(f, "chunk", `{"bytes":"e30="}`), false)
	f.Add(frame(f, `{`, ":message-type", "error", ":error-code", "x", ":error-message", "y"), true)
	f.Fuzz(func(t *testing.T, raw []byte, nova bool) {
		model := "anthropic.claude-3"
		if nova {
			model = "amazon.nova-lite-v1:0"
		}
		out, err := io.ReadAll(provider.Frames(bytes.NewReader(raw), model))
		if err == nil && len(out) > 64*len(raw)+1024 {
			t.Errorf("%d bytes became %d", len(raw), len(out))
		}
	})
}

func TestVertex(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, _ := x509.MarshalPKCS8PrivateKey(key)
	tokens, tier := 0, ""
	var paths []string
	url := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			tokens++
			says(200, "application/json", `{"access_token":"at","token_type":"Bearer","expires_in":3600}`)(w, r)
			return
		}
		paths, tier = append(paths, r.RequestURI), r.Header.Get("X-Vertex-AI-LLM-Shared-Request-Type")
		if r.Header.Get("Authorization") != "Bearer at" || r.Header.Get("X-Goog-Api-Key") != "" {
			t.Errorf("%v", r.Header)
		}
		says(200, "text/event-stream", "data: {}\n\n")(w, r)
	})
	credential, _ := json.Marshal(map[string]string{"type": "service_account", "project_id": "pro", "client_email": "a@b.example", "token_uri": url + "/token",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))})
	file := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(file, credential, 0o600); err != nil {
		t.Fatal(err)
	}
	c := provider.NewConnections(env(map[string]string{"GOOGLE_APPLICATION_CREDENTIALS": file, "GOOGLE_VERTEX_BASE_URL": url, "GOOGLE_CLOUD_LOCATION": "europe-west4"}))
	if !c.Connected(vertex) || len(c.Problems([]models.Provider{vertex})) != 0 {
		t.Fatal(c.Problems([]models.Provider{vertex}))
	}
	cl := client(t)
	for _, model := range []string{"gemini-2.5-pro", "claude-sonnet-4-5@20250929", "deepseek-ai/deepseek-v3.2-maas"} {
		target, _ := c.Target(&vertex, endpoint("google-vertex/x", model))
		a, f := cl.Open(t.Context(), target, []byte("{}"), true)
		if f != nil {
			t.Fatal(f)
		}
		a.Close()
	}
	const home = "/v1/projects/pro/locations/europe-west4"
	want := []string{home + "/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
		home + "/publishers/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict", home + "/endpoints/openapi/chat/completions"}
	if strings.Join(paths, " ") != strings.Join(want, " ") || tokens != 1 {
		t.Errorf("%d tokens, %q", tokens, paths)
	}
	// A tier stands in the header, and only the place that is everywhere does what it says.
	regional, _ := c.Target(&vertex, endpoint("google-vertex", "gemini-2.5-pro"))
	regional.Tier = "flex"
	everywhere := provider.NewConnections(env(map[string]string{"GOOGLE_APPLICATION_CREDENTIALS": file, "GOOGLE_VERTEX_BASE_URL": url}))
	target, _ := everywhere.Target(&vertex, endpoint("google-vertex", "gemini-2.5-pro"))
	target.Tier = "flex"
	if regional.TakesTiers() || !target.TakesTiers() {
		t.Error("where tiers are taken")
	}
	a, f := cl.Open(t.Context(), target, []byte("{}"), false)
	if f != nil {
		t.Fatal(f)
	}
	a.Close()
	chat, _ := wire.ParseChat([]byte(`{"model":"m","service_tier":"flex","messages":[{"role":"user","content":"Hi"}]}`))
	if sent, f := target.ChatBody(chat, wire.UpstreamOptions{}); f != nil || strings.Contains(string(sent), "flex") || tier != "flex" {
		t.Errorf("%s %q %v", sent, tier, f)
	}
	paths = nil
	for _, model := range []string{"gemini-embedding-001", "gemini-embedding-2", "text-embedding-005"} {
		target, _ := c.Target(&vertex, endpoint("google-vertex", model))
		target.Embeds = true
		a, f := cl.Open(t.Context(), target, []byte("{}"), false)
		if f != nil {
			t.Fatal(f)
		}
		a.Close()
		paths = append(paths, fmt.Sprint(target.InputsMax()))
	}
	if got := strings.Join(paths, " "); got != home+"/publishers/google/models/gemini-embedding-001:predict 1 "+home+"/publishers/google/models/gemini-embedding-2:embedContent 1 "+home+"/publishers/google/models/text-embedding-005:predict 8" {
		t.Error(got)
	}
	r, _ := wire.ParseChat([]byte(`{"model":"m","max_tokens":10,"stream":true,"messages":[{"role":"user","content":"Hi"}]}`))
	sent, f := provider.Target{Provider: &vertex, Model: "claude-opus-4-6@default"}.ChatBody(r, wire.UpstreamOptions{})
	if f != nil || !strings.HasPrefix(string(sent), `{"anthropic_version":"vertex-2023-10-16",`) || !strings.HasSuffix(string(sent), `"stream":true}`) {
		t.Errorf("%s %v", sent, f)
	}
	for _, bad := range []string{"/nowhere", `{"type":"external_account"}`, `{`} {
		c := provider.NewConnections(env(map[string]string{"GOOGLE_APPLICATION_CREDENTIALS": bad, "GOOGLE_CLOUD_PROJECT": "p"}))
		if c.Connected(vertex) || len(c.Problems([]models.Provider{vertex})) != 1 {
			t.Errorf("%s: %q", bad, c.Problems([]models.Provider{vertex}))
		}
	}
}

func TestGemini(t *testing.T) {
	var seen *http.Request
	url := upstream(t, func(w http.ResponseWriter, r *http.Request) { seen = r; says(200, "application/json", "{}")(w, r) })
	for _, pairs := range []map[string]string{
		{"GEMINI_API_KEY": "k", "GEMINI_BASE_URL": url + "/v1beta"},
		{"GOOGLE_API_KEY": "k", "GOOGLE_BASE_URL": url + "/v1beta/openai/"}, // as it was called for the other dialect
	} {
		target, ok := provider.NewConnections(env(pairs)).Target(&studio, endpoint("google-ai-studio", "gemini-2.5-pro"))
		if !ok {
			t.Fatal("not connected")
		}
		for _, c := range []struct {
			stream, embeds bool
			want           string
		}{{true, false, "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse"}, {false, false, "/v1beta/models/gemini-2.5-pro:generateContent"}, {false, true, "/v1beta/openai/embeddings"}} {
			target.Embeds = c.embeds
			a, f := client(t).Open(t.Context(), target, []byte("{}"), c.stream)
			if f != nil {
				t.Fatal(f)
			}
			a.Close()
			if seen.RequestURI != c.want || (seen.Header.Get("X-Goog-Api-Key") == "k") == c.embeds || (seen.Header.Get("Authorization") == "Bearer k") != c.embeds {
				t.Errorf("%s %v", seen.RequestURI, seen.Header)
			}
		}
	}
	// A wrong key is the operator's trouble, and here it comes as the client's.
	bad := upstream(t, says(400, "application/json", `{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}`))
	target, _ := provider.NewConnections(env(map[string]string{"GEMINI_API_KEY": "k", "GEMINI_BASE_URL": bad})).Target(&studio, endpoint("google-ai-studio", "gemini"))
	if _, f := client(t).Open(t.Context(), target, nil, false); f == nil || !f.BadKey || f.Status != http.StatusBadGateway || strings.Contains(f.Message, "key") {
		t.Errorf("%+v", f)
	}
}

func TestAzureDeployments(t *testing.T) {
	azure := models.Provider{Slug: "azure", BaseURL: "https://${AZURE_RESOURCE_NAME}.example.com/openai/v1", APIKeyEnv: "AZURE_API_KEY", Quirks: models.Quirks{AuthHeader: "api-key"}}
	var seen *http.Request
	url := upstream(t, func(w http.ResponseWriter, r *http.Request) { seen = r; says(200, "application/json", "{}")(w, r) })
	c := provider.NewConnections(env(map[string]string{"AZURE_OPENAI_API_KEY": "k", "AZURE_BASE_URL": url + "/openai/v1", "AZURE_API_VERSION": "2024-10-21", "AZURE_DEPLOYMENTS": "gpt-4o=mine, o3=other"}))
	for model, want := range map[string]string{"gpt-4o": "mine", "gpt-5": "gpt-5"} {
		target, ok := c.Target(&azure, endpoint("azure", model))
		if !ok || target.Model != want {
			t.Fatalf("%v %+v", ok, target)
		}
		a, f := client(t).Open(t.Context(), target, []byte("{}"), true)
		if f != nil {
			t.Fatal(f)
		}
		a.Close()
		if seen.RequestURI != "/openai/deployments/"+want+"/chat/completions?api-version=2024-10-21" || seen.Header.Get("Api-Key") != "k" {
			t.Errorf("%s %v", seen.RequestURI, seen.Header)
		}
	}
}

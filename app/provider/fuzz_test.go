package provider_test

import (
	"net/http"
	"testing"

	"bourse/app/provider"
	"bourse/models"
)

// FuzzFailure reads whatever a provider may say about a failure: there is always a status of ours,
// a sentence, and never the key.
func FuzzFailure(f *testing.F) {
	f.Add([]byte(`{"error":{"message":"no","type":"x","code":429,"details":[{"retryDelay":"1e99s","reason":7}]}}`))
	f.Add([]byte(`[{"error":"text"}]`))
	f.Add([]byte(`{"base_resp":{"status_code":1002,"status_msg":"slow"}}`))
	f.Add([]byte(`{"detail":[{"msg":"x"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := provider.FromBody(&models.Provider{Name: "Acme"}, raw)
		if got.Status < 400 || got.Status > 599 || got.Message == "" || got.Type == "" || got.RetryAfter < 0 || got.Down < 0 {
			t.Errorf("%q became %+v", raw, got)
		}
		got.OfOwnKey()
		if e := got.Wire(); e.Status < 400 || e.Message == "" {
			t.Errorf("%q became %+v", raw, e)
		}
	})
}

// FuzzLook looks at whatever a provider may answer.
func FuzzLook(f *testing.F) {
	f.Add([]byte("data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":{\"name\":\"f\"}}]}}],\"usage\":{\"a\":{\"b\":{\"%d\":1}}}}\n\ndata: [DONE]\n\n"), true)
	f.Add([]byte(`{"usageMetadata":{"totalTokenCount":1}}`), false)
	f.Fuzz(func(t *testing.T, raw []byte, stream bool) {
		for _, p := range []*models.Provider{{Dialect: "openai"}, {Dialect: "gemini"}, {Dialect: "bedrock"}} {
			s := provider.Look(raw, http.Header{}, p, "m", stream)
			if len(s.UsageNames) > 60 || len(s.UsageAt) > 3 || len(s.Members) > 60 {
				t.Errorf("%q became %+v", raw, s)
			}
		}
	})
}

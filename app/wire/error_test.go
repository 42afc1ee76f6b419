package wire_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"bourse/app/wire"
	"bourse/models"
)

type envelope struct {
	Error struct {
		Code     int            `json:"code"`
		Message  string         `json:"message"`
		Metadata map[string]any `json:"metadata"`
	} `json:"error"`
}

func TestEnvelope(t *testing.T) {
	for _, c := range []struct {
		e      *wire.Error
		status int
		kind   string
		retry  string
	}{
		{wire.Invalid("n", "n is wrong"), 400, "invalid_request", ""},
		{wire.Unauthorized("no key"), 401, "authentication", ""},
		{wire.PaymentRequired(wire.Shortfall{Needed: 5_000_000, Available: 1, Source: wire.LimitCredits, Link: "http://x/credits"}), 402, "payment_required", ""},
		{wire.Forbidden("no"), 403, "permission_denied", ""},
		{wire.NotFound("no"), 404, "not_found", ""},
		{wire.ModelNotFound("a/b", []string{"a/c"}), 404, "not_found", ""},
		{wire.NoEndpoints("a/b", "nobody is connected.", []string{"OpenAI"}, "max_price"), 404, "not_found", ""},
		{wire.RequestTimeout(), 408, "timeout", ""},
		{wire.TooLarge(10), 413, "payload_too_large", ""},
		{wire.RateLimited("slow", 1500*time.Millisecond), 429, "rate_limit_exceeded", "2"},
		{wire.Internal(), 500, "server", ""},
		{wire.BadGateway("down"), 502, "provider_unavailable", ""},
		{wire.Unavailable("busy", 0), 503, "provider_overloaded", "1"},
		{wire.GatewayTimeout("slow"), 504, "timeout", ""},
		{wire.BadGateway("odd").With("x", func() {}), 502, "provider_unavailable", ""},
	} {
		w := httptest.NewRecorder()
		wire.WriteError(w, c.e, "req-1")
		var got envelope
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%s: %s", err, w.Body)
		}
		if w.Code != c.status || got.Error.Code != c.status || got.Error.Message == "" || got.Error.Metadata["error_type"] != c.kind {
			t.Errorf("%d: %s", w.Code, w.Body)
		}
		if w.Header().Get("Retry-After") != c.retry || w.Header().Get("Content-Type") != "application/json" || w.Header().Get("X-Request-Id") != "req-1" {
			t.Errorf("%d: headers %v", c.status, w.Header())
		}
	}
}

func TestPaymentRequiredExplains(t *testing.T) {
	e := wire.PaymentRequired(wire.Shortfall{Needed: 65_536_000, Available: 30_104_000, Source: wire.LimitKey,
		Link: "http://x/keys", MaxTokens: 65536, Affordable: 30104})
	const want = "This request exceeds the limit of this key: it needs up to $0.065536 and $0.030104 is available. " +
		"It may write up to 65536 tokens; 30104 can be afforded. Set a lower max_tokens or raise the limit at http://x/keys."
	if e.Message != want {
		t.Errorf("got %s", e.Message)
	}
	var got envelope
	if err := json.Unmarshal(e.Append(nil, ""), &got); err != nil {
		t.Fatal(err)
	}
	m := got.Error.Metadata
	if m["needed"] != 0.065536 || m["available"] != 0.030104 || m["limit_source"] != "key_limit" || m["credits_url"] != "http://x/keys" {
		t.Errorf("%v", m)
	}
}

func TestFromModels(t *testing.T) {
	for code, status := range map[models.Code]int{models.Invalid: 400, models.Unauthorized: 401, models.PaymentRequired: 402,
		models.Forbidden: 403, models.NotFound: 404, models.Conflict: 409, models.RateLimited: 429, models.TooLarge: 413,
		models.Unavailable: 503, models.Internal: 500} {
		e := wire.FromModels(fmt.Errorf("while doing: %w", models.Errorf(code, "a sentence")))
		if e.Status != status {
			t.Errorf("%s: %d", code, e.Status)
		}
		if (e.Message == "a sentence") != (code != models.Internal) {
			t.Errorf("%s: %q", code, e.Message)
		}
	}
	if e := wire.FromModels(errors.New("dial tcp 10.0.0.1: secret")); e.Status != 500 || e.Message != "Something went wrong on our side." {
		t.Errorf("%+v", e)
	}
	if e := wire.FromModels(models.FieldError("limit", "too low")); e.Metadata["field"] != "limit" {
		t.Errorf("%+v", e)
	}
	if e := wire.FromModels(fmt.Errorf("x: %w", wire.TooLarge(5))); e.Status != 413 {
		t.Errorf("%+v", e)
	}
}

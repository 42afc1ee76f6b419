// Package proxy tests the hot path of the whole house against upstreams that fail in every way.
package proxy

import (
	"encoding/json"
	"net/http"
	"testing"

	"bourse/models"
	"bourse/test/fake"
	"bourse/test/harness"
)

// model is one that both fake providers serve, at the prices of the catalogue: the cheap one asks
// less for the same tokens.
const (
	model        = "meta-llama/llama-3.3-70b-instruct"
	cheapSlug    = "novita"
	dearSlug     = "deepinfra"
	elsewhere    = "anthropic/claude-sonnet-4.5" // nobody here is connected to serve it
	enoughCredit = 5 * models.NanoPerUSD
)

// market is a house with two fake providers and one customer.
type market struct {
	*harness.House
	cheap, dear *fake.Upstream
	customer    harness.Person
}

func open(t *testing.T, env map[string]string) market {
	t.Helper()
	cheap, dear := fake.New(t), fake.New(t)
	all := map[string]string{
		"NOVITA_API_KEY": cheap.Key, "NOVITA_BASE_URL": cheap.URL,
		"DEEPINFRA_API_KEY": dear.Key, "DEEPINFRA_BASE_URL": dear.URL,
	}
	for name, value := range env {
		all[name] = value
	}
	h := harness.Start(t, all)
	return market{h, cheap, dear, h.Person("customer@example.com", enoughCredit)}
}

// only asks the cheap provider and no other.
func only(more map[string]any) map[string]any {
	body := harness.Ask(model, map[string]any{"max_tokens": 300, "provider": map[string]any{"only": []string{cheapSlug}}})
	for name, value := range more {
		body[name] = value
	}
	return body
}

// cheapest asks the cheap provider first and the other when that fails.
func cheapest(more map[string]any) map[string]any {
	body := harness.Ask(model, map[string]any{"max_tokens": 300, "provider": map[string]any{"order": []string{cheapSlug, dearSlug}}})
	for name, value := range more {
		body[name] = value
	}
	return body
}

type result struct {
	ID       string `json:"id"`
	Provider string `json:"provider"`
	Choices  []struct {
		Message struct {
			Content string `json:"content"`
		} `json:"message"`
		Delta struct {
			Content string `json:"content"`
		} `json:"delta"`
		Finish *string `json:"finish_reason"`
	} `json:"choices"`
	Usage *struct {
		Prompt     int64       `json:"prompt_tokens"`
		Completion int64       `json:"completion_tokens"`
		Cost       json.Number `json:"cost"`
		BYOK       bool        `json:"is_byok"`
		Details    struct {
			Upstream json.Number `json:"upstream_inference_cost"`
			Fee      json.Number `json:"platform_fee"`
		} `json:"cost_details"`
	} `json:"usage"`
	Error *harness.Failure `json:"error"`
}

// seen is what a client makes of an answer, plain or streamed.
type seen struct {
	id, provider, text string
	finish             string
	cost               models.Amount // -1 when nobody said
	list               models.Amount // of the provider, whoever paid it
	own                bool          // the customer's own key did
	failure            *harness.Failure
	done               bool
}

func look(t *testing.T, a harness.Answer, stream bool) seen {
	t.Helper()
	if a.Err != nil {
		t.Fatal(a.Err)
	}
	s := seen{cost: -1}
	texts := []string{string(a.Body)}
	if stream && a.Status == http.StatusOK {
		texts = a.Events(t)
	}
	for _, text := range texts {
		if text == "[DONE]" {
			s.done = true
			continue
		}
		var r result
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		s.take(t, r)
	}
	return s
}

func (s *seen) take(t *testing.T, r result) {
	t.Helper()
	if r.ID != "" {
		s.id, s.provider = r.ID, r.Provider
	}
	if r.Error != nil {
		s.failure = r.Error
	}
	for _, c := range r.Choices {
		s.text += c.Message.Content + c.Delta.Content
		if c.Finish != nil {
			s.finish = *c.Finish
		}
	}
	if r.Usage != nil {
		s.cost, s.list, s.own = amount(t, r.Usage.Cost), amount(t, r.Usage.Details.Upstream), r.Usage.BYOK
		if up, fee := amount(t, r.Usage.Details.Upstream), amount(t, r.Usage.Details.Fee); !r.Usage.BYOK && up+fee != s.cost || r.Usage.BYOK && fee != s.cost {
			t.Errorf("%s + %s is not %s", up.USD(), fee.USD(), s.cost.USD())
		}
	}
}

func amount(t *testing.T, n json.Number) models.Amount {
	t.Helper()
	a, err := models.ParseUSD(n.String())
	if err != nil {
		t.Fatalf("%q is no amount: %v", n, err)
	}
	return a
}

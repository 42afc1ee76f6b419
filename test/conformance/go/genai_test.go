package clients

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"google.golang.org/genai"
)

func TestGenai(t *testing.T) {
	ctx := t.Context()
	name := "genai " + version("google.golang.org/genai")
	c, err := genai.NewClient(ctx, &genai.ClientConfig{APIKey: os.Getenv("BOURSE_KEY"), Backend: genai.BackendGeminiAPI,
		HTTPOptions: genai.HTTPOptions{BaseURL: strings.TrimSuffix(os.Getenv("BOURSE_URL"), "/v1")}})
	if err != nil {
		t.Fatal(err)
	}
	failed := func(t *testing.T, err error, status int) {
		t.Helper()
		var e genai.APIError
		if !errors.As(err, &e) || e.Code != status || e.Message == "" || e.Status == "" {
			t.Errorf("%v", err)
		}
	}
	gather := func(ctx context.Context, text string, config *genai.GenerateContentConfig) (said string, calls []*genai.FunctionCall, last *genai.GenerateContentResponse, err error) {
		for piece, err := range c.Models.GenerateContentStream(ctx, model, genai.Text(text), config) {
			if err != nil {
				return said, calls, last, err
			}
			said, last = said+piece.Text(), piece
			calls = append(calls, piece.FunctionCalls()...)
		}
		return said, calls, last, nil
	}
	limit := &genai.GenerateContentConfig{MaxOutputTokens: 200}
	tools := &genai.GenerateContentConfig{MaxOutputTokens: 200, Tools: []*genai.Tool{{FunctionDeclarations: []*genai.FunctionDeclaration{{Name: "get_weather",
		Parameters: &genai.Schema{Type: genai.TypeObject, Required: []string{"city"}, Properties: map[string]*genai.Schema{"city": {Type: genai.TypeString}}}}}}}}
	const door = "generateContent"
	cell(t, name, door, "plain", func(t *testing.T) {
		a, err := c.Models.GenerateContent(ctx, model, genai.Text(sayPlain), limit)
		if err != nil {
			t.Fatal(err)
		}
		same(t, a.Text(), wanted)
		if a.UsageMetadata.TotalTokenCount == 0 || a.Candidates[0].FinishReason != genai.FinishReasonStop {
			t.Errorf("%+v", a.UsageMetadata)
		}
	})
	cell(t, name, door, "stream", func(t *testing.T) {
		said, _, last, err := gather(ctx, sayPlain, limit)
		if err != nil || last.UsageMetadata.CandidatesTokenCount == 0 {
			t.Fatal(err, last)
		}
		same(t, said, wanted)
	})
	cell(t, name, door, "tools", func(t *testing.T) {
		a, err := c.Models.GenerateContent(ctx, model, genai.Text(sayTools), tools)
		if err != nil {
			t.Fatal(err)
		}
		_, calls, _, err := gather(ctx, sayTools, tools)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range append(a.FunctionCalls(), calls...) {
			if call.Name != "get_weather" || call.Args["city"] != "Paris" {
				t.Errorf("%+v", call)
			}
		}
		if len(calls) != 1 || len(a.FunctionCalls()) != 1 {
			t.Errorf("%d and %d calls", len(a.FunctionCalls()), len(calls))
		}
	})
	cell(t, name, door, "error", func(t *testing.T) {
		_, err := c.Models.GenerateContent(ctx, nobody, genai.Text(sayPlain), limit)
		failed(t, err, 404)
	})
	cell(t, name, door, "mid-stream error", func(t *testing.T) {
		_, _, _, err := gather(ctx, sayBroken, limit)
		failed(t, err, 502)
	})
	cell(t, name, door, "cancel", func(t *testing.T) {
		leaving, leave := context.WithCancel(ctx)
		defer leave()
		pieces := 0
		for _, err := range c.Models.GenerateContentStream(leaving, model, genai.Text(sayEndless), &genai.GenerateContentConfig{MaxOutputTokens: 5000}) {
			if err != nil {
				break
			}
			if pieces++; pieces == 3 {
				leave()
			}
			if pieces > 2000 {
				t.Fatal("it goes on")
			}
		}
	})
	cell(t, name, "countTokens, models", "plain", func(t *testing.T) {
		n, err := c.Models.CountTokens(ctx, model, genai.Text(sayPlain), nil)
		if err != nil || n.TotalTokens == 0 {
			t.Fatal(err, n)
		}
		if m, err := c.Models.Get(ctx, model, nil); err != nil || m.Name != "models/"+model {
			t.Fatal(err, m)
		}
		seen := 0
		for _, err := range c.Models.All(ctx) {
			if seen++; err != nil {
				t.Fatal(err)
			}
		}
		if seen < 100 {
			t.Errorf("%d models", seen)
		}
	})
}

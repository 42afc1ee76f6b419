// Package clients runs official Go clients, unmodified, against a running Bourse. It is a module
// of its own, so that what they are made of is no part of the product.
package clients

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	anthropicoption "github.com/anthropics/anthropic-sdk-go/option"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/responses"
)

const (
	sayPlain   = "Say it."
	sayTools   = "USE A TOOL."
	sayBroken  = "BREAK OFF."
	sayEndless = "NEVER STOP."
	wanted     = "The market is open today."
	nobody     = "nobody/nothing"
	vectors    = "bourse/demo-embedding"
)

var model = os.Getenv("BOURSE_MODEL")

// version is a module's version as go.mod names it.
func version(path string) string {
	text, _ := os.ReadFile("go.mod") // without it nothing here would have been built
	for line := range strings.SplitSeq(string(text), "\n") {
		if words := strings.Fields(line); len(words) >= 2 && words[0] == path {
			return words[1]
		}
	}
	return "unknown"
}

// cell is one case of a client at a door; the line it prints is what the table is read from.
func cell(t *testing.T, client, door, kase string, run func(t *testing.T)) {
	t.Helper()
	t.Run(door+" "+kase, func(t *testing.T) {
		run(t)
		if !t.Failed() {
			fmt.Printf("CELL %s|%s|%s\n", client, door, kase)
		}
	})
}

func city() map[string]any {
	return map[string]any{"type": "object", "properties": map[string]any{"city": map[string]any{"type": "string"}}, "required": []string{"city"}}
}

func same(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func paris(t *testing.T, arguments string) {
	t.Helper()
	var a struct{ City string }
	if err := json.Unmarshal([]byte(arguments), &a); err != nil || a.City != "Paris" {
		t.Errorf("%q: %v", arguments, err)
	}
}

func TestOpenAI(t *testing.T) {
	ctx := t.Context()
	name := "openai-go " + version("github.com/openai/openai-go/v3")
	c := openai.NewClient(option.WithBaseURL(os.Getenv("BOURSE_URL")), option.WithAPIKey(os.Getenv("BOURSE_KEY")), option.WithMaxRetries(0))
	failed := func(t *testing.T, err error, status int) {
		t.Helper()
		var e *openai.Error
		if !errors.As(err, &e) || e.StatusCode != status || e.Message == "" {
			t.Errorf("%v", err)
		}
	}
	ask := func(text string) openai.ChatCompletionNewParams {
		return openai.ChatCompletionNewParams{Model: model, Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(text)}}
	}
	withTool := ask(sayTools)
	withTool.Tools = []openai.ChatCompletionToolUnionParam{openai.ChatCompletionFunctionTool(openai.FunctionDefinitionParam{Name: "get_weather", Parameters: city()})}
	gather := func(p openai.ChatCompletionNewParams) (openai.ChatCompletionAccumulator, error) {
		s := c.Chat.Completions.NewStreaming(ctx, p)
		var acc openai.ChatCompletionAccumulator
		for s.Next() {
			acc.AddChunk(s.Current())
		}
		return acc, s.Err()
	}
	const chat = "chat/completions"
	cell(t, name, chat, "plain", func(t *testing.T) {
		a, err := c.Chat.Completions.New(ctx, ask(sayPlain))
		if err != nil {
			t.Fatal(err)
		}
		same(t, a.Choices[0].Message.Content, wanted)
	})
	cell(t, name, chat, "stream", func(t *testing.T) {
		acc, err := gather(ask(sayPlain))
		if err != nil || acc.Usage.TotalTokens == 0 {
			t.Fatal(err, acc.Usage)
		}
		same(t, acc.Choices[0].Message.Content, wanted)
	})
	cell(t, name, chat, "tools", func(t *testing.T) {
		a, err := c.Chat.Completions.New(ctx, withTool)
		if err != nil {
			t.Fatal(err)
		}
		paris(t, a.Choices[0].Message.ToolCalls[0].Function.Arguments)
		acc, err := gather(withTool)
		if err != nil {
			t.Fatal(err)
		}
		paris(t, acc.Choices[0].Message.ToolCalls[0].Function.Arguments)
	})
	cell(t, name, chat, "error", func(t *testing.T) {
		p := ask(sayPlain)
		p.Model = nobody
		_, err := c.Chat.Completions.New(ctx, p)
		failed(t, err, 404)
	})
	cell(t, name, chat, "mid-stream error", func(t *testing.T) {
		if _, err := gather(ask(sayBroken)); err == nil {
			t.Error("the client noticed nothing")
		}
	})
	cell(t, name, chat, "cancel", func(t *testing.T) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		s := c.Chat.Completions.NewStreaming(ctx, ask(sayEndless))
		n := 0
		for s.Next() {
			if n++; n == 5 {
				cancel()
			}
		}
		if n < 5 || n > 2000 {
			t.Errorf("%d pieces: %v", n, s.Err())
		}
	})
	responsesOf(t, name, c, failed)
	cell(t, name, "embeddings", "plain", func(t *testing.T) {
		a, err := c.Embeddings.New(ctx, openai.EmbeddingNewParams{Model: vectors, Input: openai.EmbeddingNewParamsInputUnion{OfString: param.NewOpt("a")}})
		if err != nil || len(a.Data[0].Embedding) != 256 {
			t.Fatal(err)
		}
	})
	cell(t, name, "embeddings", "error", func(t *testing.T) {
		_, err := c.Embeddings.New(ctx, openai.EmbeddingNewParams{Model: vectors, Input: openai.EmbeddingNewParamsInputUnion{OfString: param.NewOpt("")}})
		failed(t, err, 400)
	})
}

func responsesOf(t *testing.T, name string, c openai.Client, failed func(*testing.T, error, int)) {
	const door = "responses"
	ctx := t.Context()
	ask := func(text string) responses.ResponseNewParams {
		return responses.ResponseNewParams{Model: model, Input: responses.ResponseNewParamsInputUnion{OfString: param.NewOpt(text)}}
	}
	withTool := ask(sayTools)
	withTool.Tools = []responses.ToolUnionParam{{OfFunction: &responses.FunctionToolParam{Name: "get_weather", Parameters: city(), Strict: param.NewOpt(false)}}}
	follow := func(ctx context.Context, p responses.ResponseNewParams, each func(responses.ResponseStreamEventUnion)) error {
		s := c.Responses.NewStreaming(ctx, p)
		for s.Next() {
			each(s.Current())
		}
		return s.Err()
	}
	call := func(t *testing.T, a *responses.Response) {
		t.Helper()
		for _, o := range a.Output {
			if o.Type == "function_call" {
				paris(t, o.AsFunctionCall().Arguments)
				return
			}
		}
		t.Error("no tool was called")
	}
	cell(t, name, door, "plain", func(t *testing.T) {
		a, err := c.Responses.New(ctx, ask(sayPlain))
		if err != nil {
			t.Fatal(err)
		}
		same(t, a.OutputText(), wanted)
	})
	cell(t, name, door, "stream", func(t *testing.T) {
		text, last := "", ""
		err := follow(ctx, ask(sayPlain), func(e responses.ResponseStreamEventUnion) {
			if last = e.Type; e.Type == "response.output_text.delta" {
				text += e.Delta
			}
		})
		if err != nil || last != "response.completed" {
			t.Fatal(err, last)
		}
		same(t, text, wanted)
	})
	cell(t, name, door, "tools", func(t *testing.T) {
		a, err := c.Responses.New(ctx, withTool)
		if err != nil {
			t.Fatal(err)
		}
		call(t, a)
		err = follow(ctx, withTool, func(e responses.ResponseStreamEventUnion) {
			if e.Type == "response.completed" {
				r := e.AsResponseCompleted().Response
				call(t, &r)
			}
		})
		if err != nil {
			t.Error(err)
		}
	})
	cell(t, name, door, "error", func(t *testing.T) {
		p := ask(sayPlain)
		p.Model = nobody
		_, err := c.Responses.New(ctx, p)
		failed(t, err, 404)
	})
	cell(t, name, door, "mid-stream error", func(t *testing.T) {
		last := ""
		err := follow(ctx, ask(sayBroken), func(e responses.ResponseStreamEventUnion) { last = e.Type })
		if err == nil && last != "response.failed" && last != "error" {
			t.Errorf("the client noticed nothing: %s", last)
		}
	})
	cell(t, name, door, "cancel", func(t *testing.T) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		n := 0
		_ = follow(ctx, ask(sayEndless), func(responses.ResponseStreamEventUnion) {
			if n++; n == 8 {
				cancel()
			}
		}) // it is our own doing that it ends with an error
		if n < 8 || n > 2000 {
			t.Errorf("%d events", n)
		}
	})
}

func TestAnthropic(t *testing.T) {
	ctx := t.Context()
	const door = "messages"
	name := "anthropic-sdk-go " + version("github.com/anthropics/anthropic-sdk-go")
	c := anthropic.NewClient(anthropicoption.WithBaseURL(strings.TrimSuffix(os.Getenv("BOURSE_URL"), "/v1")+"/"), anthropicoption.WithAPIKey(os.Getenv("BOURSE_KEY")),
		anthropicoption.WithMaxRetries(0))
	ask := func(text string) anthropic.MessageNewParams {
		return anthropic.MessageNewParams{Model: anthropic.Model(model), MaxTokens: 200, Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(text))}}
	}
	withTool := ask(sayTools)
	withTool.Tools = []anthropic.ToolUnionParam{{OfTool: &anthropic.ToolParam{Name: "get_weather",
		InputSchema: anthropic.ToolInputSchemaParam{Properties: city()["properties"], Required: []string{"city"}}}}}
	gather := func(p anthropic.MessageNewParams) (anthropic.Message, error) {
		s := c.Messages.NewStreaming(ctx, p)
		var m anthropic.Message
		for s.Next() {
			if err := m.Accumulate(s.Current()); err != nil {
				return m, err
			}
		}
		return m, s.Err()
	}
	tool := func(t *testing.T, m *anthropic.Message) {
		t.Helper()
		for _, b := range m.Content {
			if b.Type == "tool_use" {
				paris(t, string(b.Input))
				return
			}
		}
		t.Error("no tool was called")
	}
	cell(t, name, door, "plain", func(t *testing.T) {
		m, err := c.Messages.New(ctx, ask(sayPlain))
		if err != nil {
			t.Fatal(err)
		}
		same(t, m.Content[0].Text, wanted)
	})
	cell(t, name, door, "stream", func(t *testing.T) {
		m, err := gather(ask(sayPlain))
		if err != nil || m.Usage.OutputTokens == 0 {
			t.Fatal(err)
		}
		same(t, m.Content[0].Text, wanted)
	})
	cell(t, name, door, "tools", func(t *testing.T) {
		m, err := c.Messages.New(ctx, withTool)
		if err != nil {
			t.Fatal(err)
		}
		tool(t, m)
		streamed, err := gather(withTool)
		if err != nil {
			t.Fatal(err)
		}
		tool(t, &streamed)
	})
	cell(t, name, door, "error", func(t *testing.T) {
		p := ask(sayPlain)
		p.Model = nobody
		_, err := c.Messages.New(ctx, p)
		var e *anthropic.Error
		if !errors.As(err, &e) || e.StatusCode != 404 {
			t.Error(err)
		}
	})
	cell(t, name, door, "mid-stream error", func(t *testing.T) {
		if _, err := gather(ask(sayBroken)); err == nil {
			t.Error("the client noticed nothing")
		}
	})
	cell(t, name, door, "cancel", func(t *testing.T) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		s := c.Messages.NewStreaming(ctx, ask(sayEndless))
		n := 0
		for s.Next() {
			if n++; n == 8 {
				cancel()
			}
		}
		if n < 8 || n > 2000 {
			t.Errorf("%d events: %v", n, s.Err())
		}
	})
	cell(t, name, "messages/count_tokens", "plain", func(t *testing.T) {
		n, err := c.Messages.CountTokens(ctx, anthropic.MessageCountTokensParams{Model: anthropic.Model(model), Messages: ask(sayPlain).Messages})
		if err != nil || n.InputTokens == 0 {
			t.Error(n, err)
		}
	})
}

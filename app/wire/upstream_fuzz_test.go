package wire_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"bourse/app/wire"
	"bourse/models"
)

// FuzzUpstreams reads whatever a provider may send in the dialects that are translated, plain and
// streamed: what comes out is what the rewriter takes, or is refused by it.
func FuzzUpstreams(f *testing.F) {
	for _, seed := range []string{
		`{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","call_id":"c","name":"f"}}`,
		`{"type":"response.function_call_arguments.delta","output_index":7,"delta":"{"}`,
		`{"type":"response.output_item.done","item":{"type":"reasoning","summary":[{"text":"a"}],"encrypted_content":"E"}}`,
		`{"type":"response.reasoning_summary_text.delta","delta":5}`, `{"type":"response.completed","response":{"status":5,"usage":{}}}`,
		`{"type":"tool-call-delta","delta":{"message":{"tool_calls":{"function":{"arguments":"x"}}}}}`, `{"type":"tool-call-end"}`,
		`{"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"tokens":{"input_tokens":"a"}}}}`, `{"message":"no"}`,
		`{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":5}]}]}`,
		`{"embeddings":{"float":[[1,"a"]]}}`, `{"predictions":[{"embeddings":{"values":[1],"statistics":{"token_count":-1}}}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		line := strings.Map(func(r rune) rune {
			if r == '\n' || r == '\r' {
				return ' '
			}
			return r
		}, string(data))
		event := "data: " + line + "\n\n"
		for _, r := range []io.Reader{wire.NewResponsesStream(strings.NewReader(event+event), "f"), wire.NewCohereStream(strings.NewReader(event + event)), wire.NewGeminiStream(strings.NewReader(event + event))} {
			rw := wire.NewRewriter(wire.RewriterOptions{})
			er := wire.NewEventReader(r)
			for {
				kind, data, err := er.Next()
				if err != nil {
					if !errors.Is(err, io.EOF) && !errors.Is(err, wire.ErrEventTooLong) {
						t.Logf("%v", err)
					}
					break
				}
				if kind == wire.EventData {
					if out, info, err := rw.Chunk(nil, bytes.Clone(data)); err == nil && info.Error == nil && !info.Dropped {
						object(t, string(out))
					}
				}
			}
		}
		for _, plain := range []func(dst, body []byte) ([]byte, error){wire.ResponsesAnswer("f"), wire.AppendCohereAnswer} {
			if body, err := plain(nil, data); err == nil {
				rw := wire.NewRewriter(wire.RewriterOptions{})
				if out, info, err := rw.Result(nil, body); err == nil && info.Error == nil {
					object(t, string(rw.CloseResult(out, wire.UsageBlock{})))
				}
			}
		}
		if a, err := wire.ReadVectors(data, 1, ""); err == nil && a.Error == nil && (len(a.Vectors) != 1 || a.Usage.Input < 0) {
			t.Errorf("%s: %+v", data, a)
		}
		_, _ = wire.ParseUsage(data, models.Quirks{})
	})
}

package provider_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"bourse/app/provider"
	"bourse/test/recorded"
)

// TestRecordedBedrock reads every recorded event stream of Bedrock, frame by frame, with its sums.
func TestRecordedBedrock(t *testing.T) {
	n := 0
	for _, in := range recorded.Interactions(t) {
		if !strings.HasSuffix(in.URL, "/invoke-with-response-stream") {
			continue
		}
		n++
		t.Run(in.Name, func(t *testing.T) {
			var text, tools string
			var input, output int64
			frames := bytes.NewReader([]byte(in.Answer))
			for frames.Len() > 0 {
				m, err := eventstream.NewDecoder().Decode(frames, nil)
				if err != nil {
					t.Fatal(err)
				}
				var chunk struct{ Bytes string }
				var e struct {
					Message struct {
						Usage struct {
							Input int64 `json:"input_tokens"`
						}
					}
					Usage struct {
						Output int64 `json:"output_tokens"`
					}
					Block struct{ Name string } `json:"content_block"`
					Delta struct {
						Text    string
						Partial string `json:"partial_json"`
					}
				}
				if err := json.Unmarshal(m.Payload, &chunk); err != nil {
					t.Fatal(err)
				}
				raw, _ := base64.StdEncoding.DecodeString(chunk.Bytes)
				if err := json.Unmarshal(raw, &e); err != nil {
					t.Fatal(err)
				}
				text, tools = text+e.Delta.Text, tools+e.Block.Name+e.Delta.Partial
				input, output = max(input, e.Message.Usage.Input), max(output, e.Usage.Output)
			}
			got := read(t, provider.Frames(strings.NewReader(in.Answer), "us.anthropic.claude"), &bedrock)
			if got.failure != nil || got.text != text || strings.TrimSuffix(got.tools, "{}") != strings.TrimSuffix(tools, "{}") || got.finish == "" {
				t.Errorf("%+v\n%q %q", got, text, tools)
			}
			if got.usage.Input != input || got.usage.Output != output || input == 0 || output == 0 || got.usage.Anomaly != "" {
				t.Errorf("%+v, %d and %d were reported", got.usage, input, output)
			}
		})
	}
	t.Logf("%d streams", n)
	if n < 10 {
		t.Errorf("only %d streams were found", n)
	}
}

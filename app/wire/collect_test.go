package wire_test

import (
	"errors"
	"strings"
	"testing"

	"bourse/app/wire"
	"bourse/models"
)

func TestCollectStream(t *testing.T) {
	stream := `: hello

data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}

data: {"choices":[{"index":0,"delta":{"reasoning_content":"h"}}]}

data: {"choices":[{"index":0,"delta":{"content":"Hi "}}]}

data: {"choices":[{"index":0,"delta":{"content":"there","tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{"}}]}}]}

data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"}"}}]},"finish_reason":"tool_use"}]}

data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}

data: [DONE]

`
	body, err := wire.CollectStream(strings.NewReader(stream), models.Quirks{})
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, string(body), `{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi there","reasoning":"h",
		"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls","native_finish_reason":"tool_use"}],
		"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}`)
	rw := rewriter(models.Quirks{})
	if _, info, err := rw.Result(nil, body); err != nil || info.Error != nil || rw.NativeFinish() != "tool_use" {
		t.Errorf("%+v %v", info, err)
	}
}

func TestCollectBrokenStreams(t *testing.T) {
	if _, err := wire.CollectStream(strings.NewReader("data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n"), models.Quirks{}); !errors.Is(err, wire.ErrCutShort) {
		t.Errorf("a stream without a finish: %v", err)
	}
	if _, err := wire.CollectStream(strings.NewReader("data: {\"choices\n\n"), models.Quirks{}); !errors.Is(err, wire.ErrNotJSON) {
		t.Errorf("garbage: %v", err)
	}
	for _, stream := range []string{"data: {\"error\":{\"code\":429}}\n\n", "event: error\ndata: {\"code\":429}\n\n", "{\"error\":{\"code\":429}}"} {
		body, err := wire.CollectStream(strings.NewReader(stream), models.Quirks{})
		if err != nil {
			t.Errorf("%q: %v", stream, err)
			continue
		}
		if _, info, _ := rewriter(models.Quirks{}).Result(nil, body); string(info.Error) != `{"code":429}` {
			t.Errorf("%q: %s", stream, body)
		}
	}
}

// TestPlainAsChunk: a plain answer where a stream was asked for is one large chunk.
func TestPlainAsChunk(t *testing.T) {
	rw := rewriter(models.Quirks{})
	out, info, err := rw.Chunk(nil, []byte(`{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}`))
	if err != nil || !info.HasContent || info.Finish != "stop" {
		t.Fatalf("%+v %v", info, err)
	}
	sameJSON(t, string(out), `{`+chunkHead+`,"choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":"stop","native_finish_reason":"stop"}]}`)
	if u, ok := rw.Usage(); !ok || u.Output != 2 {
		t.Errorf("%+v %v", u, ok)
	}
}

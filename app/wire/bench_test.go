package wire_test

import (
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"bourse/app/wire"
	"bourse/models"
)

func chatBody(turns int) []byte {
	var b strings.Builder
	b.WriteString(`{"model":"openai/gpt-4o","stream":true,"temperature":0.7,"max_tokens":500,"provider":{"sort":"price"},"messages":[{"role":"system","content":"You are a careful assistant."}`)
	for i := range turns {
		fmt.Fprintf(&b, `,{"role":"user","content":"Question %d: what does the router do when a provider fails before its first token?\n"}`, i)
		b.WriteString(`,{"role":"assistant","content":"It goes to the next endpoint; nothing has been sent, so nobody notices. The failed one is left alone for a while."}`)
	}
	b.WriteString(`,{"role":"user","content":"And after?"}]}`)
	return []byte(b.String())
}

func BenchmarkParseChat(b *testing.B) {
	for _, turns := range []int{3, 70} {
		body := chatBody(turns)
		b.Run(fmt.Sprintf("%dB", len(body)), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			dst := make([]byte, 0, len(body)+512)
			for b.Loop() {
				r, fault := wire.ParseChat(body)
				if fault != nil {
					b.Fatal(fault)
				}
				dst = r.AppendUpstream(dst[:0], wire.UpstreamOptions{Model: "gpt-4o"})
			}
		})
	}
}

// megabyte is a request of about 1 MB: of one picture, of a long conversation, and of many tools.
func megabyte(kind string) []byte {
	const size = 1 << 20
	switch kind {
	case "picture":
		return []byte(`{"model":"a/b","messages":[{"role":"user","content":[{"type":"text","text":"What is this?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,` +
			strings.Repeat("iVBORw0KGgoAAAANSUhEUg", size/22) + `"}}]}]}`)
	case "conversation":
		return chatBody(size / 270)
	}
	tool := `{"type":"function","function":{"name":"look_up","description":"Looks something up.","parameters":{"type":"object","properties":{"what":{"type":"string"}},"required":["what"]}}}`
	return []byte(`{"model":"a/b","messages":[{"role":"user","content":"Hi"}],"tools":[` + strings.TrimSuffix(strings.Repeat(tool+",", size/(len(tool)+1)), ",") + `]}`)
}

// BenchmarkIntake is what a large request costs before any provider is asked: read, checked,
// counted, and written anew.
func BenchmarkIntake(b *testing.B) {
	for _, kind := range []string{"picture", "conversation"} {
		body := megabyte(kind)
		b.Run(kind, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			dst, began := make([]byte, 0, len(body)+512), userTime(b)
			for b.Loop() {
				r, fault := wire.ParseChat(body)
				if fault != nil {
					b.Fatal(fault)
				}
				dst = r.AppendUpstream(dst[:0], wire.UpstreamOptions{Model: "gpt-4o"})
			}
			b.ReportMetric(float64((userTime(b)-began).Microseconds())/float64(b.N), "cpu-µs/op")
		})
	}
}

// BenchmarkDoors is the same conversation at each door: read, translated and checked.
func BenchmarkDoors(b *testing.B) {
	chat := strings.NewReplacer(`"provider":{"sort":"price"},`, "", `{"role":"system","content":"You are a careful assistant."},`, "").Replace(string(megabyte("conversation")))
	genai := strings.NewReplacer(`"role":"assistant"`, `"role":"model"`, `"content":"`, `"parts":[{"text":"`, `"}`, `"}]}`, `"messages":`, `"contents":`)
	for _, door := range []struct {
		name, body string
		parse      func([]byte) (*wire.ChatRequest, *wire.Error)
	}{
		{"chat", chat, wire.ParseChat}, {"messages", chat, wire.ParseMessages},
		{"responses", strings.NewReplacer(`"messages":`, `"input":`, "max_tokens", "max_output_tokens").Replace(chat), wire.NewResponsesSkin().Parse},
		{"genai", "{" + genai.Replace(chat[strings.Index(chat, `"messages"`):]), wire.NewGenaiSkin("a/b", false).Parse},
	} {
		body := []byte(door.body)
		b.Run(door.name, func(b *testing.B) {
			b.ReportAllocs()
			began := userTime(b)
			for b.Loop() {
				if _, fault := door.parse(body); fault != nil {
					b.Fatal(fault)
				}
			}
			b.ReportMetric(float64((userTime(b)-began).Microseconds())/float64(b.N), "cpu-µs/op")
		})
	}
}

// userTime is the processor's time of this process, which a busy machine stretches less than the
// clock's.
func userTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano())
}

// TestAChunkCostsNoMemory is the promise of the hot path that a bench alone does not keep.
func TestAChunkCostsNoMemory(t *testing.T) {
	tools := []byte(`{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":null,"function":{"arguments":"{\"a\":1}"}}]},"finish_reason":null}]}`)
	thought := []byte(`{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"reasoning_content":"Hm"},"finish_reason":null}],"usage":null}`)
	for name, c := range map[string][]byte{"text": chunk, "tools": tools, "thinking": thought} {
		rw := wire.NewRewriter(wire.RewriterOptions{Head: head()})
		dst := make([]byte, 0, 4096)
		if n := testing.AllocsPerRun(1000, func() {
			if _, _, err := rw.Event(dst[:0], c); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("a chunk of %s costs %v allocations", name, n)
		}
	}
}

var chunk = []byte(`{"id":"chatcmpl-BkPQ2b0a4Tz9zGv3mB1xYp0rS7uWq","object":"chat.completion.chunk","created":1750000000,"model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_07871e2ad8","choices":[{"index":0,"delta":{"content":" market"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"x9Qz0aB"}`)

func BenchmarkChunk(b *testing.B) {
	rw := wire.NewRewriter(wire.RewriterOptions{Head: head()})
	dst := make([]byte, 0, 1024)
	b.ReportAllocs()
	b.SetBytes(int64(len(chunk)))
	for b.Loop() {
		out, _, err := rw.Event(dst[:0], chunk)
		if err != nil || len(out) == 0 {
			b.Fatal(err)
		}
	}
}

func BenchmarkEvents(b *testing.B) {
	stream := strings.Repeat("data: "+string(chunk)+"\n\n", 202) + wire.Done
	b.ReportAllocs()
	b.SetBytes(int64(len(stream)))
	for b.Loop() {
		er := wire.NewEventReader(strings.NewReader(stream))
		for {
			if _, _, err := er.Next(); err == io.EOF {
				break
			}
		}
	}
}

func BenchmarkResult(b *testing.B) {
	body := []byte(`{"id":"chatcmpl-1","object":"chat.completion","created":1750000000,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"` +
		strings.Repeat("The books are right. ", 20) + `","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":100,"completion_tokens":80,"total_tokens":180,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}}`)
	dst := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		rw := wire.NewRewriter(wire.RewriterOptions{Head: head()})
		out, _, err := rw.Result(dst[:0], body)
		if err != nil {
			b.Fatal(err)
		}
		u, _ := rw.Usage()
		_ = rw.CloseResult(out, wire.UsageBlock{Usage: u})
	}
}

func BenchmarkUsage(b *testing.B) {
	raw := []byte(`{"prompt_tokens":100,"completion_tokens":80,"total_tokens":180,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}`)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = wire.ParseUsage(raw, models.Quirks{})
	}
}

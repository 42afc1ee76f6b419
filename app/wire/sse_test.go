package wire_test

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"bourse/app/wire"
)

// events reads all of a stream as "kind:data" lines.
func events(r io.Reader) ([]string, error) {
	names := map[wire.EventKind]string{wire.EventData: "data", wire.EventComment: "comment", wire.EventError: "error",
		wire.EventDone: "done", wire.EventBare: "bare"}
	er := wire.NewEventReader(r)
	var got []string
	for {
		kind, data, err := er.Next()
		if err == io.EOF {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		got = append(got, names[kind]+":"+string(data))
	}
}

func TestEvents(t *testing.T) {
	big := strings.Repeat("x", 300_000)
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"plain", "data: a\n\ndata: b\n\ndata: [DONE]\n\n", []string{"data:a", "data:b", "done:"}},
		{"no blank behind the colon", "data:a\n\ndata:[DONE]\n\n", []string{"data:a", "done:"}},
		{"CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", []string{"data:a", "data:b"}},
		{"CR alone", "data: a\r\rdata: b\r\r", []string{"data:a", "data:b"}},
		{"comments", ": keep-alive\n\n:\n\ndata: a\n\n", []string{"comment: keep-alive", "comment:", "data:a"}},
		{"a comment inside an event", "data: a\n: x\ndata: b\n\n", []string{"data:a\nb"}},
		{"several lines", "data: {\ndata: }\n\n", []string{"data:{\n}"}},
		{"other fields", "id: 1\nretry: 5\nevent: message\ndata: a\n\n", []string{"data:a"}},
		{"an event named error", "event: error\ndata: {\"m\":1}\n\ndata: b\n\n", []string{"error:{\"m\":1}", "data:b"}},
		{"no end", "data: a\n\ndata: b", []string{"data:a", "data:b"}},
		{"one line end at the end", "data: a\n", []string{"data:a"}},
		{"no [DONE]", "data: a\n\n", []string{"data:a"}},
		{"blank lines", "\n\n\r\ndata: a\n\n\n\n", []string{"data:a"}},
		{"a long line", "data: " + big + "\n\ndata: b\n\n", []string{"data:" + big, "data:b"}},
		{"bare JSON", "\n {\"error\":1}", []string{"bare:{\"error\":1}"}},
		{"bare JSON at once", "{\"error\":\n1}\n", []string{"bare:{\"error\":\n1}"}},
		{"a bare array", "[{\"error\":1}]", []string{"bare:[{\"error\":1}]"}},
		{"nothing", "", nil},
		{"an empty event", "data:\n\n", []string{"data:"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for how, r := range map[string]io.Reader{
				"whole":       strings.NewReader(c.in),
				"by the byte": iotest.OneByteReader(strings.NewReader(c.in)),
				"halves":      iotest.HalfReader(strings.NewReader(c.in)),
				"early end":   iotest.DataErrReader(strings.NewReader(c.in)),
			} {
				got, err := events(r)
				if err != nil || !reflect.DeepEqual(got, c.want) {
					t.Errorf("%s: %.200q %v, want %.200q", how, got, err, c.want)
				}
			}
		})
	}
}

func TestEventsBroken(t *testing.T) {
	broken := errors.New("connection reset")
	got, err := events(io.MultiReader(strings.NewReader("data: a\n\ndata: {\"ha"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) || !reflect.DeepEqual(got, []string{"data:a"}) {
		t.Errorf("%q %v", got, err)
	}
	endless := io.MultiReader(strings.NewReader("data: "), endlessReader{})
	if _, err := events(endless); !errors.Is(err, wire.ErrEventTooLong) {
		t.Errorf("an endless line: %v", err)
	}
	if _, err := events(io.MultiReader(strings.NewReader("{"), endlessReader{})); !errors.Is(err, wire.ErrEventTooLong) {
		t.Errorf("an endless body: %v", err)
	}
	if _, err := events(emptyReader{}); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("a reader that never gets on: %v", err)
	}
}

type endlessReader struct{}

func (endlessReader) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

type emptyReader struct{}

func (emptyReader) Read([]byte) (int, error) { return 0, nil }

// FuzzEvents: however the bytes are cut into reads, the events are the same, and none is lost
// against a plain reading of the text.
func FuzzEvents(f *testing.F) {
	f.Add([]byte("data: a\r\n\r\n: c\n\nevent: error\ndata: b\rdata:c\n\ndata: [DONE]"), 3)
	f.Add([]byte("{\"x\":1}"), 1)
	f.Fuzz(func(t *testing.T, stream []byte, size int) {
		whole, errWhole := events(bytes.NewReader(stream))
		cut, errCut := events(&cutReader{b: stream, n: 1 + abs(size)%7})
		if !reflect.DeepEqual(whole, cut) || (errWhole == nil) != (errCut == nil) {
			t.Fatalf("whole %q %v\ncut   %q %v", whole, errWhole, cut, errCut)
		}
	})
}

type cutReader struct {
	b []byte
	n int
}

func (c *cutReader) Read(p []byte) (int, error) {
	if len(c.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.b[:min(c.n, len(c.b))])
	c.b = c.b[n:]
	return n, nil
}

func abs(n int) int {
	if n < 0 {
		return -(n + 1)
	}
	return n
}

// TestMoreEvents tells what has arrived whole from what has not.
func TestMoreEvents(t *testing.T) {
	for stream, more := range map[string]bool{
		"data: 1\n\ndata: 2\n\n": true, "data: 1\n\ndata: 2\n": false, "data: 1\n\ndata: 2": false, "data: 1\n\n": false,
		"data: 1\r\n\r\ndata: 2\r\n\r\n": true, "data: 1\r\n\r\ndata: 2\r\n": false, "data: 1\n\n: still here\n\n": true,
	} {
		er := wire.NewEventReader(strings.NewReader(stream))
		if _, data, err := er.Next(); err != nil || string(data) != "1" {
			t.Fatalf("%q: %q %v", stream, data, err)
		}
		if er.More() != more {
			t.Errorf("%q: more %t", stream, er.More())
		}
	}
}

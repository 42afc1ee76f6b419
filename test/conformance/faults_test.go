package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bourse/models"
	"bourse/test/fake"
	"bourse/test/harness"
)

// toxic is a bad network between the house and its provider, controlled over HTTP.
type toxic struct {
	t       *testing.T
	control string
	listen  string
}

// startToxic builds and starts the proxy of bad networks, in front of a provider.
func startToxic(t *testing.T, upstream string) *toxic {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "toxiproxy")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "github.com/Shopify/toxiproxy/v2/cmd/server")
	build.Dir = "go"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	port, listen := freePort(t), "127.0.0.1:"+freePort(t)
	cmd := exec.CommandContext(t.Context(), binary, "-host", "127.0.0.1", "-port", port)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() // it has nothing to lose
		cmd.Wait()
	})
	x := &toxic{t: t, control: "http://127.0.0.1:" + port, listen: listen}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(mockStartTime); ; {
		if answer, err := http.Get(x.control + "/version"); err == nil {
			answer.Body.Close()
			break
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("the bad network does not start")
		}
	}
	x.send(http.MethodPost, "/proxies", map[string]any{"name": "up", "listen": listen, "upstream": upstream, "enabled": true})
	return x
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

func (x *toxic) send(method, path string, body any) {
	x.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		x.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(x.t.Context(), method, x.control+path, bytes.NewReader(text))
	if err != nil {
		x.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		x.t.Fatal(err)
	}
	defer answer.Body.Close()
	if said, _ := io.ReadAll(answer.Body); answer.StatusCode >= http.StatusBadRequest {
		x.t.Fatalf("%s %s: %d %s", method, path, answer.StatusCode, said)
	}
}

// TestBadNetworks puts a network that fails in the usual ways between the house and its provider.
func TestBadNetworks(t *testing.T) {
	up := fake.New(t)
	x := startToxic(t, strings.TrimSuffix(strings.TrimPrefix(up.URL, "http://"), "/v1"))
	h := harness.Start(t, map[string]string{"NOVITA_API_KEY": up.Key, "NOVITA_BASE_URL": "http://" + x.listen + "/v1"})
	p := h.Person("network@example.com", 10*models.NanoPerUSD)
	const text = "A rather long answer that is sent in quite a few pieces, so that something may happen in the middle of it."
	up.Always(fake.Answer(text, fake.Usage{Prompt: 20, Completion: 24}))
	for _, c := range []struct {
		name, kind string
		attributes map[string]any
		whole      bool // the answer arrives as it was sent
	}{
		{"none", "", nil, true},
		{"slow", "latency", map[string]any{"latency": 150, "jitter": 50}, true},
		{"seven bytes at a time", "slicer", map[string]any{"average_size": 7, "size_variation": 3, "delay": 10}, true},
		{"little at a time", "bandwidth", map[string]any{"rate": 20}, true},
		{"cut in the middle", "limit_data", map[string]any{"bytes": 330}, false},
		{"cut before the first word", "limit_data", map[string]any{"bytes": 60}, false},
		{"reset", "reset_peer", map[string]any{"timeout": 0}, false},
		{"silence and an end", "timeout", map[string]any{"timeout": 100}, false},
	} {
		for _, stream := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, stream %v", c.name, stream), func(t *testing.T) {
				if c.kind != "" {
					x.send(http.MethodPost, "/proxies/up/toxics", map[string]any{"name": "it", "type": c.kind, "stream": "downstream", "toxicity": 1, "attributes": c.attributes})
					defer x.send(http.MethodDelete, "/proxies/up/toxics/it", nil)
				}
				before := h.Available(p)
				a := h.Chat(p.Key, harness.Ask(tableModel, map[string]any{"max_tokens": 100, "stream": stream}))
				s, cost := hear(t, a, stream), before-h.Available(p)
				switch {
				case c.whole && (a.Status != http.StatusOK || s.text != text || s.failure != 0 || cost <= 0):
					t.Errorf("%d %+v, cost %s", a.Status, s, cost.USD())
				case !c.whole && (s.failure == 0 || cost != 0):
					t.Errorf("%d %+v, cost %s", a.Status, s, cost.USD())
				}
			})
		}
	}
}

package static_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"bourse/static"

	"github.com/andybalholm/brotli"
)

func get(t *testing.T, method, path, encoding string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestHandler(t *testing.T) {
	url := static.URL(static.StyleSheet)
	t.Run("the current address may be kept for ever", func(t *testing.T) {
		res := get(t, "GET", url, "")
		if got := res.Header.Get("Cache-Control"); res.StatusCode != 200 || !strings.Contains(got, "immutable") {
			t.Errorf("%d, Cache-Control %q", res.StatusCode, got)
		}
	})
	t.Run("an address of an earlier release still works, unkept", func(t *testing.T) {
		res := get(t, "GET", "/s/0000000000/"+static.StyleSheet, "")
		if got := res.Header.Get("Cache-Control"); res.StatusCode != 200 || got != "no-cache" {
			t.Errorf("%d, Cache-Control %q", res.StatusCode, got)
		}
	})
	t.Run("brotli gives back the same bytes", func(t *testing.T) {
		plain, _ := io.ReadAll(get(t, "GET", url, "gzip").Body)
		res := get(t, "GET", url, "gzip, br")
		if res.Header.Get("Content-Encoding") != "br" {
			t.Fatal("not compressed")
		}
		unpacked, err := io.ReadAll(brotli.NewReader(res.Body))
		if err != nil || !bytes.Equal(plain, unpacked) {
			t.Errorf("unpacked %d bytes of %d: %v", len(unpacked), len(plain), err)
		}
	})
	t.Run("HEAD has the headers and no body", func(t *testing.T) {
		res := get(t, "HEAD", url, "br")
		body, _ := io.ReadAll(res.Body)
		if res.StatusCode != 200 || len(body) != 0 || res.Header.Get("Content-Length") == "0" {
			t.Errorf("%d, %d bytes, length %s", res.StatusCode, len(body), res.Header.Get("Content-Length"))
		}
	})
	for path, want := range map[string]int{
		"/s/":                               http.StatusNotFound,
		"/s/x":                              http.StatusNotFound,
		"/s/x/../static.go":                 http.StatusNotFound,
		"/s/x/css/20-tokens.css":            http.StatusNotFound,
		static.URL("js/nothing.js"):         http.StatusNotFound,
		static.URL("fonts/OFL.txt"):         http.StatusOK,
		static.URL("js/app.js"):             http.StatusOK,
		static.URL("img/icons.svg"):         http.StatusOK,
		static.URL("fonts/plex-sans.woff2"): http.StatusOK,
	} {
		if res := get(t, "GET", path, ""); res.StatusCode != want {
			t.Errorf("GET %s: %d, want %d", path, res.StatusCode, want)
		}
	}
	if res := get(t, "POST", url, ""); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", res.StatusCode)
	}
}

func TestBudgets(t *testing.T) {
	size := func(names ...string) int {
		total := 0
		for _, n := range names {
			res := get(t, "GET", static.URL(n), "br")
			body, _ := io.ReadAll(res.Body)
			total += len(body)
		}
		return total
	}
	for _, b := range []struct {
		what  string
		bytes int
		most  int
	}{
		{"style sheet", size(static.StyleSheet), 12 << 10},
		{"scripts of a list", size("js/app.js", "js/live.js", "js/keys.js", "js/find.js"), 6 << 10},
		{"scripts of the playground, before anybody searches", size("js/app.js", "js/keys.js", "js/chat.js"), 6 << 10},
		{"scripts in all", size("js/app.js", "js/live.js", "js/keys.js", "js/help.js", "js/find.js", "js/chat.js"), 12 << 10},
		{"fonts", size("fonts/plex-sans.woff2", "fonts/plex-mono.woff2"), 62 << 10},
		{"icons", size("img/icons.svg"), 3 << 10},
		{"authors' marks", size("img/marks.svg"), 20 << 10},
	} {
		t.Logf("%s: %d bytes of %d", b.what, b.bytes, b.most)
		if b.bytes > b.most {
			t.Errorf("%s: %d bytes on the wire, budget %d", b.what, b.bytes, b.most)
		}
	}
}

func TestSpritesCarryNoStyleOrScript(t *testing.T) {
	for _, name := range []string{"img/icons.svg", "img/marks.svg"} {
		body, _ := io.ReadAll(get(t, "GET", static.URL(name), "").Body)
		for _, bad := range []string{"<script", "style=", "<style", "<title", "href="} {
			if bytes.Contains(body, []byte(bad)) {
				t.Errorf("%s contains %s", name, bad)
			}
		}
	}
	if !static.HasMark("openai") || static.HasMark("nobody-knows") {
		t.Error("HasMark does not tell who has a mark")
	}
}

package static

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"github.com/andybalholm/brotli"
)

// brotliLevel costs a few milliseconds a file, once; level 11 would cost five times that for 2 %.
const brotliLevel = 9

// Handler serves GET and HEAD of everything under /s/. The address with the right hash may be kept
// for ever; an old one, from a tab that was open during a deploy, gets today's file and is not kept.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
			return
		}
		b := loaded()
		rest, ok := strings.CutPrefix(r.URL.Path, "/s/")
		hash, name, found := strings.Cut(rest, "/")
		f := b.files[name]
		if !ok || !found || f == nil {
			http.Error(w, "no such file", http.StatusNotFound)
			return
		}
		h := w.Header()
		if "/s/"+hash+"/" == b.root {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		} else {
			h.Set("Cache-Control", "no-cache")
		}
		h.Set("Content-Type", f.kind)
		h.Set("X-Content-Type-Options", "nosniff")
		body := f.body
		if f.packed != nil {
			h.Set("Vary", "Accept-Encoding")
			if acceptsBrotli(r.Header.Get("Accept-Encoding")) {
				body = f.packed()
				h.Set("Content-Encoding", "br")
			}
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method == http.MethodGet {
			_, _ = w.Write(body) // the reader has gone: nothing to do about it
		}
	})
}

func acceptsBrotli(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(name) == "br" {
			return strings.TrimSpace(weight) != "q=0"
		}
	}
	return false
}

func brotliBytes(body []byte) []byte {
	var out bytes.Buffer
	w := brotli.NewWriterLevel(&out, brotliLevel)
	_, _ = w.Write(body) // a bytes.Buffer does not fail
	_ = w.Close()
	return out.Bytes()
}

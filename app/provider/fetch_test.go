package provider_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"bourse/app/provider"
)

func site(t *testing.T) string {
	return upstream(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/a.png":
			w.Header().Set("Content-Type", "image/png")
			_, _ = w.Write([]byte("PNG"))
		case "/moved":
			http.Redirect(w, r, "/a.png", http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/page":
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("secret page"))
		case "/large":
			w.Header().Set("Content-Type", "image/png")
			for range 21 {
				if _, err := w.Write(bytes.Repeat([]byte("x"), 1<<20)); err != nil {
					return
				}
			}
		default:
			http.NotFound(w, r)
		}
	})
}

func TestFetch(t *testing.T) {
	c := provider.NewClient()
	c.AllowPrivate = true
	defer c.Close()
	url := site(t)
	for _, path := range []string{"/a.png", "/moved"} {
		if got, f := c.Fetch(t.Context(), url+path); f != nil || got != "data:image/png;base64,UE5H" {
			t.Errorf("%s: %q %v", path, got, f)
		}
	}
	for path, want := range map[string]string{"/page": "neither a picture nor a PDF", "/none": "answers 404", "/large": "larger than 20 MiB", "/round": "leads too far"} {
		if got, f := c.Fetch(t.Context(), url+path); f == nil || f.Status != 400 || !strings.Contains(f.Message, want) || strings.Contains(f.Message, "secret") || got != "" {
			t.Errorf("%s: %v", path, f)
		}
	}
}

// TestFetchStaysOutside follows no link into a private network, by whatever name.
func TestFetchStaysOutside(t *testing.T) {
	url := upstream(t, func(http.ResponseWriter, *http.Request) { t.Error("a private address is asked") })
	port := url[strings.LastIndexByte(url, ':'):]
	for _, link := range []string{url, "http://localhost" + port, "http://0.0.0.0" + port, "http://[::1]" + port, "http://[::ffff:127.0.0.1]" + port, "http://[::ffff:7f00:1]" + port, "http://169.254.169.254/latest/meta-data", "http://[fd00::1]/", "ftp://x.example", "http://"} {
		if _, f := client(t).Fetch(t.Context(), link); f == nil {
			t.Errorf("%s was fetched", link)
		}
	}
	if _, f := client(t).Fetch(t.Context(), url); f == nil || !strings.Contains(f.Message, "private network") {
		t.Errorf("%v", f)
	}
}

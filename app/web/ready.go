package web

import (
	"net/http"
	"strconv"
	"strings"

	"bourse/models"
	"bourse/static"

	"github.com/labstack/echo/v4"
)

const (
	// readyAddressMax is how long an address may be whose answer is kept ready.
	readyAddressMax = 300
	// aliasesMax is how many addresses of one page are known: many ways of writing lead to it.
	aliasesMax = 8
)

// readyKey names an answer that is the same for everybody who sends no cookie.
type readyKey struct {
	address  string // as it was sent
	encoding string
	partial  bool
}

// Ready answers what was drawn before for this version of the catalogue to those of whom nothing is
// known, without asking anything else. All other requests go on.
func (s *Server) Ready(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.ready(w, r) {
			next.ServeHTTP(w, r)
		}
	})
}

// ready sends a page that is kept, and reports whether there was one.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) bool {
	head := r.Method == http.MethodHead
	if r.Method != http.MethodGet && !head || len(r.Header["Cookie"]) > 0 || len(r.RequestURI) > readyAddressMax {
		return false
	}
	page := s.pages.ready(readyKey{r.RequestURI, encodingOf(r), len(r.Header["X-Partial"]) > 0}, s.Catalog.Current().Version)
	if page == nil {
		return false
	}
	h := w.Header()
	for _, line := range page.header {
		h[line.name] = line.values
	}
	if len(r.Header["X-Request-Id"]) > 0 { // nothing is logged of an answer from memory: only who asks has a name for it
		h.Set(echo.HeaderXRequestID, requestID(r))
	}
	if match := r.Header["If-None-Match"]; len(match) > 0 && strings.Contains(match[0], page.etag) {
		h.Del("Content-Length")
		w.WriteHeader(http.StatusNotModified)
		return true
	}
	if head {
		w.WriteHeader(http.StatusOK)
		return true
	}
	_, _ = w.Write(page.body) // who has gone away needs no answer
	return true
}

// keepReady remembers that this request, as it was written, is answered by a page that is kept. Only
// what depends on the catalogue's version alone can be told to be current without asking.
func (s *Server) keepReady(c echo.Context, key pageKey, version string, length int) {
	r := c.Request()
	if version != s.Catalog.Current().Version || len(r.Header["Cookie"]) > 0 || len(r.RequestURI) > readyAddressMax || r.RequestURI == "" {
		return
	}
	header := c.Response().Header().Clone()
	header.Del(echo.HeaderXRequestID)
	header.Del("Server-Timing") // it told of the drawing
	header.Set("Content-Length", strconv.Itoa(length))
	lines := make([]headerLine, 0, len(header))
	for name, values := range header {
		lines = append(lines, headerLine{name, values})
	}
	s.pages.alias(readyKey{r.RequestURI, key.encoding, key.partial}, key, lines, header.Get("ETag"))
}

// requestID is the id that a proxy before us gave, or a new one.
func requestID(r *http.Request) string {
	if id := r.Header.Get(echo.HeaderXRequestID); plainID(id) {
		return id
	}
	return models.NewID("req")
}

// secure sets the headers that guard every page.
func (s *Server) secure(h http.Header) {
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", permissionsPolicy)
	h.Set("Speculation-Rules", `"`+static.URL("js/speculation.json")+`"`)
	if s.Config.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

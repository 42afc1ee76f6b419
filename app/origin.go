package app

import (
	"net/http"
	"strings"
)

// readable are the headers of answers that programs in browsers may read.
const readable = "X-Generation-Id, X-Request-Id, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Bourse-Auto, X-Bourse-Ignored, X-Bourse-Max-Tokens"

// anyOrigin lets programs in browsers call the API from pages of others. That gives nothing away:
// the API knows its callers by the key that they send, never by a cookie.
func anyOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") == "" || !strings.HasPrefix(r.URL.Path, pathAPI+"/") && !strings.HasPrefix(r.URL.Path, pathGenai+"/") {
			next.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
			h.Set("Access-Control-Expose-Headers", readable)
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Access-Control-Allow-Methods", "GET, POST, PATCH, DELETE, OPTIONS")
		h.Set("Access-Control-Max-Age", "86400")
		if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
			h.Set("Access-Control-Allow-Headers", asked)
			h.Add("Vary", "Access-Control-Request-Headers")
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

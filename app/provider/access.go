package provider

import (
	"context"
	"encoding/json"
	"net/http"
)

// access lets requests in where a key that never changes is not enough.
type access interface {
	// authorize completes the header of one request.
	authorize(ctx context.Context, req *http.Request, body []byte) error
}

// quoted is s as a JSON string, its odd bytes replaced.
func quoted(s string) []byte {
	raw, err := json.Marshal(s)
	if err != nil {
		return []byte(`""`) // a string cannot fail
	}
	return raw
}

package stripefake

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"

	"bourse/models"
)

// saved is an answer that is kept under the key of its request.
type saved struct {
	Status int             `json:"status"`
	Body   json.RawMessage `json:"body"`
	Hash   string          `json:"hash"`
}

// keyLife is how long keys are kept: after that the same key makes a new object.
const keyLife = 24 * time.Hour

func (a saved) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Request-Id", "req_sandbox")
	if a.Status >= 400 {
		w.Header().Set("Stripe-Should-Retry", "false")
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // to a recorder in memory
}

func hashOf(c *call) string {
	sum := sha256.Sum256([]byte(c.URL.Path + "?" + c.PostForm.Encode()))
	return hex.EncodeToString(sum[:])
}

// replay answers a request whose key was used before.
func (f *Fake) replay(w http.ResponseWriter, c *call) bool {
	key := c.Header.Get("Idempotency-Key")
	if key == "" {
		return false
	}
	old, err := get[kept](c.Context(), f, "idem:", "idem:"+key)
	if err != nil || f.config.Now().Unix() > old.At+int64(keyLife/time.Second) {
		return false
	}
	if old.Answer.Hash != hashOf(c) {
		(&problem{status: http.StatusBadRequest, kind: "idempotency_error",
			words: "Keys for idempotent requests can only be used with the same parameters they were first used with."}).write(w)
		return true
	}
	w.Header().Set("Idempotent-Replayed", "true")
	old.Answer.write(w)
	return true
}

type kept struct {
	At     int64 `json:"at"`
	Answer saved `json:"answer"`
}

// remember keeps the answer; an error of ours is not kept, so that the request can be sent again.
func (f *Fake) remember(c *call, a saved) error {
	key := c.Header.Get("Idempotency-Key")
	if key == "" || a.Status >= http.StatusInternalServerError {
		return nil
	}
	a.Hash = hashOf(c)
	body, err := json.Marshal(kept{f.config.Now().Unix(), a})
	if err != nil {
		return err
	}
	return f.config.Store.Put(c.Context(), models.SandboxObject{ID: "idem:" + key, Kind: "idempotency", Created: f.config.Now(), Body: body})
}

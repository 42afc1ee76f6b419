package demo

import (
	"encoding/json"
	"net/http"
)

// Kinds of error in the dialect.
const (
	kindInvalid = "invalid_request_error"
	kindServer  = "server_error"
)

// problem is an error in the shape that clients of the dialect know.
type problem struct {
	status  int
	kind    string
	message string
	param   string
	code    string
}

func invalid(param, message string) *problem {
	return &problem{status: http.StatusBadRequest, kind: kindInvalid, message: message, param: param}
}

func writeProblem(w http.ResponseWriter, p *problem) {
	orNull := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	writeJSON(w, p.status, map[string]any{"error": map[string]any{
		"message": p.message, "type": p.kind, "param": orNull(p.param), "code": orNull(p.code)}})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":{"message":"The answer could not be written.","type":"`+kindServer+`","param":null,"code":null}}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(body) // a client that is gone needs no answer
}

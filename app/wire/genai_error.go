package wire

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// genaiStatus are the names that Google's APIs give to what went wrong.
var genaiStatus = map[int]string{
	http.StatusBadRequest: "INVALID_ARGUMENT", http.StatusUnauthorized: "UNAUTHENTICATED", http.StatusPaymentRequired: "FAILED_PRECONDITION",
	http.StatusForbidden: "PERMISSION_DENIED", http.StatusNotFound: "NOT_FOUND", http.StatusRequestTimeout: "DEADLINE_EXCEEDED",
	http.StatusConflict: "ABORTED", http.StatusRequestEntityTooLarge: "INVALID_ARGUMENT", http.StatusUnprocessableEntity: "INVALID_ARGUMENT",
	http.StatusTooManyRequests: "RESOURCE_EXHAUSTED", http.StatusInternalServerError: "INTERNAL", http.StatusGatewayTimeout: "DEADLINE_EXCEEDED",
}

// Error writes the error as Google's APIs do, with our own type and metadata among its details.
func (s *GenaiSkin) Error(dst []byte, e *Error, requestID string) []byte {
	return AppendGenaiError(dst, e, requestID)
}

// AppendGenaiError writes an error in the envelope of Google's APIs.
func AppendGenaiError(dst []byte, e *Error, requestID string) []byte {
	status := genaiStatus[e.Status]
	if status == "" {
		status = "UNAVAILABLE"
	}
	metadata := map[string]string{"request_id": requestID}
	for name, value := range e.Metadata {
		metadata[name] = fmt.Sprint(value)
	}
	type info struct {
		Kind     string            `json:"@type"`
		Reason   string            `json:"reason"`
		Domain   string            `json:"domain"`
		Metadata map[string]string `json:"metadata"`
	}
	type failure struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Status  string `json:"status"`
		Details []info `json:"details"`
	}
	raw, _ := json.Marshal(map[string]failure{"error": {e.Status, e.Message, status, // strings and numbers cannot fail
		[]info{{"type.googleapis.com/google.rpc.ErrorInfo", strings.ToUpper(string(e.Type)), "bourse", metadata}}}})
	return append(dst, raw...)
}

// WriteGenaiError answers with an error in the envelope of Google's APIs.
func WriteGenaiError(w http.ResponseWriter, e *Error, requestID string) {
	writeError(w, e, requestID, AppendGenaiError(nil, e, requestID))
}

package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"bourse/models"
)

// ErrorType is the canonical name of what went wrong, finer than the status.
type ErrorType string

// The error types that Bourse sends.
const (
	TypeInvalidRequest   ErrorType = "invalid_request"
	TypeContextLength    ErrorType = "context_length_exceeded"
	TypeTokenLimit       ErrorType = "token_limit_exceeded"
	TypeContentPolicy    ErrorType = "content_policy_violation"
	TypeAuthentication   ErrorType = "authentication"
	TypePaymentRequired  ErrorType = "payment_required"
	TypePermissionDenied ErrorType = "permission_denied"
	TypeNotFound         ErrorType = "not_found"
	TypeConflict         ErrorType = "precondition_failed"
	TypePayloadTooLarge  ErrorType = "payload_too_large"
	TypeRateLimit        ErrorType = "rate_limit_exceeded"
	TypeServer           ErrorType = "server"
	TypeUnavailable      ErrorType = "provider_unavailable"
	TypeOverloaded       ErrorType = "provider_overloaded"
	TypeTimeout          ErrorType = "timeout"
	TypeImageDownload    ErrorType = "image_download_failed"
)

// Error is a refusal or a failure as a client reads it: the status is also the integer code of
// the envelope, and the metadata always names the type.
type Error struct {
	Status     int
	Type       ErrorType
	Message    string
	Metadata   map[string]any // beside error_type, which is always there
	RetryAfter time.Duration  // sent as a header when positive
	// Availability is there when nobody serves the model.
	Availability *Availability
	Router       []byte // how the request was routed, as JSON; nil when nobody asked
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// With returns the error with one more member of metadata.
func (e *Error) With(name string, value any) *Error {
	if e.Metadata == nil {
		e.Metadata = make(map[string]any, 4)
	}
	e.Metadata[name] = value
	return e
}

// errorBody is the envelope's inner object.
type errorBody struct {
	Code     int            `json:"code"`
	Message  string         `json:"message"`
	Metadata map[string]any `json:"metadata"`

	Availability *Availability `json:"availability,omitempty"`
}

func (e *Error) body(requestID string) errorBody {
	metadata := make(map[string]any, len(e.Metadata)+2)
	for name, value := range e.Metadata {
		metadata[name] = value
	}
	metadata["error_type"] = e.Type
	if requestID != "" {
		metadata["request_id"] = requestID
	}
	return errorBody{Code: e.Status, Message: e.Message, Metadata: metadata, Availability: e.Availability}
}

// Append writes the envelope {"error":{…}}.
func (e *Error) Append(dst []byte, requestID string) []byte {
	raw, err := json.Marshal(struct {
		Error  errorBody       `json:"error"`
		Router json.RawMessage `json:"openrouter_metadata,omitempty"`
	}{e.body(requestID), e.Router})
	if err != nil { // a metadata value that JSON cannot hold: the rest is still worth sending
		plain := &Error{Status: e.Status, Type: e.Type, Message: e.Message}
		return plain.Append(dst, requestID)
	}
	return append(dst, raw...)
}

// WriteError answers a request with the error in the envelope.
func WriteError(w http.ResponseWriter, e *Error, requestID string) {
	writeError(w, e, requestID, e.Append(nil, requestID))
}

func writeError(w http.ResponseWriter, e *Error, requestID string, body []byte) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Del("Content-Length")
	if e.RetryAfter > 0 {
		seconds := (e.RetryAfter + time.Second - 1) / time.Second
		header.Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
	if requestID != "" {
		header.Set("X-Request-Id", requestID)
	}
	w.WriteHeader(e.Status)
	_, _ = w.Write(append(body, '\n')) // a client that is gone needs no answer
}

// Invalid is a 400 about one member of the body; field may be empty.
func Invalid(field, format string, args ...any) *Error {
	e := &Error{Status: http.StatusBadRequest, Type: TypeInvalidRequest, Message: fmt.Sprintf(format, args...)}
	if field != "" {
		e.With("field", field)
	}
	return e
}

// Unauthorized is a 401: no key, or none that we know.
func Unauthorized(message string) *Error {
	return &Error{Status: http.StatusUnauthorized, Type: TypeAuthentication, Message: message}
}

// LimitSource names which limit a 402 ran into.
type LimitSource string

// The limits.
const (
	LimitCredits LimitSource = "credits"
	LimitKey     LimitSource = "key_limit"
)

// Shortfall is what a 402 explains.
type Shortfall struct {
	Needed     models.Amount // what had to be reserved
	Available  models.Amount // what there was
	Source     LimitSource
	Link       string // where to add credits or raise the limit
	MaxTokens  int64  // what the request may write, 0 when unknown
	Affordable int64  // how many tokens the money bears, 0 when none or unknown
}

// PaymentRequired is a 402 that says what was needed, what there was, and where to go.
func PaymentRequired(s Shortfall) *Error {
	var b strings.Builder
	subject, remedy := "This request requires more credits", "add credits at "
	if s.Source == LimitKey {
		subject, remedy = "This request exceeds the limit of this key", "raise the limit at "
	}
	fmt.Fprintf(&b, "%s: it needs up to $%s and $%s is available.", subject, s.Needed.USD(), s.Available.USD())
	if s.Affordable > 0 && s.MaxTokens > 0 {
		fmt.Fprintf(&b, " It may write up to %d tokens; %d can be afforded. Set a lower max_tokens or %s%s.",
			s.MaxTokens, s.Affordable, remedy, s.Link)
	} else {
		fmt.Fprintf(&b, " To continue, %s%s.", remedy, s.Link)
	}
	e := &Error{Status: http.StatusPaymentRequired, Type: TypePaymentRequired, Message: b.String()}
	e.With("needed", s.Needed).With("available", s.Available)
	return e.With("limit_source", s.Source).With("credits_url", s.Link)
}

// Forbidden is a 403: known, but not allowed.
func Forbidden(message string) *Error {
	return &Error{Status: http.StatusForbidden, Type: TypePermissionDenied, Message: message}
}

// NotFound is a 404 about anything but a model.
func NotFound(message string) *Error {
	return &Error{Status: http.StatusNotFound, Type: TypeNotFound, Message: message}
}

// ModelNotFound is a 404 for an id that no model has, with the ids that come nearest.
func ModelNotFound(id string, nearest []string) *Error {
	message := fmt.Sprintf("No model has the id %q.", clip(id, nameShownMax))
	if len(nearest) > 0 {
		message += " Nearest: " + strings.Join(nearest, ", ") + "."
	}
	e := &Error{Status: http.StatusNotFound, Type: TypeNotFound, Message: message,
		Availability: &Availability{Code: ModelUnknown, Requested: []string{clip(id, nameShownMax)}, Fallback: nearest}}
	return e.With("nearest", nonNil(nearest)).With("code", ModelUnknown)
}

// NoEndpoints is a 404 for a model that exists but that nobody can serve here and now. reason is
// a sentence; providers are those who would serve it; excludedBy names the filter, when one did.
func NoEndpoints(id, reason string, providers []string, excludedBy string) *Error {
	message := fmt.Sprintf("%s cannot be served: %s", clip(id, nameShownMax), reason)
	if len(providers) > 0 {
		message += " Providers that would serve it: " + strings.Join(providers, ", ") + "."
	}
	e := &Error{Status: http.StatusNotFound, Type: TypeNotFound, Message: message, Availability: excluded(clip(id, nameShownMax), excludedBy, reason)}
	e.With("model", id).With("providers", nonNil(providers)).With("code", "no_endpoints")
	if excludedBy != "" {
		e.With("excluded_by", excludedBy)
	}
	return e
}

// RequestTimeout is a 408: the body did not arrive in time.
func RequestTimeout() *Error {
	return &Error{Status: http.StatusRequestTimeout, Type: TypeTimeout, Message: "The request body did not arrive in time."}
}

// TooLarge is a 413 that names the limit.
func TooLarge(limitBytes int64) *Error {
	e := &Error{Status: http.StatusRequestEntityTooLarge, Type: TypePayloadTooLarge,
		Message: fmt.Sprintf("The request body is larger than the limit of %d bytes.", limitBytes)}
	return e.With("limit_bytes", limitBytes)
}

// RateLimited is a 429 with the time to wait.
func RateLimited(message string, retryAfter time.Duration) *Error {
	return &Error{Status: http.StatusTooManyRequests, Type: TypeRateLimit, Message: message,
		RetryAfter: max(retryAfter, time.Second)}
}

// Internal is a 500. Its cause belongs in the log, not in the answer.
func Internal() *Error {
	return &Error{Status: http.StatusInternalServerError, Type: TypeServer, Message: "Something went wrong on our side."}
}

// BadGateway is a 502: the providers that could serve the request failed.
func BadGateway(message string) *Error {
	return &Error{Status: http.StatusBadGateway, Type: TypeUnavailable, Message: message}
}

// Unavailable is a 503: we or every provider are too busy now.
func Unavailable(message string, retryAfter time.Duration) *Error {
	return &Error{Status: http.StatusServiceUnavailable, Type: TypeOverloaded, Message: message,
		RetryAfter: max(retryAfter, time.Second)}
}

// GatewayTimeout is a 504: a provider took too long.
func GatewayTimeout(message string) *Error {
	return &Error{Status: http.StatusGatewayTimeout, Type: TypeTimeout, Message: message}
}

// FromModels turns any error into the one a client reads: the codes of models map to a status,
// and what carries no code is a 500 that says nothing.
func FromModels(err error) *Error {
	var already *Error
	if errors.As(err, &already) {
		return already
	}
	message := models.MessageOf(err)
	var e *Error
	switch models.CodeOf(err) {
	case models.Invalid:
		e = Invalid("", "%s", message)
	case models.Unauthorized:
		e = Unauthorized(message)
	case models.PaymentRequired:
		e = &Error{Status: http.StatusPaymentRequired, Type: TypePaymentRequired, Message: message}
	case models.Forbidden:
		e = Forbidden(message)
	case models.NotFound:
		e = NotFound(message)
	case models.Conflict:
		e = &Error{Status: http.StatusConflict, Type: TypeConflict, Message: message}
	case models.RateLimited:
		e = RateLimited(message, time.Second)
	case models.TooLarge:
		e = &Error{Status: http.StatusRequestEntityTooLarge, Type: TypePayloadTooLarge, Message: message}
	case models.Unavailable:
		e = Unavailable(message, time.Second)
	default:
		return Internal()
	}
	var coded *models.Error
	if errors.As(err, &coded) && coded.Field != "" {
		e.With("field", coded.Field)
	}
	return e
}

// nameShownMax bounds how much of a client's own words an error repeats.
const nameShownMax = 120

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

func nonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

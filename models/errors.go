package models

import (
	"errors"
	"fmt"
)

// Code is the kind of an error, the same everywhere; each door has one table that
// turns it into its own status.
type Code string

// The codes.
const (
	Invalid         Code = "invalid"          // the input is wrong; the message says what would be right
	Unauthorized    Code = "unauthorized"     // nobody, or nobody we know, is asking
	PaymentRequired Code = "payment_required" // the credit or the key's limit does not bear it
	Forbidden       Code = "forbidden"        // known, but not allowed
	NotFound        Code = "not_found"        // no such thing, or not this person's
	Conflict        Code = "conflict"         // it exists already, or it changed meanwhile
	RateLimited     Code = "rate_limited"     // too many, too fast
	TooLarge        Code = "too_large"        // over a stated limit
	Unavailable     Code = "unavailable"      // a store or an upstream is away; try again
	Internal        Code = "internal"         // our fault
)

// Error is an error with a kind and a sentence that a stranger may read.
type Error struct {
	Code    Code
	Message string
	Field   string // the form field or JSON member it is about, when there is one
	Err     error  // what the log reads; never shown
}

// Error returns the sentence, with the cause behind it for the log.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error with a sentence for the reader.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// FieldError makes an Invalid error about one field of a form or body.
func FieldError(field, format string, args ...any) *Error {
	return &Error{Code: Invalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// CodeOf returns the kind of err: Internal for an error that carries none, and ""
// for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// MessageOf returns the sentence a stranger may read: the Error's own, or a plain
// one for anything else.
func MessageOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Message
	}
	return "Something went wrong on our side."
}

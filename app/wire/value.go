package wire

import (
	"bytes"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// Single values as they stand in JSON.

// unquote resolves a string literal; what cannot be resolved is returned as it stands.
func unquote(raw []byte) []byte {
	if len(raw) < 2 || raw[0] != '"' {
		return raw
	}
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	// An error means a lone surrogate or invalid UTF-8, for which the replacement
	// character has been written already.
	text, _ := jsontext.AppendUnquote(make([]byte, 0, len(inner)), raw)
	return text
}

// appendString writes s as a JSON string, with invalid UTF-8 replaced.
func appendString[T ~string | ~[]byte](dst []byte, s T) []byte {
	out, err := jsontext.AppendQuote(dst, s)
	if err != nil && len(out) <= len(dst) {
		return append(dst, `""`...)
	}
	return out
}

func isNull(raw []byte) bool { return len(raw) == 4 && raw[0] == 'n' }

func isString(raw []byte) bool { return len(raw) >= 2 && raw[0] == '"' }

func isTrue(raw []byte) bool { return len(raw) == 4 && raw[0] == 't' }

func isFalse(raw []byte) bool { return len(raw) == 5 && raw[0] == 'f' }

// isBlank reports a value that says nothing: null, an empty string, an empty array.
func isBlank(raw []byte) bool {
	switch {
	case isNull(raw):
		return true
	case isString(raw):
		return len(raw) == 2 // a blank is a token like any other
	}
	return len(raw) >= 2 && raw[0] == '[' && skipSpace(raw, 1) == len(raw)-1
}

// wholeNumber reads an integer literal, refusing fractions and exponents.
func wholeNumber(raw []byte) (int64, bool) {
	n, err := strconv.ParseInt(string(raw), 10, 64)
	return n, err == nil
}

// number reads a number literal.
func number(raw []byte) (float64, bool) {
	if len(raw) == 0 || (raw[0] != '-' && (raw[0] < '0' || raw[0] > '9')) {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	return f, err == nil
}

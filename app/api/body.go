package api

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"bourse/app/wire"
)

const smallBytesMax = 64 << 10

// members are the members of a small body, each read when it is wanted; null and absent differ.
type members map[string]json.RawMessage

func smallBody(c echo.Context) (members, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, smallBytesMax))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, wire.TooLarge(smallBytesMax)
	}
	if err != nil {
		return nil, wire.RequestTimeout()
	}
	var m members
	if err := json.Unmarshal(raw, &m); err != nil || m == nil {
		return nil, wire.Invalid("", "The body must be a JSON object.")
	}
	return m, nil
}

// has reports whether a member is there, and whether it is null.
func (m members) has(name string) (there, null bool) {
	raw, there := m[name]
	return there, string(raw) == "null"
}

func read[T any](m members, name, kind string) (*T, error) {
	there, null := m.has(name)
	if !there || null {
		return nil, nil
	}
	var v T
	if err := json.Unmarshal(m[name], &v); err != nil {
		return nil, wire.Invalid(name, "%s must be %s.", name, kind)
	}
	return &v, nil
}

// moment reads a time as RFC 3339, in UTC.
func (m members) moment(name string) (*time.Time, error) {
	text, err := read[string](m, name, "a time such as 2027-01-31T00:00:00Z, or null")
	if err != nil || text == nil {
		return nil, err
	}
	at, err := time.Parse(time.RFC3339, *text)
	if err != nil {
		return nil, wire.Invalid(name, "%s must be a time such as 2027-01-31T00:00:00Z, or null.", name)
	}
	return &at, nil
}

package pricefile

import (
	"encoding/json"
	"strconv"
	"time"
)

const statusActive = "active"

// statusWord is a status that the catalogue knows.
func statusWord(s string) string {
	switch s {
	case "alpha", "beta":
		return "beta"
	case "deprecated":
		return s
	}
	return statusActive
}

// day keeps a date, or a month, and drops what is neither.
func day(s string) string {
	for _, layout := range []string{time.DateOnly, "2006-01"} {
		if _, err := time.Parse(layout, s); err == nil {
			return s
		}
	}
	return ""
}

// whole reads a count of tokens, 0 where it is none.
func whole(n json.Number) int64 {
	v, err := strconv.ParseFloat(string(n), 64)
	if err != nil || v < 0 || v > 1e12 {
		return 0
	}
	return int64(v)
}

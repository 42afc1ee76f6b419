package provider

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

const (
	coolMin   = time.Second
	coolMax   = time.Minute
	hintMax   = 24 * time.Hour
	quotaDown = time.Hour
)

// cool splits a hint into a time to leave the endpoint alone, and, when it is longer than that, a
// time to take it out.
func cool(hint time.Duration) (wait, down time.Duration) {
	switch {
	case hint <= 0:
		return coolDefault, 0
	case hint > coolMax:
		return coolMax, min(hint, hintMax)
	}
	return max(hint, coolMin), 0
}

// retryHint reads how long a provider asks to wait, from the most precise source it gives; 0
// when it says nothing.
func retryHint(header http.Header, body []byte) time.Duration {
	if ms, err := strconv.ParseFloat(header.Get("Retry-After-Ms"), 64); err == nil && ms >= 0 {
		return bounded(ms / 1000)
	}
	if after := header.Get("Retry-After"); after != "" {
		if seconds, err := strconv.ParseFloat(after, 64); err == nil && seconds >= 0 {
			return bounded(seconds)
		}
		if at, err := http.ParseTime(after); err == nil {
			return bounded(time.Until(at).Seconds())
		}
	}
	if d := bodyHint(body); d > 0 {
		return d
	}
	return resetHint(header)
}

// bodyHint reads google.rpc.RetryInfo.
func bodyHint(body []byte) time.Duration {
	if !gjson.ValidBytes(body) {
		return 0
	}
	root := gjson.ParseBytes(body)
	if root.IsArray() {
		root = root.Get("0")
	}
	for _, detail := range root.Get("error.details").Array() {
		if delay := detail.Get("retryDelay"); delay.Type == gjson.String {
			if d, err := time.ParseDuration(delay.String()); err == nil && d > 0 {
				return min(d, hintMax)
			}
		}
	}
	return 0
}

// resetHint reads the reset of the bucket that is empty: x-ratelimit-remaining-X is 0 and
// x-ratelimit-reset-X says when it fills again.
func resetHint(header http.Header) time.Duration {
	const remaining, reset = "X-Ratelimit-Remaining", "X-Ratelimit-Reset"
	longest := time.Duration(0)
	for name, values := range header {
		suffix, found := strings.CutPrefix(name, remaining)
		if !found || len(values) == 0 {
			continue
		}
		if left, err := strconv.ParseFloat(values[0], 64); err != nil || left > 0 {
			continue
		}
		longest = max(longest, resetTime(header.Get(reset+suffix)))
	}
	return longest
}

// resetTime reads 2m59.56s, seconds, a time, or Unix seconds or milliseconds.
func resetTime(value string) time.Duration {
	if d, err := time.ParseDuration(value); err == nil {
		return bounded(d.Seconds())
	}
	if at, err := time.Parse(time.RFC3339, value); err == nil {
		return bounded(time.Until(at).Seconds())
	}
	f, err := strconv.ParseFloat(value, 64)
	switch {
	case err != nil:
		return 0
	case f > 1e12:
		return bounded(time.Until(time.UnixMilli(int64(f))).Seconds())
	case f > 1e9:
		return bounded(time.Until(time.Unix(int64(f), 0)).Seconds())
	}
	return bounded(f)
}

func bounded(seconds float64) time.Duration {
	if !(seconds > 0) {
		return 0
	}
	if seconds > hintMax.Seconds() {
		return hintMax
	}
	return time.Duration(seconds * float64(time.Second))
}

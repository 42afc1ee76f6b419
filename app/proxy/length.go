package proxy

import (
	"strconv"

	"bourse/models"
)

// length is the limit to send to an endpoint in place of what the client asked for, 0 when nothing
// takes its place: what the money bears, or what the endpoint has room for. The client is told.
func (c *call) length(cand candidate) int64 {
	n := c.maxToken
	if cand.Limit > 0 && (n == 0 && cand.Limit < c.req.MaxTokens || cand.Limit < n) {
		n = cand.Limit
	}
	c.w.Header().Del(maxTokensHeader) // of an attempt before this one
	if n > 0 && (c.clamped || n < c.req.MaxTokens) {
		c.w.Header().Set(maxTokensHeader, strconv.FormatInt(n, 10))
	}
	return n
}

const maxTokensHeader = "X-Bourse-Max-Tokens"

// runaway reports whether an answer has become far longer than it may be: the provider does not
// keep to the limit, and nobody has to pay for that. Our count is an estimate, hence the slack; and
// not all providers count what a model thinks as a part of the answer.
func (c *call) runaway(cand candidate, produced int64) bool {
	slack := int64(256)
	if cand.Entry.Reasoning {
		slack = 1 << 16
	}
	return c.limit > 0 && produced > 2*c.limit+slack
}

// within takes back what a provider counts beyond the length that was asked for. Not all count
// what was thought as a part of it.
func (c *call) within(u models.Usage) models.Usage {
	if c.limit > 0 && u.Output-u.Reasoning > c.limit {
		u.Output = c.limit + u.Reasoning
		if u.Anomaly == "" {
			u.Anomaly = "more tokens than max_tokens"
		}
	}
	return u
}

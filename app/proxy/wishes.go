package proxy

import (
	"slices"
	"strings"

	"bourse/app/catalog"
)

const sessionBytesMax = 256

// wishes keeps what is needed of the request when its body is gone, and says what is not done.
func (c *call) wishes() {
	if name := c.r.Header.Get("X-Session-Id"); c.req.SessionID == "" && len(name) <= sessionBytesMax {
		c.req.SessionID = name // the body wins
	}
	c.session, c.thinks = c.req.SessionID != "" || c.req.CacheKey != "", c.req.ReasoningRequested
	c.echo = c.stream && c.skin == nil && c.req.EchoUp
	c.undone = c.req.Ignored
	for _, model := range append([]string{c.req.Model}, c.req.Models...) {
		if strings.HasSuffix(model, ":"+string(catalog.VariantOnline)) {
			c.undone = append(c.undone, ":"+string(catalog.VariantOnline))
		}
	}
}

// ignored says which members of the request ask for what is not done here, or not at this endpoint.
func (c *call) ignored(cand candidate) {
	names := c.undone
	if c.wanted != "" && c.tier(cand) == "" {
		names = append(slices.Clip(names), "service_tier")
	}
	if c.headSent {
		return
	}
	if c.w.Header().Del("X-Bourse-Ignored"); len(names) > 0 {
		c.w.Header().Set("X-Bourse-Ignored", strings.Join(names, ", "))
	}
}

package proxy

import (
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
	c.ignored()
}

// ignored says which members of the request ask for what is not done here.
func (c *call) ignored() {
	names := c.req.Ignored
	for _, model := range append([]string{c.req.Model}, c.req.Models...) {
		if strings.HasSuffix(model, ":"+string(catalog.VariantOnline)) {
			names = append(names, ":"+string(catalog.VariantOnline))
		}
	}
	if len(names) > 0 {
		c.w.Header().Set("X-Bourse-Ignored", strings.Join(names, ", "))
	}
}

package proxy

import (
	"bourse/app/provider"
)

// The links that are followed for one request.
const (
	linksMax      = 16
	linkBytesMax  = 40 << 20 // of all of them, encoded
	linksTooMany  = "The messages link to more pictures and documents than can be read for this provider, 16. Send them as data URLs."
	linksTooLarge = "What the messages link to is more than can be read for this provider, 40 MiB. Send less."
)

// follow reads what the conversation links to, for a provider that does not do so itself; once for
// all attempts.
func (c *call) follow(cand candidate, up *upstream) (map[string]string, *provider.Failure) {
	if !cand.target.Inlines() {
		return nil, nil
	}
	links := c.req.Links()
	if len(links) > linksMax {
		return nil, refusedLinks(linksTooMany)
	}
	size := 0
	for _, link := range links {
		if _, known := c.fetched[link]; !known {
			data, failure := c.p.Client.Fetch(up.ctx, link)
			if failure != nil {
				failure.Provider = cand.Offer.Provider.Name
				return nil, failure
			}
			if c.fetched == nil {
				c.fetched = map[string]string{}
			}
			c.fetched[link] = data
		}
		if size += len(c.fetched[link]); size > linkBytesMax {
			return nil, refusedLinks(linksTooLarge)
		}
	}
	return c.fetched, nil
}

func refusedLinks(message string) *provider.Failure {
	return &provider.Failure{Status: 400, Type: "invalid_request", Message: message, Next: provider.NextAny}
}

package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"bourse/app/wire"
)

const (
	fetchTime         = 15 * time.Second
	fetchBytesMax     = 20 << 20
	fetchRedirectsMax = 3
)

// Inlines reports whether the target reads pictures and documents only when they come inline, so
// that links have to be followed for it.
func (t Target) Inlines() bool { return t.dialect().inlines }

// Fetch reads a picture or a document that a customer links to, as a data URL. It speaks to public
// addresses only. The failure is the customer's: the message says what was wrong with the link.
func (c *Client) Fetch(ctx context.Context, link string) (string, *Failure) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	data, err := c.fetch(ctx, link)
	if err == nil {
		return data, nil
	}
	u, parseErr := url.Parse(link)
	host := "a link"
	if parseErr == nil {
		host = u.Host
	}
	why := "it cannot be reached"
	var said errFetch
	if errors.As(err, &said) {
		why = string(said)
	}
	if errors.Is(err, ErrPrivate) {
		why = "it is in a private network"
	}
	return "", &Failure{Status: http.StatusBadRequest, Type: wire.TypeInvalidRequest, Err: err, Next: NextAny,
		Message: "What messages link to at " + clip(host, 100) + " could not be read: " + why + ". Send it as a data URL."}
}

// errFetch is a reason that the customer may read.
type errFetch string

// Error is the reason.
func (e errFetch) Error() string { return string(e) }

func (c *Client) fetch(ctx context.Context, link string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set("Accept", "image/*, application/pdf")
	client := &http.Client{Transport: c.fetchPool(), CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) > fetchRedirectsMax || r.URL.Scheme != "https" && r.URL.Scheme != "http" {
			return errFetch("it leads too far away")
		}
		return nil
	}}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", errFetch(fmt.Sprintf("it answers %d", resp.StatusCode))
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if !strings.HasPrefix(kind, "image/") && kind != "application/pdf" {
		return "", errFetch("it is neither a picture nor a PDF")
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, fetchBytesMax+1))
	if err != nil {
		return "", err
	}
	if len(raw) > fetchBytesMax {
		return "", errFetch("it is larger than 20 MiB")
	}
	return wire.DataURL(kind, raw), nil
}

// fetchPool is the pool for links.
func (c *Client) fetchPool() *http.Transport {
	const name = "links"
	c.mu.Lock()
	defer c.mu.Unlock()
	pool := c.pools[name]
	if pool == nil {
		pool = newGuardedPool()
		if c.AllowPrivate {
			pool = newPool()
		}
		c.pools[name] = pool
	}
	return pool
}

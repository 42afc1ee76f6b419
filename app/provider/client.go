package provider

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"bourse/app/wire"
	"bourse/models"
)

const (
	dialTimeout         = 5 * time.Second
	tlsTimeout          = 5 * time.Second
	idleConnTimeout     = 55 * time.Second // below the usual minute of the other side
	idlePerProviderMax  = 2_048
	keepAliveInterval   = 30 * time.Second
	pingAfter           = 15 * time.Second
	pingTimeout         = 10 * time.Second
	headerBytesMax      = 256 << 10
	readBufferBytes     = 4 << 10
	writeBufferBytes    = 4 << 10
	routesMax           = 4_096 // remembered heads of requests
	contentTypeJSON     = "application/json"
	contentTypeStream   = "text/event-stream"
	userAgent           = "bourse"
	defaultAuthHeader   = "Authorization"
	transparentRetryKey = "X-Idempotency-Key"
)

// Client calls upstreams over one pool of connections for each provider.
type Client struct {
	// AllowPrivate has links of customers followed into private networks; it is set before use.
	AllowPrivate bool

	mu     sync.RWMutex
	pools  map[string]*http.Transport
	routes map[routeKey]*route
}

// routeKey is what decides the head of a request.
type routeKey struct {
	pool, base, path, key, auth string
	stream                      bool
}

// route is the part of a request that is the same each time: made once, and only read after.
type route struct {
	pool   *http.Transport
	url    *url.URL
	header http.Header
}

// NewClient makes a client without any connection yet.
func NewClient() *Client {
	return &Client{pools: make(map[string]*http.Transport), routes: make(map[routeKey]*route)}
}

// Close closes the idle connections; calls that run go on.
func (c *Client) Close() {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, pool := range c.pools {
		pool.CloseIdleConnections()
	}
}

// Open posts the body and returns when the head of the answer is here. The body must stay
// unchanged until the answer is closed. The limits of time are the context's.
func (c *Client) Open(ctx context.Context, t Target, body []byte, stream bool) (*Answer, *Failure) {
	rt, err := c.route(t, stream)
	if err != nil {
		return nil, unreachable(t.Provider, err)
	}
	req := (&http.Request{
		Method:        http.MethodPost,
		URL:           rt.url,
		Host:          rt.url.Host,
		Header:        rt.header,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
		GetBody:       func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil },
	}).WithContext(ctx)
	if t.Tier != "" && t.Provider.Dialect == DialectVertex {
		req.Header = rt.header.Clone()
		req.Header.Set(vertexTierHeader, t.Tier)
	}
	if t.access != nil {
		req.Header = req.Header.Clone()
		if err := t.access.authorize(ctx, req, body); err != nil {
			f := unreachable(t.Provider, err)
			f.BadKey = true
			return nil, f
		}
	}
	// The transport and not http.Client: a redirect would carry the key to somebody else.
	resp, err := rt.pool.RoundTrip(req)
	if err != nil {
		return nil, transportFailure(ctx, t.Provider, err)
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	a := &Answer{Status: resp.StatusCode, Header: resp.Header, Body: resp.Body,
		Streaming: kind == contentTypeStream, provider: t.Provider, dialect: t.dialect(), ctx: ctx, length: resp.ContentLength}
	if t.Embeds {
		a.dialect = speakOpenAI
	}
	if resp.StatusCode == http.StatusOK {
		// An unnamed type is taken for a stream: the reader of events copes with both.
		a.Streaming = a.Streaming || (stream && kind != contentTypeJSON)
		a.translate()
		return a, nil
	}
	raw := a.readError()
	a.Close()
	return nil, classify(t.Provider, resp.StatusCode, resp.Header, raw)
}

// route finds or makes the fixed part of a request.
func (c *Client) route(t Target, stream bool) (*route, error) {
	name := t.Provider.Slug
	if t.guarded {
		name += " guarded"
	}
	key := routeKey{pool: name, base: t.BaseURL, path: t.path(stream), key: t.APIKey, auth: t.keyHeader(), stream: stream}
	c.mu.RLock()
	rt := c.routes[key]
	c.mu.RUnlock()
	if rt != nil {
		return rt, nil
	}
	u, err := url.Parse(t.BaseURL + key.path)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("the base URL is not an http or https URL")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	pool := c.pools[key.pool]
	if pool == nil && t.guarded {
		pool = newGuardedPool()
		c.pools[key.pool] = pool
	}
	if pool == nil {
		pool = newPool()
		c.pools[key.pool] = pool
	}
	if len(c.routes) >= routesMax {
		clear(c.routes)
	}
	rt = &route{pool: pool, url: u, header: requestHeader(t, stream)}
	c.routes[key] = rt
	return rt, nil
}

func requestHeader(t Target, stream bool) http.Header {
	h := http.Header{
		"Content-Type": {contentTypeJSON},
		"Accept":       {contentTypeJSON},
		"User-Agent":   {userAgent},
		// Present without a value it is not sent, and tells the transport that a request that
		// got no byte of answer on a connection of the pool may be sent again on another.
		transparentRetryKey: nil,
	}
	if stream {
		h["Accept"] = []string{contentTypeStream}
	}
	if head := t.dialect().head; head != nil {
		head(h)
	}
	switch name := t.keyHeader(); {
	case t.APIKey == "":
	case name == "":
		h[defaultAuthHeader] = []string{"Bearer " + t.APIKey}
	default:
		h.Set(name, t.APIKey)
	}
	return h
}

func newPool() *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: keepAliveInterval}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    tlsTimeout,
		MaxIdleConns:           0,
		MaxIdleConnsPerHost:    idlePerProviderMax,
		IdleConnTimeout:        idleConnTimeout,
		DisableCompression:     true, // a compressed stream arrives in lumps
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: headerBytesMax,
		ReadBufferSize:         readBufferBytes,
		WriteBufferSize:        writeBufferBytes,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
	}
}

// transportFailure tells a caller that went away and a limit of time from a provider that cannot
// be reached.
func transportFailure(ctx context.Context, p *models.Provider, err error) *Failure {
	switch cause := context.Cause(ctx); {
	case cause == nil:
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			return slow(p, err)
		}
		return unreachable(p, err)
	case errors.Is(cause, context.DeadlineExceeded) || errors.Is(cause, ErrTooSlow):
		return slow(p, err)
	default:
		return &Failure{Provider: p.Name, Status: 499, Type: wire.TypeTimeout, Err: cause, Canceled: true,
			Message: "The request was cancelled."}
	}
}

// ErrTooSlow is the cause to cancel an attempt with when its budget of time is used up.
var ErrTooSlow = errors.New("the provider took too long")

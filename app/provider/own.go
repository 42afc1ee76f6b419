package provider

import (
	"errors"
	"net"
	"net/http"
	"syscall"

	"bourse/app/wire"
	"bourse/models"
)

// OwnKey is a customer's key at a provider, to be used in place of the operator's.
type OwnKey struct {
	Key     string
	BaseURL string // "" is the one that the operator would use
	// Guarded keeps BaseURL out of private networks: a stranger has entered it.
	Guarded bool
}

// Ownable reports whether a customer may bring a key for the provider: one that is a text and
// nothing else, for a dialect that takes such a key.
func Ownable(p *models.Provider) bool {
	if p.Kind == "demo" || p.Kind == "local" {
		return false
	}
	switch p.Dialect {
	case DialectOpenAI, DialectAnthropic, DialectGemini, DialectBedrock, DialectCohere:
		return true
	}
	return false
}

// Own says where to send a request for an endpoint with a customer's own key; false when that
// cannot be told.
func (c *Connections) Own(p *models.Provider, e *models.Endpoint, k OwnKey) (Target, bool) {
	if !Ownable(p) {
		return Target{}, false
	}
	t := Target{Provider: p, BaseURL: k.BaseURL, APIKey: k.Key, Model: e.ProviderModelID, Tag: e.Tag, guarded: k.Guarded && k.BaseURL != ""}
	switch {
	case t.BaseURL != "":
		t.BaseURL = ownDoor(p, t.BaseURL)
	case p.Dialect == DialectBedrock:
		conn, _, err := bedrockConnection(c.withKey(p.APIKeyEnv, k.Key), p, e.Tag)
		t.BaseURL = conn.BaseURL
		return t, err == nil
	default:
		base, err := c.BaseURL(p)
		if err != nil {
			return Target{}, false
		}
		t.BaseURL = base
	}
	return t, true
}

// withKey is the environment with a key in the place of the operator's.
func (c *Connections) withKey(name, key string) func(string) string {
	return func(asked string) string {
		switch asked {
		case name:
			return key
		case "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN":
			return ""
		}
		return c.env(asked)
	}
}

// ErrPrivate is an address in a private network where only a public one may be.
var ErrPrivate = errors.New("the address is in a private network")

// newGuardedPool makes connections to public addresses only. The address is looked at when the
// connection is made, so that no name that changes its mind in between helps.
func newGuardedPool() *http.Transport {
	pool := newPool()
	pool.Proxy = nil // it would be asked in place of the address that is to be looked at
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: keepAliveInterval, Control: publicOnly}
	pool.DialContext = dialer.DialContext
	return pool
}

func publicOnly(_, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); ip == nil || !models.PublicIP(ip) {
		return ErrPrivate
	}
	return nil
}

// OfOwnKey turns a failure of an attempt with a customer's own key into what its owner is to read:
// trouble with the key is theirs, and nobody else's endpoint is the worse for it.
func (f *Failure) OfOwnKey() {
	f.Health = false
	if !f.BadKey {
		return
	}
	f.Status, f.Type = http.StatusUnauthorized, wire.TypeAuthentication
	switch f.Upstream {
	case http.StatusPaymentRequired, http.StatusTooManyRequests:
		f.Status, f.Type = http.StatusPaymentRequired, wire.TypePaymentRequired
	case http.StatusForbidden:
		f.Status, f.Type = http.StatusForbidden, wire.TypePermissionDenied
	}
	f.Message = f.Provider + " does not accept your own key for it, or that key's account has no money left."
	f.BadKey = false
}

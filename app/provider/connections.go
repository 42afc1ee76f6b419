package provider

import (
	"fmt"
	"net/url"
	"sort"
	"strings"
	"sync"

	"bourse/models"
)

// Connection is how one provider is reached: where, and with which key.
type Connection struct {
	BaseURL string
	APIKey  string
}

// Connections are the providers that the operator has connected: by an environment variable of
// the provider's usual name, or by hand. Keys stay inside; nothing here prints one.
type Connections struct {
	env func(name string) string

	mu    sync.RWMutex
	added map[string]Connection // by endpoint tag or provider slug
}

// NewConnections reads the environment through env, which is os.Getenv outside of tests.
func NewConnections(env func(name string) string) *Connections {
	return &Connections{env: env, added: make(map[string]Connection)}
}

// Add connects a provider, or one tag of it, by hand: the demo provider and local servers.
func (c *Connections) Add(slugOrTag string, conn Connection) {
	conn.BaseURL = strings.TrimRight(conn.BaseURL, "/")
	c.mu.Lock()
	defer c.mu.Unlock()
	c.added[slugOrTag] = conn
}

// Connected reports whether the operator has connected the provider.
func (c *Connections) Connected(p models.Provider) bool {
	if _, ok := c.lookUp(&p, p.Slug); ok {
		return true
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	for tag := range c.added {
		if strings.HasPrefix(tag, p.Slug+"/") {
			return true
		}
	}
	return false
}

// Target says where to send a request for an endpoint; false when its provider is not connected.
func (c *Connections) Target(p *models.Provider, e *models.Endpoint) (Target, bool) {
	conn, ok := c.lookUp(p, e.Tag)
	if !ok {
		return Target{}, false
	}
	return Target{Provider: p, BaseURL: conn.BaseURL, APIKey: conn.APIKey, Model: e.ProviderModelID, Tag: e.Tag}, true
}

func (c *Connections) lookUp(p *models.Provider, tag string) (Connection, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if conn, ok := c.added[tag]; ok {
		return conn, true
	}
	if conn, ok := c.added[p.Slug]; ok {
		return conn, true
	}
	return c.fromEnvironment(p)
}

func (c *Connections) fromEnvironment(p *models.Provider) (Connection, bool) {
	if p.APIKeyEnv == "" {
		return Connection{}, false
	}
	key := strings.TrimSpace(c.env(p.APIKeyEnv))
	if key == "" {
		return Connection{}, false
	}
	base, err := c.baseURL(p)
	if err != nil || base == "" {
		return Connection{}, false
	}
	return Connection{BaseURL: base, APIKey: key}, true
}

// baseURL is the override where there is one, else the provider's own with the ${NAMES} in it
// filled from the environment.
func (c *Connections) baseURL(p *models.Provider) (string, error) {
	base, missing := strings.TrimSpace(c.env(BaseURLEnv(p.APIKeyEnv))), ""
	if base == "" {
		base = expand(p.BaseURL, func(name string) string {
			value := c.env(name)
			if value == "" {
				missing = name
			}
			return value
		})
	}
	if missing != "" {
		return "", fmt.Errorf("%s is not set", missing)
	}
	if base == "" {
		return "", fmt.Errorf("no base URL is known: set %s", BaseURLEnv(p.APIKeyEnv))
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return "", fmt.Errorf("%s is not an http or https URL", BaseURLEnv(p.APIKeyEnv))
	}
	return strings.TrimRight(base, "/"), nil
}

// expand fills ${NAME}; a lone $ stands for itself.
func expand(s string, value func(name string) string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "${")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			b.WriteString("${" + rest)
			return b.String()
		}
		b.WriteString(value(name))
		s = after
	}
}

// BaseURLEnv names the variable that overrides a base URL: OPENAI_API_KEY gives OPENAI_BASE_URL.
func BaseURLEnv(keyEnv string) string {
	for _, suffix := range [...]string{"_API_KEY", "_ACCESS_TOKEN", "_API_TOKEN", "_TOKEN", "_KEY"} {
		if name, found := strings.CutSuffix(keyEnv, suffix); found {
			return name + "_BASE_URL"
		}
	}
	return keyEnv + "_BASE_URL"
}

// Problems are the sentences to print at start about providers with a key that cannot be used.
func (c *Connections) Problems(providers []models.Provider) []string {
	var problems []string
	for i := range providers {
		p := &providers[i]
		if p.APIKeyEnv == "" || c.env(p.APIKeyEnv) == "" {
			continue
		}
		if _, err := c.baseURL(p); err != nil {
			problems = append(problems, fmt.Sprintf("%s has a key in %s but is not connected: %s", p.Name, p.APIKeyEnv, err))
		}
	}
	sort.Strings(problems)
	return problems
}

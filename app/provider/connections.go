package provider

import (
	"errors"
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
	// ChatPath is of chats where it is not the dialect's; {model} stands for the model.
	ChatPath string

	access access // nil where the key is all that is needed
}

// Connections are the providers that the operator has connected: by an environment variable of
// the provider's usual name, or by hand. Keys stay inside; nothing here prints one.
type Connections struct {
	env func(name string) string

	mu     sync.RWMutex
	added  map[string]Connection // by endpoint tag or provider slug
	clouds sync.Mutex
	cloud  map[string]cloudEntry // by endpoint tag; read once, since tokens are kept in them
}

// NewConnections reads the environment through env, which is os.Getenv outside of tests.
func NewConnections(env func(name string) string) *Connections {
	return &Connections{env: env, added: make(map[string]Connection), cloud: make(map[string]cloudEntry)}
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
	t := Target{Provider: p, BaseURL: conn.BaseURL, APIKey: conn.APIKey, ChatPath: conn.ChatPath, access: conn.access, Model: c.deployment(p, e.ProviderModelID), Tag: e.Tag}
	if t.Model != e.ProviderModelID {
		t.listed = e.ProviderModelID
	}
	return t, true
}

// Connection is how a provider is reached; false when it is not connected.
func (c *Connections) Connection(p *models.Provider) (Connection, bool) { return c.lookUp(p, p.Slug) }

func (c *Connections) lookUp(p *models.Provider, tag string) (Connection, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if conn, ok := c.added[tag]; ok {
		return conn, true
	}
	if conn, ok := c.added[p.Slug]; ok {
		return conn, true
	}
	return c.fromEnvironment(p, tag)
}

func (c *Connections) fromEnvironment(p *models.Provider, tag string) (Connection, bool) {
	if p.APIKeyEnv == "" {
		return Connection{}, false
	}
	if p.Dialect == DialectVertex || p.Dialect == DialectBedrock {
		e := c.cloudEntry(p, tag)
		return e.conn, e.ok && e.err == nil
	}
	_, key := c.keyOf(p)
	if key == "" {
		return Connection{}, false
	}
	base, err := c.BaseURL(p)
	if err != nil || base == "" {
		return Connection{}, false
	}
	conn := Connection{BaseURL: base, APIKey: key}
	if p.Slug == azureSlug {
		conn = c.azure(conn)
	}
	return conn, true
}

// otherKeyEnvs are the other names under which people keep the same key.
var otherKeyEnvs = map[string][]string{"GEMINI_API_KEY": {"GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"}, "AZURE_API_KEY": {"AZURE_OPENAI_API_KEY"}}

// keyOf is a provider's key and the variable that holds it; "" when there is none.
func (c *Connections) keyOf(p *models.Provider) (name, key string) {
	for _, name := range append([]string{p.APIKeyEnv}, otherKeyEnvs[p.APIKeyEnv]...) {
		if key := strings.TrimSpace(c.env(name)); key != "" {
			return name, key
		}
	}
	return p.APIKeyEnv, ""
}

// cloudEntry is what the environment says of a cloud.
type cloudEntry struct {
	conn Connection
	ok   bool // it says anything
	err  error
}

// cloudEntry reads the environment once for each tag. The lock for reading is held.
func (c *Connections) cloudEntry(p *models.Provider, tag string) cloudEntry {
	c.clouds.Lock()
	defer c.clouds.Unlock()
	e, known := c.cloud[tag]
	if known {
		return e
	}
	if p.Dialect == DialectBedrock {
		e.conn, e.ok, e.err = bedrockConnection(c.env, p, tag)
	} else if _, value := c.keyOf(p); value != "" {
		if tag != p.Slug { // one token serves all tags
			base := c.cloud[p.Slug]
			if base.ok {
				c.cloud[tag] = base
				return base
			}
		}
		e.ok = true
		e.conn, e.err = vertexConnection(c.env, value)
		c.cloud[p.Slug] = e
	}
	c.cloud[tag] = e
	return e
}

// BaseURL is the override where there is one, else the provider's own with the ${NAMES} in it
// filled from the environment.
func (c *Connections) BaseURL(p *models.Provider) (string, error) {
	base, missing := "", ""
	for _, name := range append([]string{p.APIKeyEnv}, otherKeyEnvs[p.APIKeyEnv]...) {
		base = first(base, strings.TrimSpace(c.env(BaseURLEnv(name))))
	}
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
	if err := checkURL(base); err != nil {
		return "", fmt.Errorf("%s is not an http or https URL", BaseURLEnv(p.APIKeyEnv))
	}
	base = strings.TrimRight(base, "/")
	return ownDoor(p, base), nil
}

// ownDoor is a base URL of the provider's own dialect, where the one of its door for the usual
// dialect was given, which is what was used before.
func ownDoor(p *models.Provider, base string) string {
	switch p.Dialect {
	case DialectGemini:
		return strings.TrimSuffix(base, "/openai")
	case DialectCohere:
		if host, found := strings.CutSuffix(base, "/compatibility/v1"); found {
			return host + "/v2"
		}
	}
	return base
}

func checkURL(base string) error {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return errors.New("not an http or https URL")
	}
	return nil
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
		name, key := c.keyOf(p)
		if key == "" {
			continue
		}
		var err error
		if p.Dialect == DialectVertex || p.Dialect == DialectBedrock {
			err = c.cloudEntry(p, p.Slug).err
		} else {
			_, err = c.BaseURL(p)
		}
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s has a key in %s but is not connected: %s", p.Name, name, err))
		}
	}
	sort.Strings(problems)
	return problems
}

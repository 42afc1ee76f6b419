package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/jwt"
)

const (
	credentialBytesMax = 64 << 10
	tokenTimeout       = 10 * time.Second
	vertexScope        = "https://www.googleapis.com/auth/cloud-platform"
	googleTokenURL     = "https://oauth2.googleapis.com/token"
	vertexEverywhere   = "global"
)

// googleToken lets requests in with a token that is fetched with a credential and kept until it
// runs out.
type googleToken struct{ source oauth2.TokenSource }

// authorize sets the token.
func (g *googleToken) authorize(_ context.Context, req *http.Request, _ []byte) error {
	token, err := g.source.Token()
	if err != nil {
		return fmt.Errorf("get a token: %w", err)
	}
	token.SetAuthHeader(req)
	return nil
}

// googleCredential is a credential file: of a service account, or of a person who signed in with
// the cloud's own tool.
type googleCredential struct {
	Type         string `json:"type"`
	ProjectID    string `json:"project_id"`
	QuotaProject string `json:"quota_project_id"`
	Email        string `json:"client_email"`
	PrivateKey   string `json:"private_key"`
	PrivateKeyID string `json:"private_key_id"`
	TokenURL     string `json:"token_uri"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	RefreshToken string `json:"refresh_token"`
}

// vertexTierHeader asks for a service tier, which this cloud does not take in the body.
const vertexTierHeader = "X-Vertex-Ai-Llm-Shared-Request-Type"

// TakesTiers reports whether the target does what a request for a service tier says: at this one
// cloud only the place that is everywhere does.
func (t Target) TakesTiers() bool {
	return t.Provider.Dialect != DialectVertex || strings.HasSuffix(t.BaseURL, "/locations/"+vertexEverywhere) && t.dialect() == speakVertexGemini
}

// readCredential takes the name of a file, as is usual, or the file's text itself.
func readCredential(value string) (*googleCredential, error) {
	raw := []byte(value)
	if !strings.HasPrefix(strings.TrimSpace(value), "{") {
		f, err := os.Open(value)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if raw, err = io.ReadAll(io.LimitReader(f, credentialBytesMax)); err != nil {
			return nil, err
		}
	}
	c := &googleCredential{}
	if err := json.Unmarshal(raw, c); err != nil {
		return nil, errors.New("the credential is not JSON")
	}
	if c.TokenURL == "" {
		c.TokenURL = googleTokenURL
	}
	return c, nil
}

func (c *googleCredential) source() (oauth2.TokenSource, error) {
	ctx := context.WithValue(context.Background(), oauth2.HTTPClient, &http.Client{Timeout: tokenTimeout}) // it outlives every request
	switch c.Type {
	case "service_account":
		conf := &jwt.Config{Email: c.Email, PrivateKey: []byte(c.PrivateKey), PrivateKeyID: c.PrivateKeyID, TokenURL: c.TokenURL, Scopes: []string{vertexScope}}
		return conf.TokenSource(ctx), nil
	case "authorized_user":
		conf := &oauth2.Config{ClientID: c.ClientID, ClientSecret: c.ClientSecret, Endpoint: oauth2.Endpoint{TokenURL: c.TokenURL}}
		return conf.TokenSource(ctx, &oauth2.Token{RefreshToken: c.RefreshToken}), nil
	}
	return nil, fmt.Errorf("a credential of type %q is not understood: use one of a service account", clip(c.Type, 40))
}

// vertexConnection reads the usual names: the credential, and the project and location to ask in.
func vertexConnection(env func(string) string, value string) (Connection, error) {
	c, err := readCredential(value)
	if err != nil {
		return Connection{}, err
	}
	source, err := c.source()
	if err != nil {
		return Connection{}, err
	}
	project := first(env("GOOGLE_VERTEX_PROJECT"), env("GOOGLE_CLOUD_PROJECT"), c.ProjectID, c.QuotaProject)
	location := first(env("GOOGLE_VERTEX_LOCATION"), env("GOOGLE_CLOUD_LOCATION"), vertexEverywhere)
	if project == "" {
		return Connection{}, errors.New("set GOOGLE_CLOUD_PROJECT")
	}
	host := "https://" + location + "-aiplatform.googleapis.com"
	if location == vertexEverywhere {
		host = "https://aiplatform.googleapis.com"
	}
	host = first(strings.TrimRight(strings.TrimSpace(env("GOOGLE_VERTEX_BASE_URL")), "/"), host)
	conn := Connection{BaseURL: host + "/v1/projects/" + project + "/locations/" + location, access: &googleToken{source}}
	return conn, checkURL(conn.BaseURL)
}

func first(candidates ...string) string {
	for _, s := range candidates {
		if s != "" {
			return s
		}
	}
	return ""
}

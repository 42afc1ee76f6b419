package provider

import (
	"net/url"
	"strings"

	"bourse/models"
)

// azureSlug is the provider whose customers name the models themselves.
const azureSlug = "azure"

// azure asks by the older addresses when the operator names a version of them: each deployment has
// an address of its own there.
func (c *Connections) azure(conn Connection) Connection {
	version := first(c.env("AZURE_API_VERSION"), c.env("AZURE_OPENAI_API_VERSION"))
	if version != "" {
		conn.BaseURL = strings.TrimSuffix(conn.BaseURL, "/v1")
		conn.ChatPath = "/deployments/{model}" + chatPath + "?api-version=" + url.QueryEscape(version)
	}
	return conn
}

// deployment is what the operator calls a model at Azure: AZURE_DEPLOYMENTS lists model=name, with
// commas between; a model that is not there is deployed under its own name.
func (c *Connections) deployment(p *models.Provider, model string) string {
	if p.Slug != azureSlug {
		return model
	}
	for _, pair := range strings.Split(c.env("AZURE_DEPLOYMENTS"), ",") {
		id, name, found := strings.Cut(strings.TrimSpace(pair), "=")
		if found && id == model && name != "" {
			return name
		}
	}
	return model
}

// Package provider speaks to the companies that serve models: which of them are connected, one
// call to one of them, and what went wrong with it. It knows the wire and the quirks, and neither
// prices nor accounts.
package provider

import "bourse/models"

// Target is where one attempt goes.
type Target struct {
	Provider *models.Provider
	BaseURL  string // without a trailing slash
	Path     string // what follows it; "" is where the dialect answers chats
	APIKey   string // "" sends none, as local servers want it
	Model    string // the provider's id of the model
	Tag      string // of the endpoint
}

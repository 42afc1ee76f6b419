// Package provider speaks to the companies that serve models: which of them are connected, one
// call to one of them, and what went wrong with it. It knows the wire and the quirks, and neither
// prices nor accounts.
package provider

import "bourse/models"

// Target is where one attempt goes.
type Target struct {
	Provider *models.Provider
	BaseURL  string // without a trailing slash
	ChatPath string // of chats where it is not the dialect's; {model} stands for the model
	Embeds   bool   // vectors are wanted, and no chat
	APIKey   string // "" sends none, as local servers want it
	Model    string // the provider's id of the model
	Tag      string // of the endpoint
	Tier     string // the service tier to ask for, "" for the usual one

	listed    string // the model's id in the price list, where Model is the operator's name for it
	responses bool   // in the provider's Responses dialect
	guarded   bool   // only public addresses
	access    access // nil where the key is all that is needed
}

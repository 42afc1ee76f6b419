package api

import (
	"github.com/labstack/echo/v4"

	"bourse/models"
)

// providerJSON is one provider as clients of OpenRouter read it.
type providerJSON struct {
	Name              string        `json:"name"`
	Slug              string        `json:"slug"`
	PrivacyPolicyURL  *string       `json:"privacy_policy_url"`
	TermsOfServiceURL *string       `json:"terms_of_service_url"`
	StatusPageURL     *string       `json:"status_page_url"`
	Headquarters      *string       `json:"headquarters"`
	Bourse            providerExtra `json:"bourse"`
}

type providerExtra struct {
	Kind       string             `json:"kind"`
	Connected  bool               `json:"connected"`
	Models     int                `json:"models"`
	Offers     int                `json:"offers"`
	DataPolicy *models.DataPolicy `json:"data_policy"`
}

// Providers is GET /providers: everyone who serves something, or could be called.
func (s *Server) Providers(c echo.Context) error {
	out := []providerJSON{}
	for _, p := range s.Catalog.Current().Providers {
		if p.Models == 0 && !p.Connected {
			continue
		}
		out = append(out, providerJSON{
			Name: p.Name, Slug: p.Slug, PrivacyPolicyURL: textOrNull(p.PrivacyPolicyURL),
			TermsOfServiceURL: textOrNull(p.TermsURL), StatusPageURL: textOrNull(p.StatusPageURL),
			Headquarters: textOrNull(p.Headquarters),
			Bourse: providerExtra{
				Kind: p.Kind, Connected: p.Connected, Models: p.Models, Offers: len(p.Offers),
				DataPolicy: p.Policy,
			},
		})
	}
	return answer(c, map[string]any{"data": out})
}

package web

import (
	"strconv"

	"bourse/app/catalog"
	"bourse/models"
	"bourse/views"
)

// policyRows are what is recorded of a provider's handling of data, each with where it says so.
func policyRows(p models.Provider) []views.Policy {
	d := p.Policy
	if d == nil {
		d = &models.DataPolicy{}
	}
	flag := func(b *bool, yes, no string) string {
		switch {
		case b == nil:
			return "not recorded"
		case *b:
			return yes
		}
		return no
	}
	rows := []views.Policy{
		{Label: "Trains on prompts", Value: flag(d.TrainsOnPrompts, "yes", "no")},
		{Label: "Keeps prompts", Value: flag(d.LogsPrompts, "yes", "no")},
		{Label: "For how long", Value: retention(p.Policy)},
	}
	if d.SOC2Type != nil {
		rows = append(rows, views.Policy{Label: "SOC 2", Value: "type " + strconv.FormatInt(*d.SOC2Type, 10)})
	}
	if d.ISO27001 != nil {
		rows = append(rows, views.Policy{Label: "ISO 27001", Value: flag(d.ISO27001, "yes", "no")})
	}
	if d.GDPR != nil {
		rows = append(rows, views.Policy{Label: "Data-processing terms (GDPR)", Value: flag(d.GDPR, "yes", "no")})
	}
	return rows
}

func providerLinks(p models.Provider) []views.Link {
	var out []views.Link
	for _, l := range []views.Link{
		{Text: "Website", Href: p.Website}, {Text: "Documentation", Href: p.DocURL}, {Text: "Status page", Href: p.StatusPageURL},
		{Text: "Terms", Href: p.TermsURL}, {Text: "Privacy policy", Href: p.PrivacyPolicyURL},
	} {
		if l.Href != "" {
			out = append(out, l)
		}
	}
	return out
}

func providerCallNote(p *catalog.ProviderEntry) string {
	callable, spoken := int64(0), false
	for _, o := range p.Offers {
		if o.Routable {
			callable++
		}
		spoken = spoken || o.Spoken(catalog.TypeChat) || o.Spoken(catalog.TypeEmbedding)
	}
	switch {
	case callable > 0:
		return views.Plural(callable, "of its offers", "of its offers") + " can be called on this installation."
	case p.Connected:
		return "It is connected, but none of its offers can be called."
	case !spoken:
		return "It cannot be called on this installation: its dialect is not spoken here yet."
	case p.APIKeyEnv != "":
		return "It cannot be called on this installation until the operator gives its key as " + p.APIKeyEnv + "."
	}
	return "It cannot be called on this installation."
}

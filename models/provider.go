package models

import (
	"context"
	"fmt"
)

// PutProviders writes providers under the name of the import they come from.
func (db *DB) PutProviders(ctx context.Context, seed string, providers []Provider) error {
	b := newBulk("slug:t name:t kind:t dialect:t base_url:t api_key_env:t headquarters:t region:t " +
		"legal_entity:t website:t doc_url:t status_page_url:t terms_url:t privacy_policy_url:t " +
		"policy:t quirks:t seed:t")
	for _, p := range providers {
		b.add(p.Slug, p.Name, p.Kind, p.Dialect, p.BaseURL, p.APIKeyEnv, p.Headquarters, p.Region,
			p.LegalEntity, p.Website, p.DocURL, p.StatusPageURL, p.TermsURL, p.PrivacyPolicyURL,
			jsonText(p.Policy), jsonText(p.Quirks), seed)
	}
	return db.put(ctx, b, seed, "provider", "slug")
}

type providerRow struct {
	Slug             string
	Name             string
	Kind             string
	Dialect          string
	BaseURL          string
	APIKeyEnv        string
	Headquarters     string
	Region           string
	LegalEntity      string
	Website          string
	DocURL           string
	StatusPageURL    string
	TermsURL         string
	PrivacyPolicyURL string
	Policy           string
	Quirks           string
}

// Providers lists all providers by slug.
func (db *DB) Providers(ctx context.Context) ([]Provider, error) {
	var rows []providerRow
	if err := db.r(ctx).Table("provider").Order("slug").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read providers: %w", err)
	}
	out := make([]Provider, len(rows))
	for i, r := range rows {
		out[i] = Provider{
			Slug: r.Slug, Name: r.Name, Kind: r.Kind, Dialect: r.Dialect, BaseURL: r.BaseURL,
			APIKeyEnv: r.APIKeyEnv, Headquarters: r.Headquarters, Region: r.Region,
			LegalEntity: r.LegalEntity, Website: r.Website, DocURL: r.DocURL,
			StatusPageURL: r.StatusPageURL, TermsURL: r.TermsURL, PrivacyPolicyURL: r.PrivacyPolicyURL,
		}
		if err := fromJSONText(r.Policy, &out[i].Policy); err != nil {
			return nil, fmt.Errorf("data policy of %s: %w", r.Slug, err)
		}
		if err := fromJSONText(r.Quirks, &out[i].Quirks); err != nil {
			return nil, fmt.Errorf("quirks of %s: %w", r.Slug, err)
		}
	}
	return out, nil
}

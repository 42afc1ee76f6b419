package models

import (
	"context"
	"fmt"
)

// PutEndpoints writes offers under the name of the import they come from, without their prices:
// those are price versions.
func (db *DB) PutEndpoints(ctx context.Context, seed string, list []Endpoint) error {
	b := newBulk("model:t tag:t provider:t provider_model_id:t context_length:i max_output:i " +
		"quantization:t status:t supported_parameters:t reasoning:b confidence:t price_source:t " +
		"last_updated:t last_seen:t retires_at:t seed:t")
	for _, e := range list {
		b.add(e.Model, e.Tag, e.Provider, e.ProviderModelID, e.ContextLength, e.MaxOutput,
			e.Quantization, e.Status, jsonText(e.SupportedParameters), e.Reasoning, e.Confidence,
			e.PriceSource, e.LastUpdated, e.LastSeen, e.RetiresAt, seed)
	}
	return db.put(ctx, b, seed, "endpoint", "model", "tag")
}

type endpointRow struct {
	Model               string
	Tag                 string
	Provider            string
	ProviderModelID     string
	ContextLength       int64
	MaxOutput           int64
	Quantization        string
	Status              string
	SupportedParameters string
	Reasoning           bool
	Confidence          string
	PriceSource         string
	LastUpdated         string
	LastSeen            string
	RetiresAt           string
}

// Endpoints lists all offers that are not retired, by model and tag, without their prices.
func (db *DB) Endpoints(ctx context.Context) ([]Endpoint, error) {
	var rows []endpointRow
	err := db.r(ctx).Table("endpoint").Where("status <> 'retired'").Order("model, tag").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read offers: %w", err)
	}
	// A few sets of parameters are shared by most offers; so is their memory.
	sets := map[string][]string{}
	out := make([]Endpoint, len(rows))
	for i, r := range rows {
		set, known := sets[r.SupportedParameters]
		if !known {
			if err := fromJSONText(r.SupportedParameters, &set); err != nil {
				return nil, fmt.Errorf("parameters of %s at %s: %w", r.Model, r.Tag, err)
			}
			sets[r.SupportedParameters] = set
		}
		out[i] = Endpoint{
			Model: r.Model, Tag: r.Tag, Provider: r.Provider, ProviderModelID: r.ProviderModelID,
			ContextLength: r.ContextLength, MaxOutput: r.MaxOutput, Quantization: r.Quantization,
			Status: r.Status, SupportedParameters: set, Reasoning: r.Reasoning,
			Confidence: r.Confidence, PriceSource: r.PriceSource, LastUpdated: r.LastUpdated,
			LastSeen: r.LastSeen, RetiresAt: r.RetiresAt,
		}
	}
	return out, nil
}

package models

import (
	"context"
	"fmt"
)

// PutModels writes models under the name of the import they come from.
func (db *DB) PutModels(ctx context.Context, seed string, list []Model) error {
	b := newBulk("id:t canonical_slug:t name:t author:t family:t type:t description:t created:t " +
		"knowledge_cutoff:t context_length:i max_output:i input_modalities:t output_modalities:t " +
		"tools:b structured_output:b reasoning:b prompt_caching:b open_weights:t tokenizer:t " +
		"hugging_face_id:t status:t first_seen:t dimensions:i reasoning_config:t seed:t")
	for _, m := range list {
		b.add(m.ID, m.CanonicalSlug, m.Name, m.Author, m.Family, m.Type, m.Description, m.Created,
			m.KnowledgeCutoff, m.ContextLength, m.MaxOutput, jsonText(m.InputModalities),
			jsonText(m.OutputModalities), m.Tools, m.StructuredOutput, m.Reasoning, m.PromptCaching,
			yesNo(m.OpenWeights), m.Tokenizer, m.HuggingFaceID, m.Status, m.FirstSeen, m.Dimensions,
			jsonText(m.ReasoningConfig), seed)
	}
	return db.put(ctx, b, seed, "model", "id")
}

type modelRow struct {
	ID               string
	CanonicalSlug    string
	Name             string
	Author           string
	Family           string
	Type             string
	Description      string
	Created          string
	KnowledgeCutoff  string
	ContextLength    int64
	MaxOutput        int64
	InputModalities  string
	OutputModalities string
	Tools            bool
	StructuredOutput bool
	Reasoning        bool
	PromptCaching    bool
	OpenWeights      string
	Tokenizer        string
	HuggingFaceID    string
	Status           string
	FirstSeen        string
	Dimensions       int64
	ReasoningConfig  string
}

// Models lists all models by id.
func (db *DB) Models(ctx context.Context) ([]Model, error) {
	var rows []modelRow
	if err := db.r(ctx).Table("model").Order("id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read models: %w", err)
	}
	out := make([]Model, len(rows))
	for i, r := range rows {
		out[i] = Model{
			ID: r.ID, CanonicalSlug: r.CanonicalSlug, Name: r.Name, Author: r.Author,
			Family: r.Family, Type: r.Type, Description: r.Description, Created: r.Created,
			KnowledgeCutoff: r.KnowledgeCutoff, ContextLength: r.ContextLength, MaxOutput: r.MaxOutput,
			Tools: r.Tools, StructuredOutput: r.StructuredOutput, Reasoning: r.Reasoning,
			PromptCaching: r.PromptCaching, OpenWeights: fromYesNo(r.OpenWeights),
			Tokenizer: r.Tokenizer, HuggingFaceID: r.HuggingFaceID, Status: r.Status,
			FirstSeen: r.FirstSeen, Dimensions: r.Dimensions,
		}
		for _, f := range []struct {
			text string
			into any
		}{
			{r.InputModalities, &out[i].InputModalities},
			{r.OutputModalities, &out[i].OutputModalities},
			{r.ReasoningConfig, &out[i].ReasoningConfig},
		} {
			if err := fromJSONText(f.text, f.into); err != nil {
				return nil, fmt.Errorf("facts of %s: %w", r.ID, err)
			}
		}
	}
	return out, nil
}

func yesNo(b *bool) string {
	switch {
	case b == nil:
		return ""
	case *b:
		return "yes"
	}
	return "no"
}

func fromYesNo(s string) *bool {
	if s == "" {
		return nil
	}
	yes := s == "yes"
	return &yes
}

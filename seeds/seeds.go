// Package seeds is the catalogue the marketplace is born with: facts of models, offers, providers
// and prices, embedded in the binary and turned into records of package models.
//
// The JSON files are written by the generator in seeds/gen, one record a line, prices as integers;
// quirks.json alone is kept by hand. Nothing here reads a database.
package seeds

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"bourse/models"
)

//go:embed *.json
var files embed.FS

// Names of the embedded files, in the order in which the version is computed.
var fileNames = []string{
	"authors.json", "providers.json", "quirks.json", "models.json", "offers.json", "history.json",
}

// Catalogue is everything a fresh installation imports.
type Catalogue struct {
	Version   string // changes whenever a fact changes
	Authors   []models.Author
	Providers []models.Provider
	Models    []models.Model
	Endpoints []models.Endpoint
	// Prices are all known prices of the endpoints, past, present and announced, oldest first for
	// each endpoint. The one in force is the newest that has begun.
	Prices []models.PriceVersion
}

// Load decodes the embedded catalogue.
func Load() (*Catalogue, error) {
	c := &Catalogue{}
	var err error
	if c.Version, err = Version(); err != nil {
		return nil, err
	}
	var lines struct {
		authors   []AuthorLine
		providers []ProviderLine
		quirks    map[string]models.Quirks
		models    []ModelLine
		offers    OfferFile
		history   []HistoryLine
	}
	for name, into := range map[string]any{
		"authors.json": &lines.authors, "providers.json": &lines.providers,
		"quirks.json": &lines.quirks, "models.json": &lines.models,
		"offers.json": &lines.offers, "history.json": &lines.history,
	} {
		if err := decode(name, into); err != nil {
			return nil, err
		}
	}
	for _, l := range lines.authors {
		c.Authors = append(c.Authors, models.Author(l))
	}
	for _, l := range lines.providers {
		p := l.Record()
		p.Quirks = lines.quirks[p.Slug]
		delete(lines.quirks, p.Slug)
		c.Providers = append(c.Providers, p)
	}
	for slug := range lines.quirks {
		return nil, fmt.Errorf("quirks.json: there is no provider %q", slug)
	}
	for _, l := range lines.models {
		c.Models = append(c.Models, l.Record())
	}
	if c.Endpoints, err = lines.offers.records(); err != nil {
		return nil, err
	}
	c.Prices, err = prices(lines.offers.Offers, lines.history)
	return c, err
}

// Version is a short fingerprint of the embedded facts.
func Version() (string, error) {
	h := sha256.New()
	for _, name := range fileNames {
		b, err := files.ReadFile(name)
		if err != nil {
			return "", fmt.Errorf("read %s: %w", name, err)
		}
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil)[:6]), nil
}

// Milestone is a price that made news: a launch or a cut of a well-known model.
type Milestone struct {
	Label     string      `json:"label"`
	Model     string      `json:"model,omitempty"` // "" when the catalogue does not carry it
	Provider  string      `json:"provider"`
	Date      string      `json:"date"`
	Input     models.Rate `json:"input"`
	Output    models.Rate `json:"output"`
	CacheRead models.Rate `json:"cache_read,omitempty"`
	Kind      string      `json:"kind"` // launch, cut, observed
	URL       string      `json:"url,omitempty"`
}

// Milestones lists the price points of well-known models since 2023, oldest first.
func Milestones() ([]Milestone, error) {
	var out []Milestone
	return out, decode("milestones.json", &out)
}

// Score is one published benchmark result; compare only within one benchmark and variant.
type Score struct {
	Model     string  `json:"model"`
	Benchmark string  `json:"benchmark"`
	Variant   string  `json:"variant,omitempty"`
	Score     float64 `json:"score"`
	Metric    string  `json:"metric"`
	Date      string  `json:"date,omitempty"`
	URL       string  `json:"url,omitempty"`
}

// Scores lists the benchmark results of shipped models.
func Scores() ([]Score, error) {
	var out []Score
	return out, decode("scores.json", &out)
}

func decode(name string, into any) error {
	b, err := files.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("decode %s: %w", name, err)
	}
	return nil
}

package views

import (
	"context"
	"net/url"
	"strconv"
	"strings"
)

// ModelHref is the address of a model's page.
func ModelHref(id string) string {
	author, slug, _ := strings.Cut(id, "/")
	return PathModels + "/" + url.PathEscape(author) + "/" + url.PathEscape(slug)
}

// ProviderHref is the address of a provider's page.
func ProviderHref(slug string) string { return PathProviders + "/" + url.PathEscape(slug) }

func (g FacetGroup) control() string {
	if g.Single {
		return "radio"
	}
	return "checkbox"
}

func (o FacetOption) param(g FacetGroup) string {
	if o.Name != "" {
		return o.Name
	}
	return g.Name
}

func (o FacetOption) class() string {
	switch {
	case o.On:
		return "option option-on"
	case o.Count == 0:
		return "option option-off"
	}
	return "option"
}

// DrawRow draws one row of the list, to be kept and used again: most rows of most lists are the
// same, and drawing them is a third of the work.
func DrawRow(ctx context.Context, r ModelRow) (string, error) {
	var b strings.Builder
	err := modelRow(r).Render(ctx, &b)
	return b.String(), err
}

// DrawCard is DrawRow for the list as cards, under the name of the mix.
func DrawCard(ctx context.Context, r ModelRow, mix string) (string, error) {
	var b strings.Builder
	err := modelCard(r, mix).Render(ctx, &b)
	return b.String(), err
}

func providersWord(n string) string {
	if n == "1" {
		return "provider"
	}
	return "providers"
}

func noModelFits(filters int) string {
	if filters == 1 {
		return "No model fits this filter. Take it away:"
	}
	return "No model fits all " + strconv.Itoa(filters) + " filters. Take one away:"
}

func join(words []string) string { return strings.Join(words, ", ") }

// logLength is a share of the 48 units of the bar under a price.
func logLength(share float64) string {
	return strconv.FormatFloat(min(max(share, 0), 1)*48, 'f', 0, 64)
}

func modalityIcon(name string) string {
	switch name {
	case "image":
		return "image"
	case "audio":
		return "audio-lines"
	case "video":
		return "video"
	}
	return "file-text"
}

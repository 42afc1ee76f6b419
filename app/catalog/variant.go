package catalog

import "strings"

// Variant is the suffix of a model id that narrows or steers where a request goes.
type Variant string

// The variants we know. A suffix that is none of these names no model.
const (
	VariantNone  Variant = ""
	VariantFree  Variant = "free"  // only offers that cost nothing
	VariantNitro Variant = "nitro" // the fastest first
	VariantFloor Variant = "floor" // the cheapest first
	// VariantOnline asked for a search of the web in an older version of the grammar; VariantExacto
	// for the best at tools. Both are understood and change nothing.
	VariantOnline Variant = "online"
	VariantExacto Variant = "exacto"
)

// SplitVariant parts "author/slug:variant"; ok is false for a suffix that we do not know. A colon
// before the last slash belongs to the id.
func SplitVariant(id string) (base string, v Variant, ok bool) {
	i := strings.LastIndexByte(id, ':')
	if i < 0 || strings.Contains(id[i:], "/") {
		return id, VariantNone, true
	}
	switch v = Variant(id[i+1:]); v {
	case VariantFree, VariantNitro, VariantFloor, VariantOnline, VariantExacto:
		return id[:i], v, true
	}
	return id, VariantNone, false
}

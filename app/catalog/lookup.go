package catalog

import (
	"cmp"
	"slices"

	"bourse/app/search"
	"bourse/models"
)

// Found is what a search by name finds, best first.
type Found struct {
	Models    []*Entry
	Providers []*ProviderEntry
	Authors   []FoundAuthor
	Slip      bool // nothing is called so; these come near
	Named     bool // a provider or an author is called exactly so
}

// FoundAuthor is an author with the number of its models.
type FoundAuthor struct {
	models.Author
	Models int
}

// authorText is an author as the search by name looks at it.
type authorText struct {
	FoundAuthor
	text search.Text
}

// Weights of the parts of a name: what a thing is called comes before who made it.
const (
	weightName  = 3
	weightMaker = 1
)

func modelText(m models.Model, author string) search.Text {
	slug := (&Entry{Model: m}).Slug()
	return search.NewText(search.Part{Text: m.Name, Weight: weightName}, search.Part{Text: slug, Weight: weightName},
		search.Part{Text: author, Weight: weightMaker}, search.Part{Text: m.ID, Weight: weightMaker}, search.Part{Text: m.Family, Weight: weightMaker})
}

func nameText(slug, name string) search.Text {
	return search.NewText(search.Part{Text: name, Weight: weightName}, search.Part{Text: slug, Weight: weightName})
}

// addAuthorTexts makes the authors that have a model findable.
func (s *Snapshot) addAuthorTexts() {
	count := make([]int, len(s.Authors))
	for _, e := range s.Models {
		count[e.author]++
	}
	for i, a := range s.Authors {
		if count[i] > 0 {
			s.authorTexts = append(s.authorTexts, authorText{FoundAuthor{a, count[i]}, nameText(a.Slug, a.Name)})
		}
	}
}

// scored is something found, with how well it fits.
type scored[T any] struct {
	it  T
	fit search.Fit
}

// Lookup finds models, providers and authors by what they are called. Slips of typing are forgiven
// only where nothing fits as it was typed.
func (s *Snapshot) Lookup(q *search.Query) Found {
	list := lookAt(q, s.Models, func(e *Entry) search.Text { return e.text })
	providers := lookAt(q, s.Providers, func(p *ProviderEntry) search.Text { return p.text })
	authors := lookAt(q, s.authorTexts, func(a authorText) search.Text { return a.text })
	slip := !sure(list) && !sure(providers) && !sure(authors)
	f := Found{
		Models: best(list, slip, func(a, b *Entry) int {
			return cmp.Or(cmp.Compare(b.day, a.day), cmp.Compare(b.Providers, a.Providers), cmp.Compare(a.ID, b.ID))
		}),
		Providers: best(providers, slip, func(a, b *ProviderEntry) int {
			return cmp.Or(cmp.Compare(b.Models, a.Models), cmp.Compare(a.Slug, b.Slug))
		}),
	}
	for _, a := range best(authors, slip, func(a, b authorText) int { return cmp.Or(cmp.Compare(b.Models, a.Models), cmp.Compare(a.Slug, b.Slug)) }) {
		f.Authors = append(f.Authors, a.FoundAuthor)
	}
	f.Named = exact(providers) || exact(authors)
	f.Slip = slip && len(f.Models)+len(f.Providers)+len(f.Authors) > 0
	return f
}

func lookAt[T any](q *search.Query, all []T, text func(T) search.Text) []scored[T] {
	var found []scored[T]
	for _, it := range all {
		if f := q.Fit(text(it)); f.Score > 0 {
			found = append(found, scored[T]{it, f})
		}
	}
	return found
}

// sure reports whether something fits as it was typed.
func sure[T any](list []scored[T]) bool {
	return slices.ContainsFunc(list, func(x scored[T]) bool { return !x.fit.Slip })
}

func exact[T any](list []scored[T]) bool {
	return slices.ContainsFunc(list, func(x scored[T]) bool { return x.fit.Exact })
}

func best[T any](list []scored[T], slip bool, tie func(a, b T) int) []T {
	slices.SortFunc(list, func(a, b scored[T]) int { return cmp.Or(cmp.Compare(b.fit.Score, a.fit.Score), tie(a.it, b.it)) })
	var out []T
	for _, x := range list {
		if x.fit.Slip == slip {
			out = append(out, x.it)
		}
	}
	return out
}

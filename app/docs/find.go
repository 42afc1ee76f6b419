package docs

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"bourse/app/search"
)

// Weights of what is found: a title before a heading, a heading before what stands below it.
const (
	weightTitle   = 4
	weightHeading = 3
)

// excerptRunes are shown of what stands below a heading.
const excerptRunes = 160

// Hit is a part of the documentation that was found.
type Hit struct {
	Page    *Page
	Heading string // "" when it is the page as a whole
	ID      string // of the heading in the page
	Excerpt string
	Slip    bool // not quite what was typed: a slip is forgiven, or words are missing
}

// Find looks for a query in headings and in what stands below them, best first, at most three
// parts of one page. Where nothing has all of the words, parts with half of them are found. Slips
// of typing are forgiven in headings alone.
func (s *Site) Find(q *search.Query, most int) []Hit {
	found := s.fit(func(x section) search.Fit { return fit(q, x) })
	if words := q.Words(); len(found) == 0 && len(words) > 1 {
		found = s.fit(func(x section) search.Fit {
			sum := search.Fit{Slip: true}
			matched := 0
			for _, w := range words {
				if f := fit(search.Parse(w), x); f.Score > 0 && !f.Slip {
					sum.Score += f.Score
					matched++
				}
			}
			if 2*matched < len(words) {
				return search.Fit{}
			}
			return sum
		})
	}
	sure := slices.ContainsFunc(found, func(x scored) bool { return !x.Slip })
	slices.SortStableFunc(found, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	var out []Hit
	count := map[*Page]int{}
	for _, x := range found {
		if len(out) == most {
			break
		}
		if x.Slip == sure || count[x.Page] == perPage {
			continue
		}
		count[x.Page]++
		out = append(out, x.Hit)
	}
	return out
}

type scored struct {
	Hit
	score int
}

// fit is how well a section fits: by its heading, or by what stands below it.
func fit(q *search.Query, x section) search.Fit {
	f := q.Fit(x.head)
	if below := q.Fit(x.body); below.Score > 0 && !below.Slip && (f.Slip || below.Score > f.Score) {
		return search.Fit{Score: below.Score}
	}
	return f
}

func (s *Site) fit(fit func(section) search.Fit) []scored {
	var found []scored
	for _, p := range s.Pages {
		for _, x := range p.sections {
			f := fit(x)
			if f.Score == 0 {
				continue
			}
			h := Hit{Page: p, Excerpt: x.excerpt, Slip: f.Slip}
			if x.heading.Level > 1 {
				h.Heading, h.ID = x.heading.Text, x.heading.ID
			}
			found = append(found, scored{h, f.Score})
		}
	}
	return found
}

const perPage = 3

var (
	fence  = regexp.MustCompile("(?s)```.*?```")
	rows   = regexp.MustCompile(`(?m)^\|.*$`)
	link   = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	marks  = regexp.MustCompile("[*`]|(?m:^(?:[-#>]+|[0-9]+\\.) )")
	spaces = regexp.MustCompile(`\s+`)
)

// flat is Markdown without its marks, on one line.
func flat(s string) string {
	s = link.ReplaceAllString(s, "$1")
	return strings.TrimSpace(spaces.ReplaceAllString(marks.ReplaceAllString(s, ""), " "))
}

func excerpt(s string) string {
	prose := flat(rows.ReplaceAllString(fence.ReplaceAllString(s, ""), ""))
	r := []rune(prose)
	if len(r) <= excerptRunes {
		return prose
	}
	cut := string(r[:excerptRunes])
	if i := strings.LastIndexByte(cut, ' '); i > 0 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, ",;:. ") + " …"
}

package catalog_test

import (
	"net/url"
	"testing"

	"bourse/app/catalog"
)

// FuzzParseFilter: whatever is sent, the filter reads back from its own address, and searching by it
// gives a page.
func FuzzParseFilter(f *testing.F) {
	for _, c := range conditions {
		f.Add(c)
	}
	f.Add("mix=custom&mix_read=9&mix_cached=7&min_price=0.000001&max_price=1e3&page=7&per=3&fmt=cards&m=a,b")
	f.Add("context=128k&min_age_days=3&max_age_days=0&sort=throughput-high-to-low&arch=GPT&order=&q=%ff")
	s := snapshot(f)
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		filter, _ := catalog.ParseFilter(q)
		again, ignored := catalog.ParseFilter(filter.Values())
		if len(ignored) > 0 || again.Link() != filter.Link() {
			t.Fatalf("%q reads back as %q (ignored %q)", filter.Link(), again.Link(), ignored)
		}
		if r := s.Search(filter); r.Page < 1 || r.Page > r.Pages || len(r.Rows) > r.Total || r.Total > len(s.Models) {
			t.Fatalf("page %d of %d with %d rows of %d", r.Page, r.Pages, len(r.Rows), r.Total)
		}
	})
}

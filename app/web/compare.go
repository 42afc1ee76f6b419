package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bourse/app/catalog"
	"bourse/models"
	"bourse/views"
	"bourse/views/ui"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
)

const (
	// picksMax is how many models stand side by side: more columns than four nobody reads.
	picksMax = 4
	// picksRead bounds what is taken from an address; beyond picksMax each is refused in words.
	picksRead = 8
	// pickRunesMax is longer than any id.
	pickRunesMax = 100
	// suggestionsMax bounds the ids that the field for another model offers.
	suggestionsMax = 500
)

// Compare shows one to four models side by side: /compare?m=a&m=b. Everything about the page is in
// its address.
func (s *Server) Compare(c echo.Context) error {
	snapshot := s.Catalog.Current()
	picks, volume := picksOf(c.QueryParams()), volumeOf(c.QueryParams())
	if path := strings.Trim(c.Param("*"), "/"); path != "" {
		picks = pathPicks(path)
	}
	ids := make([]string, 0, len(picks))
	for _, pick := range picks {
		if e := findModel(snapshot, pick); e != nil {
			pick = e.ID
		}
		if !slices.Contains(ids, pick) {
			ids = append(ids, pick)
		}
	}
	address := compareHref(ids, volume)
	if c.Request().URL.RequestURI() != address {
		return c.Redirect(http.StatusFound, address)
	}
	return s.cached(c, address, snapshot.Version, func() (templ.Component, error) {
		p := comparison{snapshot, ids, volume}.page()
		p.Shell = s.shell(c, p.Title)
		p.Updated = s.recorded(snapshot)
		p.Shell.Path = address
		p.Description = "Models side by side: what they cost, what they can do, who serves them."
		p.Canonical = s.Config.BaseURL + compareHref(ids, volumeDefault)
		return views.Compare(p), nil
	})
}

// picksOf reads the models of an address: m repeated, or one m with commas.
func picksOf(q url.Values) []string {
	var out []string
	for _, value := range q["m"] {
		for id := range strings.SplitSeq(strings.ToValidUTF8(value, ""), ",") {
			if id = strings.TrimSpace(id); id != "" && len(out) < picksRead {
				out = append(out, clip(id, pickRunesMax))
			}
		}
	}
	return out
}

// pathPicks reads OpenRouter's way of writing a comparison: /compare/author/slug/author/slug.
func pathPicks(path string) []string {
	parts := strings.Split(path, "/")
	var out []string
	for i := 0; i+1 < len(parts) && len(out) < picksRead; i += 2 {
		out = append(out, clip(parts[i]+"/"+parts[i+1], pickRunesMax))
	}
	return out
}

// findModel takes an id, an alias, or a name as people write it.
func findModel(s *catalog.Snapshot, text string) *catalog.Entry {
	if e := s.Model(text); e != nil {
		return e
	}
	for _, e := range s.Models {
		if strings.EqualFold(e.Name, text) || strings.EqualFold(e.Slug(), text) {
			return e
		}
	}
	return nil
}

// volume is what somebody uses in a month: thousands of tokens, and how much of what is read comes
// from the cache.
type volume struct {
	in, out int64 // in thousands
	cached  int64 // percent
}

// volumeDefault is a small product: ten million tokens read, three written.
var volumeDefault = volume{in: 10_000, out: 3_000}

// volumeMax is a trillion tokens, in thousands.
const volumeMax = 1_000_000_000

func volumeOf(q url.Values) volume {
	v := volumeDefault
	v.in, v.out = millions(q.Get("in"), v.in), millions(q.Get("out"), v.out)
	if n, err := strconv.ParseInt(strings.TrimSpace(q.Get("cached")), 10, 64); err == nil && n >= 0 && n <= 100 {
		v.cached = n
	}
	return v
}

// millions reads millions of tokens as thousands of them; what is no number gives the other value.
func millions(text string, otherwise int64) int64 {
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || !(f >= 0 && f*1000 <= volumeMax) {
		return otherwise
	}
	return int64(f*1000 + 0.5)
}

func millionsText(thousands int64) string {
	return strconv.FormatFloat(float64(thousands)/1000, 'f', -1, 64)
}

func (v volume) query() string {
	if v == volumeDefault {
		return ""
	}
	return "in=" + millionsText(v.in) + "&out=" + millionsText(v.out) + "&cached=" + strconv.FormatInt(v.cached, 10)
}

// cost is what the volume costs at an offer, and whether that can be said.
func (v volume) cost(o *catalog.Offer) (models.Amount, bool) {
	in, ok := o.Input()
	if !ok {
		return 0, false
	}
	cache, ok := o.Rate(models.UnitCacheRead)
	if !ok {
		cache = in
	}
	out, _ := o.Output()
	read := (models.Rate(100-v.cached)*in + models.Rate(v.cached)*cache + 50) / 100
	return models.Amount(v.in*int64(read) + v.out*int64(out)), true // thousands of pico-USD are nano-USD
}

// cheapest is the offer at which the volume costs least, those that cost nothing aside.
func (v volume) cheapest(e *catalog.Entry) (best *catalog.Offer, least models.Amount) {
	for _, o := range e.Endpoints {
		cost, ok := v.cost(o)
		if ok && !o.IsFree && (best == nil || cost < least) {
			best, least = o, cost
		}
	}
	return best, least
}

// compareHref is the one address of a comparison.
func compareHref(ids []string, v volume) string {
	parts := make([]string, 0, len(ids)+1)
	for _, id := range ids {
		parts = append(parts, "m="+strings.ReplaceAll(url.QueryEscape(id), "%2F", "/"))
	}
	if q := v.query(); q != "" {
		parts = append(parts, q)
	}
	if len(parts) == 0 {
		return views.PathCompare
	}
	return views.PathCompare + "?" + strings.Join(parts, "&")
}

// comparison is what a page of it is made from.
type comparison struct {
	snapshot *catalog.Snapshot
	ids      []string
	volume   volume
}

func (x comparison) page() views.ComparePage {
	p := views.ComparePage{Shell: views.Shell{Title: "Compare"}}
	p.In, p.Out, p.Cached = millionsText(x.volume.in), millionsText(x.volume.out), strconv.FormatInt(x.volume.cached, 10)
	p.IDs = x.ids
	if len(x.ids) > picksMax {
		p.Refused = "Four models are compared at once. Left out: " + strings.Join(x.ids[picksMax:], ", ") + "."
	}
	var entries []*catalog.Entry
	var names []string
	for _, id := range x.ids[:min(len(x.ids), picksMax)] {
		column := views.CompareColumn{ID: id, Without: compareHref(without(x.ids, id), x.volume)}
		e := x.snapshot.Model(id)
		if e == nil {
			column.Name = "No such model"
			for _, near := range x.snapshot.Nearest(id, 3) {
				column.Nearest = append(column.Nearest, views.Link{Text: near, Href: compareHref(replaced(x.ids, id, near), x.volume)})
			}
		} else {
			column.Name, column.Author, column.Href = e.Name, e.Author, views.ModelHref(e.ID)
			names = append(names, e.Name)
		}
		entries = append(entries, e)
		p.Columns = append(p.Columns, column)
	}
	p.Full = len(x.ids) >= picksMax
	if len(names) > 0 {
		p.Title = "Compare " + strings.Join(names, ", ")
		p.Groups = comparisonGroups(entries, x.volume)
		p.History = x.history(entries)
	}
	if len(x.ids) == 0 {
		p.Ready = readyComparisons(x.snapshot)
	}
	for _, e := range x.snapshot.Models {
		if e.Type == "chat" && len(p.Suggestions) < suggestionsMax {
			p.Suggestions = append(p.Suggestions, e.ID)
		}
	}
	return p
}

func without(ids []string, id string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(s string) bool { return s == id })
}

func replaced(ids []string, id, by string) []string {
	out := slices.Clone(ids)
	out[slices.Index(out, id)] = by
	return out
}

// readyComparisons are three that many people would make.
func readyComparisons(s *catalog.Snapshot) []views.Link {
	pick := func(f catalog.Filter, most int, differ func(*catalog.Entry) string) []string {
		var ids []string
		seen := map[string]bool{}
		for _, r := range s.Find(f) {
			if key := differ(r.Entry); !seen[key] && !isDemo(r.Entry) && r.Shown != nil && r.Mix > 0 && len(ids) < most {
				seen[key] = true
				ids = append(ids, r.ID)
			}
		}
		return ids
	}
	author := func(e *catalog.Entry) string { return e.Author }
	tools := []string{"tools"}
	var out []views.Link
	add := func(text string, ids []string) {
		if len(ids) > 1 {
			out = append(out, views.Link{Text: text, Href: compareHref(ids, volumeDefault)})
		}
	}
	add("The newest of OpenAI, Anthropic and Google", pick(catalog.Filter{Authors: []string{"openai", "anthropic", "google"}, Supported: tools}, 3, author))
	add("The four open models that most providers serve", pick(catalog.Filter{Open: true, Order: catalog.OrderProviders}, picksMax, author))
	add("The cheapest with tool calls, of four authors", pick(catalog.Filter{Supported: tools, Order: catalog.OrderCheapest}, picksMax, author))
	return out
}

// history draws the lowest price of each model over the last year, where one moved at all.
func (x comparison) history(entries []*catalog.Entry) *views.CompareHistory {
	from := x.snapshot.At.AddDate(-1, 0, 0)
	chart := ui.StepChart{
		Title: "Lowest price of output tokens", From: from, To: x.snapshot.At,
		Format: func(v int64) string { return axisPrice(v) },
	}
	for _, e := range entries {
		if e == nil {
			continue
		}
		series := ui.StepSeries{Name: e.Name}
		for _, step := range x.snapshot.LowestHistory(e, models.UnitOutput, from) {
			series.Points = append(series.Points, ui.StepPoint{At: step.At, Value: int64(step.Rate)})
		}
		if n := len(series.Points); n > 0 {
			chart.Series = append(chart.Series, series)
			chart.Desc += e.Name + " is at " + views.Price(series.Points[n-1].Value) + ". "
		}
	}
	if len(chart.Series) == 0 {
		return nil
	}
	wide, small := chart, chart
	wide.ID, wide.Width, wide.Height = "compare-wide", 1200, 280
	small.ID, small.Width, small.Height, small.Legend = "compare-small", smallChart, smallHeight, true
	return &views.CompareHistory{Wide: wide, Small: small}
}

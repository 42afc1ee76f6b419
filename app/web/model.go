package web

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"bourse/app/catalog"
	"bourse/models"
	"bourse/views"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
)

// nearestShown is how many similar ids a page of an unknown model names.
const nearestShown = 5

// Model is the page of one model: /models/:author/:slug.
func (s *Server) Model(c echo.Context) error {
	id := c.Param("author") + "/" + c.Param("slug")
	snapshot := s.Catalog.Current()
	entry := snapshot.Model(id)
	if retired := snapshot.Retired(id); entry == nil && retired != nil {
		return s.retiredModel(c, snapshot, retired)
	}
	if entry == nil {
		return s.unknownModel(c, snapshot, id)
	}
	if entry.ID != id { // an alias: one address for each model
		return c.Redirect(http.StatusMovedPermanently, views.ModelHref(entry.ID))
	}
	history, offers := historyOf(c, snapshot, entry), offerViewOf(c.QueryParams())
	name := views.ModelHref(id) + history.query()
	if q := offers.values(); len(q) > 0 {
		name += "&" + q.Encode()
	}
	return s.cached(c, name, snapshot.Version+measuredVersion(s.Health, entry), func() (templ.Component, error) {
		p := modelPage(entry)
		p.Cheaper = substituteRows(snapshot.CheaperThan(entry, substitutesShown))
		if entry.RetiresAt != "" {
			p.Successors = substituteRows(snapshot.Successors(entry, substitutesShown))
		}
		measure(s.Health, entry, p.Offers)
		p.Use = modelUse(entry, s.usage())
		history.rest = offers.values()
		offers.lay(&p, entry, history.chosen())
		history.fill(&p)
		var err error
		if p.Alert, err = s.alertBox(c, entry, string(history.unit)); err != nil {
			return nil, err
		}
		p.Variants = variants(entry)
		p.Parameters = parameterRows(entry)
		p.Key = s.keyHint(c)
		p.Shell = s.shell(c, entry.Name)
		p.Updated = s.recorded(snapshot)
		p.Path = name
		p.Shell.Description = entry.Description
		p.Canonical = s.Config.BaseURL + views.ModelHref(entry.ID)
		if catalog.Served(entry.Type) {
			p.Samples = samples(s.Config.BaseURL, entry.ID, entry.Type)
		}
		p.Data = productData(entry)
		p.Feed = views.ModelHref(entry.ID) + "/prices.rss"
		p.CSV = views.ModelHref(entry.ID) + "/prices.csv"
		p.Compare = compareHref([]string{entry.ID}, volumeDefault)
		return views.Model(p), nil
	})
}

func (s *Server) unknownModel(c echo.Context, snapshot *catalog.Snapshot, id string) error {
	p := s.errorPage(c, models.Errorf(models.NotFound, "No model is called “%s” here.", clip(id, 100)))
	p.Heading, p.Shell.Title = "No such model", "No such model"
	_, p.Query, _ = strings.Cut(clip(id, 100), "/")
	for _, near := range snapshot.Nearest(id, nearestShown) {
		p.Nearest = append(p.Nearest, views.Link{Href: views.ModelHref(near), Text: near})
	}
	return s.render(c, http.StatusNotFound, views.Error(p))
}

func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

func modelPage(e *catalog.Entry) views.ModelPage {
	p := views.ModelPage{
		ID: e.ID, Name: e.Name, Author: e.Author, AuthorName: e.AuthorName,
		AuthorHref:  views.PathModels + catalog.Filter{Authors: []string{e.Author}, Types: []string{"all"}}.Link(),
		Description: e.Description, Callable: e.Callable,
		JSON: "/api/v1/models/" + e.ID + "/endpoints",
	}
	if e.Callable && e.Type == catalog.TypeChat {
		p.Try = views.PathChat + "?m=" + e.ID
	}
	p.Badges = modelBadges(e)
	if e.RetiresAt != "" {
		p.Retires = "A provider has announced that it stops serving this on " + views.Day(e.RetiresAt) + "."
	}
	for _, o := range e.Endpoints {
		if _, ok := o.Input(); ok {
			p.ByToken = true
		}
	}
	p.Facts = modelFacts(e, p.ByToken)
	p.Offers = offerRows(e)
	p.OffersNote = views.Plural(int64(len(p.Offers)), "offer", "offers") + ", cheapest first."
	if len(p.Offers) == 0 {
		p.OffersNote = ""
	}
	p.CallNote = callNote(e)
	return p
}

func modelBadges(e *catalog.Entry) []views.Badge {
	var out []views.Badge
	add := func(on bool, tone, text string) {
		if on {
			out = append(out, views.Badge{Tone: tone, Text: text})
		}
	}
	add(isDemo(e), "warn", "Demo, built into Bourse")
	add(e.Callable, "accent", "Can be called here")
	add(e.Type != "chat", "", "Type: "+e.Type)
	add(e.OpenWeights != nil && *e.OpenWeights, "", "Open weights")
	add(e.Free != nil, "good", "A free offer exists")
	add(e.Tools, "", "Tool calls")
	add(e.Reasoning, "", "Reasoning")
	add(e.StructuredOutput, "", "Structured output")
	for _, m := range e.InputModalities {
		add(m != "text" && m != "embeddings", "", "Takes "+m)
	}
	add(e.Status == "beta", "warn", "Beta")
	add(e.Status == "deprecated", "warn", "Deprecated")
	return out
}

func modelFacts(e *catalog.Entry, byToken bool) []views.Fact {
	var out []views.Fact
	if o := e.Lowest; o != nil {
		at := "at " + o.Provider.Name
		if byToken {
			if r, ok := o.Input(); ok {
				out = append(out, views.Fact{Label: "Input, lowest", Value: views.Price(int64(r)), Unit: perMillion(r), Title: at})
			}
			if r, ok := o.Output(); ok {
				out = append(out, views.Fact{Label: "Output, lowest", Value: views.Price(int64(r)), Unit: perMillion(r), Title: at})
			}
		} else if u, r, ok := o.Headline(); ok {
			out = append(out, views.Fact{Label: "Lowest price", Value: unitPrice(u, r), Unit: "/ " + unitWord(u), Title: at})
		}
	}
	add := func(label, value, title string) {
		if value != "" && value != "—" {
			out = append(out, views.Fact{Label: label, Value: value, Title: title})
		}
	}
	add("Context", views.Context(e.ContextLength), views.Count(e.ContextLength)+" tokens")
	add("Max output", views.Context(e.MaxOutput), views.Count(e.MaxOutput)+" tokens")
	if f, ok := useFact(e); ok {
		out = append(out, f)
	}
	add("Released", views.Day(e.Created), "")
	add("Knowledge until", knowledge(e.KnowledgeCutoff), "as the author says")
	add("Providers", strconv.Itoa(e.Providers), "")
	return out
}

func perMillion(r models.Rate) string {
	if r == 0 {
		return ""
	}
	return "/ 1M"
}

// knowledge writes a cut-off that is known to the day or to the month.
func knowledge(s string) string {
	if len(s) == len("2025-01") {
		return strings.TrimPrefix(views.Day(s+"-01"), "1 ")
	}
	if s == "" {
		return ""
	}
	return views.Day(s)
}

// callNote says who would answer a call, or why nobody does.
func callNote(e *catalog.Entry) string {
	if !catalog.Served(e.Type) {
		return "Bourse lists what models of this type cost; it cannot call them yet."
	}
	var names []string
	for _, o := range e.Endpoints {
		if o.Routable {
			names = append(names, o.Provider.Name)
		}
	}
	if len(names) > 0 {
		note := "Calls go to " + names[0] + ", the cheapest offer that can be called here"
		if len(names) > 1 {
			note += ", and to " + enumerate(names[1:], "then") + " if it fails before the first byte"
		}
		return note + "."
	}
	for _, p := range e.Connectable() {
		names = append(names, p.Name)
	}
	switch {
	case len(names) == 0:
		return "No provider of this model speaks a dialect that Bourse calls yet."
	case len(names) == 1:
		return "It cannot be called on this installation: the operator would have to connect " + names[0] + " with a key."
	}
	return "It cannot be called on this installation: the operator would have to connect " + enumerate(names, "or") + " with a key."
}

const listMax = 4

// enumerate writes names as a sentence does, the first few of many.
func enumerate(names []string, last string) string {
	if len(names) > listMax {
		return strings.Join(names[:listMax], ", ") + " " + last + " another"
	}
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " " + last + " " + names[len(names)-1]
}

// productData describes the offers to search engines. encoding/json escapes the angle brackets, so
// the text cannot leave the element it stands in.
func productData(e *catalog.Entry) string {
	var low, high models.Rate
	offers := 0
	for _, o := range e.Endpoints {
		r, ok := o.Input()
		if !ok {
			continue
		}
		if offers == 0 || r < low {
			low = r
		}
		high = max(high, r)
		offers++
	}
	if offers == 0 {
		return ""
	}
	out, err := json.Marshal(map[string]any{
		"@context": "https://schema.org", "@type": "Product", "name": e.Name, "sku": e.ID,
		"description": e.Description, "brand": map[string]string{"@type": "Brand", "name": e.AuthorName},
		"offers": map[string]any{
			"@type": "AggregateOffer", "priceCurrency": "USD", "offerCount": offers,
			"lowPrice": low.PerMillionUSD(), "highPrice": high.PerMillionUSD(),
		},
	})
	if err != nil {
		return ""
	}
	return string(out)
}

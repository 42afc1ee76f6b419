package web

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"

	"bourse/app/catalog"
	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

// sitemapMax is how many addresses one site map may have, by its protocol.
const sitemapMax = 50_000

type siteAddress struct {
	Address string `xml:"loc"`
	Changed string `xml:"lastmod,omitempty"` // YYYY-MM-DD
}

type siteMap struct {
	XMLName   xml.Name      `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	Addresses []siteAddress `xml:"url"`
}

// Sitemap lists every page that is worth finding from elsewhere.
func (s *Server) Sitemap(c echo.Context) error {
	snapshot := s.Catalog.Current()
	var m siteMap
	add := func(path, changed string) {
		if len(m.Addresses) < sitemapMax {
			m.Addresses = append(m.Addresses, siteAddress{s.Config.BaseURL + path, changed})
		}
	}
	for _, path := range publicPaths {
		add(path, "")
	}
	if s.Docs != nil {
		add(views.PathDocs, "")
		for _, p := range s.Docs.Pages {
			add(docHref(p), "")
		}
	}
	for _, p := range snapshot.Providers {
		if p.Models > 0 {
			add(views.ProviderHref(p.Slug), "")
		}
	}
	for _, e := range snapshot.Models {
		if !isDemo(e) {
			add(views.ModelHref(e.ID), lastPrice(snapshot, e))
		}
	}
	return s.sendData(c, xmlType, snapshot.Version, func(b *bytes.Buffer) error {
		b.WriteString(xml.Header)
		return xml.NewEncoder(b).Encode(m)
	})
}

// publicPaths are the pages that are there on every installation and the same for everybody.
var publicPaths = []string{views.PathHome, views.PathModels, views.PathCompare, views.PathRankings, views.PathPrices, views.PathProviders, views.PathAuthors}

// lastPrice is the day from which the newest price of a model's offers holds.
func lastPrice(s *catalog.Snapshot, e *catalog.Entry) string {
	var last models.PriceVersion
	for _, v := range s.History(e.ID) {
		if v.EffectiveFrom.After(last.EffectiveFrom) && !v.EffectiveFrom.After(s.At) {
			last = v
		}
	}
	if last.EffectiveFrom.IsZero() {
		return ""
	}
	return last.EffectiveFrom.Format("2006-01-02")
}

// privatePaths belong to one person or change with every look, so no machine need read them.
var privatePaths = []string{
	views.PathSearch, views.PathCredits, views.PathKeys, views.PathActivity, views.PathSettings, views.PathVerify, views.PathReset,
	views.PathSandboxCheckout, views.PathDevMail,
}

// Robots tells search engines what to leave alone and where the list of pages is.
func (s *Server) Robots(c echo.Context) error {
	var b strings.Builder
	b.WriteString("User-agent: *\n")
	for _, path := range privatePaths {
		b.WriteString("Disallow: " + path + "\n")
	}
	b.WriteString("\nSitemap: " + s.Config.BaseURL + pathSitemap + "\n")
	return s.sendData(c, plainType, "1", func(buf *bytes.Buffer) error {
		buf.WriteString(b.String())
		return nil
	})
}

const pathSitemap = "/sitemap.xml"

// siteData tells search engines what the site is and how to search it.
func (s *Server) siteData() string {
	data, err := json.Marshal(map[string]any{
		"@context": "https://schema.org", "@type": "WebSite", "name": "Bourse", "url": s.Config.BaseURL + views.PathHome,
		"potentialAction": map[string]any{
			"@type": "SearchAction", "target": s.Config.BaseURL + views.PathSearch + "?q={search_term_string}",
			"query-input": "required name=search_term_string",
		},
	})
	if err != nil {
		return "" // strings and maps of them always marshal
	}
	return string(data) // with < and > escaped, so that it cannot end its own element
}

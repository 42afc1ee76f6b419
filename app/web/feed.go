package web

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// Types of what programs take away instead of a page.
const (
	jsonType     = "application/json; charset=utf-8"
	csvType      = "text/csv; charset=utf-8"
	rssType      = "application/rss+xml; charset=utf-8"
	calendarType = "text/calendar; charset=utf-8"
	markdownType = "text/markdown; charset=utf-8"
	plainType    = "text/plain; charset=utf-8"
	xmlType      = "application/xml; charset=utf-8"
)

const (
	// dataAge is how long a copy of public data may be used without asking.
	dataAge = 5 * time.Minute
	// feedItemsMax is how many items a feed has: readers ask often and keep what they saw.
	feedItemsMax = 100
)

// sendData sends public data that depends on the address and the version of the catalogue alone.
func (s *Server) sendData(c echo.Context, kind, version string, draw func(*bytes.Buffer) error) error {
	enc := encodingOf(c.Request())
	hash := fnv.New64a()
	fmt.Fprintf(hash, "%s\x00%s\x00%s", version, c.Request().URL.RequestURI(), enc)
	etag := `W/"` + strconv.FormatUint(hash.Sum64(), 36) + `"`
	h := c.Response().Header()
	h.Set("ETag", etag)
	h.Set("Content-Type", kind)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "public, max-age="+strconv.Itoa(int(dataAge.Seconds())))
	h.Set("Access-Control-Allow-Origin", "*") // prices are public: pages of others may read them
	if strings.Contains(c.Request().Header.Get("If-None-Match"), etag) {
		c.Response().WriteHeader(http.StatusNotModified)
		return nil
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer putBuffer(buf)
	buf.Reset()
	if err := draw(buf); err != nil {
		return fmt.Errorf("draw %s: %w", c.Request().URL.Path, err)
	}
	body := buf.Bytes()
	if enc != "" && len(body) > packAboveBytes {
		body = s.press.pack(enc, body)
		h.Set("Content-Encoding", enc)
	}
	return write(c, http.StatusOK, body)
}

// sendJSON sends a value as it is.
func (s *Server) sendJSON(c echo.Context, version string, value any) error {
	return s.sendData(c, jsonType, version, func(b *bytes.Buffer) error {
		e := json.NewEncoder(b)
		e.SetEscapeHTML(false)
		return e.Encode(value)
	})
}

// sendCSV sends a table under a file name of its own.
func (s *Server) sendCSV(c echo.Context, version, file string, rows [][]string) error {
	c.Response().Header().Set("Content-Disposition", `attachment; filename="`+file+`"`)
	return s.sendData(c, csvType, version, func(b *bytes.Buffer) error { return csv.NewWriter(b).WriteAll(rows) })
}

// feed is what somebody subscribes to.
type feed struct {
	title string
	about string
	page  string // absolute address of the page with the same list
	items []feedItem
}

type feedItem struct {
	title string
	text  string
	link  string // absolute
	id    string // never changes
	at    time.Time
}

type rssItem struct {
	Title string  `xml:"title"`
	Link  string  `xml:"link"`
	Text  string  `xml:"description,omitempty"`
	ID    rssGUID `xml:"guid"`
	Date  string  `xml:"pubDate,omitempty"`
}

type rssGUID struct {
	Permanent bool   `xml:"isPermaLink,attr"`
	Value     string `xml:",chardata"`
}

type rssDocument struct {
	XMLName xml.Name `xml:"rss"`
	Version string   `xml:"version,attr"`
	Channel struct {
		Title string    `xml:"title"`
		Link  string    `xml:"link"`
		Text  string    `xml:"description"`
		Items []rssItem `xml:"item"`
	} `xml:"channel"`
}

// sendFeed sends a list as RSS.
func (s *Server) sendFeed(c echo.Context, version string, f feed) error {
	doc := rssDocument{Version: "2.0"}
	doc.Channel.Title, doc.Channel.Link, doc.Channel.Text = f.title, f.page, f.about
	for _, i := range f.items[:min(len(f.items), feedItemsMax)] {
		item := rssItem{Title: i.title, Link: i.link, Text: i.text, ID: rssGUID{Value: i.id}}
		if !i.at.IsZero() {
			item.Date = i.at.UTC().Format(time.RFC1123Z)
		}
		doc.Channel.Items = append(doc.Channel.Items, item)
	}
	return s.sendData(c, rssType, version, func(b *bytes.Buffer) error {
		b.WriteString(xml.Header)
		return xml.NewEncoder(b).Encode(doc)
	})
}

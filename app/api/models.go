package api

import (
	"encoding/json"
	"hash/fnv"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"bourse/app/catalog"
	"bourse/app/wire"
)

const (
	limitMax   = 1000
	offsetMax  = 1_000_000
	nearestIDs = 5
	feedPath   = "/models.rss" // of the pages
)

// defaultFilter lists every kind of model: programs choose for themselves.
func defaultFilter() catalog.Filter { return catalog.Filter{Types: []string{"all"}} }

// Models is GET /models: complete objects, all on one page unless limit or offset is given.
func (s *Server) Models(c echo.Context) error {
	q := c.QueryParams()
	if q.Get("use_rss") == "true" { // OpenRouter's name for the feed
		q.Del("use_rss")
		q.Del("use_rss_chat_links")
		if q.Get("type") == "" {
			q.Set("type", "all")
		}
		return c.Redirect(http.StatusFound, feedPath+"?"+q.Encode())
	}
	r, err := s.current()
	if err != nil {
		return err
	}
	if c.Request().URL.RawQuery == "" {
		return sendAll(c, r)
	}
	return s.filtered(c, r, apiFilter)
}

// EmbeddingModels is GET /embeddings/models.
func (s *Server) EmbeddingModels(c echo.Context) error {
	r, err := s.current()
	if err != nil {
		return err
	}
	return s.filtered(c, r, func(q url.Values) (catalog.Filter, []string) {
		f, ignored := apiFilter(q)
		f.Types, f.Outputs = []string{"embedding"}, nil
		return f, ignored
	})
}

// UserModels answers GET /api/v1/models/user: the models that this key can call here and now.
func (s *Server) UserModels(c echo.Context) error {
	r, err := s.current()
	if err != nil {
		return err
	}
	return s.filtered(c, r, func(q url.Values) (catalog.Filter, []string) {
		f, ignored := apiFilter(q)
		f.Callable = true
		return f, ignored
	})
}

// CountModels is GET /models/count, with the same parameters as the list.
func (s *Server) CountModels(c echo.Context) error {
	f, _ := apiFilter(c.QueryParams())
	return answer(c, map[string]any{"data": map[string]int{"count": s.Catalog.Current().Count(f)}})
}

// Model is GET /model/{author}/{slug}, /models/{author}/{slug} and /models/{id}, the slash of an
// id encoded or not.
func (s *Server) Model(c echo.Context) error {
	e, err := s.asked(c)
	if e == nil {
		return err
	}
	return answer(c, map[string]any{"data": s.modelJSON(e)})
}

// sendAll answers with the list made beforehand.
func sendAll(c echo.Context, r *rendered) error {
	h := c.Response().Header()
	h.Add("Vary", "Accept-Encoding")
	if fresh(c, r.etag) {
		return c.NoContent(http.StatusNotModified)
	}
	if acceptsGzip(c.Request()) && h.Get("Content-Encoding") == "" {
		h.Set("Content-Encoding", "gzip")
		return c.JSONBlob(http.StatusOK, r.allGzip)
	}
	return c.JSONBlob(http.StatusOK, r.all)
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == "gzip" {
			return strings.ReplaceAll(weight, " ", "") != "q=0"
		}
	}
	return false
}

// apiFilter reads the parameters as OpenRouter means them: prices are of the prompt, and no kind
// of model is left out unless one is asked for.
func apiFilter(q url.Values) (catalog.Filter, []string) {
	f, ignored := catalog.ParseFilter(q)
	f.PromptPrice = q.Get("price_of") != "mix"
	if len(f.Types) == 0 && len(f.Outputs) == 0 {
		f.Types = []string{"all"}
	}
	return f, ignored
}

func (s *Server) filtered(c echo.Context, r *rendered, parse func(url.Values) (catalog.Filter, []string)) error {
	q := c.QueryParams()
	offset, refused := pageNumber(q, "offset", 0, offsetMax)
	if refused != nil {
		return refuse(c, refused)
	}
	limit, refused := pageNumber(q, "limit", 1, limitMax)
	if refused != nil {
		return refuse(c, refused)
	}
	version := strings.TrimSuffix(r.etag, `"`) + "-" + queryHash(c.Request().URL)
	if _, moves := measured[q.Get("sort")]; moves {
		version += "-" + s.Health.Minute()
	}
	if fresh(c, version+`"`) {
		return c.NoContent(http.StatusNotModified)
	}
	f, ignored := parse(q)
	rows := r.snapshot.Find(f)
	ignored = s.bySpeed(q, rows, ignored)
	out := r.list(rows, ignored)
	out.Data = out.Data[min(offset, len(out.Data)):]
	if limit > 0 && limit < len(out.Data) {
		out.Data = out.Data[:limit]
		next := nextPage(c.Request().URL, offset+limit, limit)
		out.Links.Next = &next
	}
	return answer(c, out)
}

func pageNumber(q url.Values, name string, least, most int) (int, *wire.Error) {
	text := q.Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, wire.Invalid(name, "%s must be a whole number from %d to %d.", name, least, most)
	}
	return n, nil
}

func nextPage(u *url.URL, offset, limit int) string {
	q := u.Query()
	q.Set("offset", strconv.Itoa(offset))
	q.Set("limit", strconv.Itoa(limit))
	return u.Path + "?" + q.Encode()
}

func queryHash(u *url.URL) string {
	h := fnv.New64a()
	h.Write([]byte(u.Path + "?" + u.RawQuery))
	return strconv.FormatUint(h.Sum64(), 36)
}

// asked finds the model that a path names; when there is none it has answered already and the
// entry is nil.
func (s *Server) asked(c echo.Context) (*catalog.Entry, error) {
	id := c.Param("id")
	if author := c.Param("author"); author != "" {
		id = author + "/" + c.Param("slug")
	}
	if plain, err := url.PathUnescape(id); err == nil {
		id = plain
	}
	snapshot := s.Catalog.Current()
	if e := snapshot.Model(id); e != nil {
		return e, nil
	}
	return nil, refuse(c, wire.ModelNotFound(id, snapshot.Nearest(id, nearestIDs)))
}

// data wraps rendered objects that are not paged.
type data struct {
	Data []json.RawMessage `json:"data"`
}

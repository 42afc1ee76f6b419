package api

import (
	"cmp"
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"bourse/app/market"
	"bourse/app/wire"
	"bourse/models"
)

const (
	rankingDaysMax   = 366
	rankingDaysUsual = 30
	// rankedModels of a date are listed by name; the rest of it is one row.
	rankedModels   = 50
	otherModels    = "other"
	rankingVersion = "v1" // of the shape, as clients expect it
	// rankingsKept is how many answers are kept ready.
	rankingsKept = 32
)

// rankingRow is how much one model was used on one date.
type rankingRow struct {
	Date      string `json:"date"`
	Permaslug string `json:"model_permaslug"`
	Tokens    string `json:"total_tokens"`
}

type rankingMeta struct {
	Version string `json:"version"`
	AsOf    string `json:"as_of"`
	Start   string `json:"start_date"`
	End     string `json:"end_date"`
	Method  string `json:"method"`
	Least   int64  `json:"least_accounts"`
}

type rankingList struct {
	Data []rankingRow `json:"data"`
	Meta rankingMeta  `json:"meta"`
}

// rankingsCache keeps the answers asked for last: each is of whole days, which do not change. The
// zero value is ready to use.
type rankingsCache struct {
	mu      sync.Mutex
	version string
	answers map[string]rankingList
}

func (k *rankingsCache) get(version, name string) (rankingList, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.version != version {
		return rankingList{}, false
	}
	l, ok := k.answers[name]
	return l, ok
}

func (k *rankingsCache) put(version, name string, l rankingList) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.version != version || len(k.answers) >= rankingsKept {
		k.version, k.answers = version, map[string]rankingList{}
	}
	k.answers[name] = l
}

// uncounted are parameters of other marketplaces that would need somebody to read the prompts.
var uncounted = []string{"modality", "context_bucket", "category", "language_type"}

// rankingQuery is what is asked of the daily rankings.
type rankingQuery struct {
	from, to time.Time // to is the day after the last
	period   string
}

func readRankingQuery(q url.Values, through time.Time) (rankingQuery, *wire.Error) {
	r := rankingQuery{to: through, period: cmp.Or(q.Get("period"), "day")}
	for _, name := range uncounted {
		if q.Get(name) != "" {
			return r, wire.Invalid(name, "%s is not counted here: what calls are about is never looked at.", name)
		}
	}
	if !slices.Contains([]string{"day", "week", "month"}, r.period) {
		return r, wire.Invalid("period", "period must be day, week or month.")
	}
	for name, into := range map[string]*time.Time{"start_date": &r.from, "end_date": &r.to} {
		text := q.Get(name)
		if text == "" {
			continue
		}
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return r, wire.Invalid(name, "%s must be a day such as 2026-11-24.", name)
		}
		*into = day
		if name == "end_date" {
			*into = day.AddDate(0, 0, 1)
		}
	}
	if r.from.IsZero() {
		r.from = r.to.AddDate(0, 0, -rankingDaysUsual)
	}
	if !r.from.Before(r.to) {
		return r, wire.Invalid("start_date", "start_date must not be after end_date.")
	}
	if r.to.Sub(r.from) > rankingDaysMax*24*time.Hour {
		return r, wire.Invalid("start_date", "At most %d days can be asked for at once.", rankingDaysMax)
	}
	return r, nil
}

// RankingsDaily answers GET /api/v1/datasets/rankings-daily: the tokens of each model by day, week or
// month, with what too few accounts stand behind left out.
func (s *Server) RankingsDaily(c echo.Context) error {
	view := s.Usage.View()
	through := view.Through
	if through.IsZero() {
		through = models.UsageDays.Start(models.UsageDays.At(time.Now()))
	}
	asked, refused := readRankingQuery(c.QueryParams(), through)
	if refused != nil {
		return refuse(c, refused)
	}
	name := asked.from.Format(time.DateOnly) + asked.to.Format(time.DateOnly) + asked.period
	version := through.Format(time.DateOnly) + s.Catalog.Current().Version
	l, known := s.rankings.get(version, name)
	if !known {
		cells, err := s.Usage.Daily(c.Request().Context(), asked.from, asked.to)
		if err != nil {
			return err
		}
		l = rankingList{Data: s.rankingRows(cells, asked.period), Meta: rankingMeta{Version: rankingVersion, AsOf: through.Format(time.RFC3339),
			Start: asked.from.Format(time.DateOnly), End: asked.to.AddDate(0, 0, -1).Format(time.DateOnly), Method: market.Method, Least: view.Least}}
		s.rankings.put(version, name, l)
	}
	if c.QueryParam("format") == "csv" {
		return rankingCSV(c, l)
	}
	return answer(c, l)
}

// rankingRows adds the cells up by period and model, and puts the largest of each date first.
func (s *Server) rankingRows(cells []market.DayCell, period string) []rankingRow {
	type key struct{ date, model string }
	sums := map[key]int64{}
	for _, c := range cells {
		model := c.Model
		if e := s.Catalog.Current().Model(model); e != nil && e.CanonicalSlug != "" {
			model = e.CanonicalSlug
		}
		if c.Traffic == models.TrafficFree {
			model += ":free"
		}
		sums[key{periodOf(c.Day, period).Format(time.DateOnly), model}] += c.Tokens
	}
	keys := make([]key, 0, len(sums))
	for k := range sums {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(strings.Compare(a.date, b.date), cmp.Compare(sums[b], sums[a]), strings.Compare(a.model, b.model))
	})
	out, date, n, other := []rankingRow{}, "", 0, int64(0)
	end := func() {
		if other > 0 {
			out = append(out, rankingRow{date, otherModels, strconv.FormatInt(other, 10)})
		}
		n, other = 0, 0
	}
	for _, k := range keys {
		if k.date != date {
			end()
			date = k.date
		}
		if n++; n > rankedModels {
			other += sums[k]
			continue
		}
		out = append(out, rankingRow{k.date, k.model, strconv.FormatInt(sums[k], 10)})
	}
	end()
	return out
}

// periodOf is the day on which the period of a day begins; weeks begin on Mondays.
func periodOf(day time.Time, period string) time.Time {
	switch period {
	case "week":
		return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	case "month":
		return day.AddDate(0, 0, 1-day.Day())
	}
	return day
}

func rankingCSV(c echo.Context, l rankingList) error {
	h := c.Response().Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="rankings-daily.csv"`)
	c.Response().WriteHeader(http.StatusOK)
	w := csv.NewWriter(c.Response())
	if err := w.Write([]string{"date", "model_permaslug", "total_tokens"}); err != nil {
		return err
	}
	for _, r := range l.Data {
		if err := w.Write([]string{r.Date, r.Permaslug, r.Tokens}); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

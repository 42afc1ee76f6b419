package web

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"time"

	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

const (
	statementRowsShown = 200 // on the page; the files have all
	exportBuffer       = 64 << 10
	exportWriteTime    = 2 * time.Minute // for a reader that takes nothing
)

// period reads the span of a statement: from and to as days, both included, or this month.
func period(c echo.Context) (from, to time.Time, problem string) {
	now := time.Now().UTC()
	from = models.WindowStart(models.WindowMonthly, now)
	to = models.WindowEnd(models.WindowDaily, now)
	if s := c.QueryParam("from"); s != "" {
		day, err := time.Parse(time.DateOnly, s)
		if err != nil {
			return from, to, "The first day is not a day: write it as YYYY-MM-DD, such as 2026-11-01."
		}
		from = day
	}
	if s := c.QueryParam("to"); s != "" {
		day, err := time.Parse(time.DateOnly, s)
		if err != nil {
			return from, to, "The last day is not a day: write it as YYYY-MM-DD, such as 2026-11-30."
		}
		to = day.AddDate(0, 0, 1)
	}
	if !from.Before(to) {
		return from, from.AddDate(0, 0, 1), "The last day lies before the first; shown is the first day alone."
	}
	return from, to, ""
}

// Statement shows a span of the ledger: opening, entries, closing.
func (s *Server) Statement(c echo.Context) error {
	ctx, account := c.Request().Context(), visitor(c).AccountID
	from, to, problem := period(c)
	st, err := s.DB.Statement(ctx, account, from, to)
	if err != nil {
		return err
	}
	list, err := s.DB.Entries(ctx, models.EntryFilter{AccountID: account, From: from, To: to, Limit: statementRowsShown})
	if err != nil {
		return err
	}
	last := to.AddDate(0, 0, -1)
	p := views.StatementPage{
		From: from.Format(time.DateOnly), To: last.Format(time.DateOnly), Problem: problem, Count: st.Count, Shown: len(list),
		Opening: views.ExactMoney(int64(st.Opening)), Closing: views.ExactMoney(int64(st.Closing)),
		In: views.ExactMoney(int64(st.In)), Out: views.ExactMoney(int64(st.Out)), Entries: entryRows(list),
	}
	p.Shell = s.shell(c, "Statement")
	return s.render(c, http.StatusOK, views.Statement(p))
}

// StatementCSV streams every entry of the span as CSV, oldest first, in constant memory.
func (s *Server) StatementCSV(c echo.Context) error {
	w, done := s.export(c, "text/csv; charset=utf-8", "csv")
	out := csv.NewWriter(w)
	if err := out.Write([]string{"time_utc", "kind", "reference", "note", "amount_usd", "balance_usd"}); err != nil {
		return nil // the reader left
	}
	return done(func(e models.EntryLine) error {
		return out.Write([]string{e.Time().Format(time.RFC3339Nano), e.Kind, e.Ref, plainCell(e.Note), e.Amount.USD(), e.Balance.USD()})
	}, out.Flush)
}

// plainCell keeps a spreadsheet from taking a text for a formula.
func plainCell(s string) string {
	if s != "" && (s[0] == '=' || s[0] == '+' || s[0] == '-' || s[0] == '@' || s[0] == '\t') {
		return "'" + s
	}
	return s
}

// StatementJSONL streams every entry of the span as one JSON object a line, oldest first.
func (s *Server) StatementJSONL(c echo.Context) error {
	w, done := s.export(c, "application/jsonl; charset=utf-8", "jsonl")
	out := json.NewEncoder(w)
	return done(func(e models.EntryLine) error {
		return out.Encode(struct {
			Time      time.Time     `json:"time"`
			Kind      string        `json:"kind"`
			Reference string        `json:"reference"`
			Note      string        `json:"note"`
			Amount    models.Amount `json:"amount_usd"`
			Balance   models.Amount `json:"balance_usd"`
		}{e.Time(), e.Kind, e.Ref, e.Note, e.Amount, e.Balance})
	}, func() {})
}

// export begins a download and returns where to write it, and how to run through the entries. A
// reader that leaves half-way ends it; that is no error.
func (s *Server) export(c echo.Context, contentType, ending string) (*bufio.Writer, func(func(models.EntryLine) error, func()) error) {
	from, to, _ := period(c)
	h := c.Response().Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", `attachment; filename="bourse-`+from.Format(time.DateOnly)+"-to-"+to.AddDate(0, 0, -1).Format(time.DateOnly)+"."+ending+`"`)
	w := bufio.NewWriterSize(c.Response(), exportBuffer)
	control := http.NewResponseController(c.Response())
	return w, func(each func(models.EntryLine) error, flush func()) error {
		ctx, n := c.Request().Context(), 0
		err := s.DB.EachEntry(ctx, visitor(c).AccountID, from, to, func(e models.EntryLine) error {
			if n++; n%1000 == 1 {
				_ = control.SetWriteDeadline(time.Now().Add(exportWriteTime)) // not every connection has one
			}
			return each(e)
		})
		flush()
		if err == nil {
			err = w.Flush()
		}
		if err != nil && ctx.Err() == nil {
			s.Log.Warn("export ended early", "entries", n, "error", err)
		}
		return nil // the head is sent; there is nobody to tell
	}
}

// ReceiptJSON is a receipt for programs.
func (s *Server) ReceiptJSON(c echo.Context) error {
	ctx := c.Request().Context()
	g, err := s.DB.GenerationByID(ctx, visitor(c).AccountID, c.Param("id"))
	if err != nil {
		return err
	}
	r, err := s.Billing.Receipt(ctx, g)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusOK, r.Document(g))
}

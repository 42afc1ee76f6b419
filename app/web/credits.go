package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"bourse/app/catalog"
	"bourse/billing"
	"bourse/models"
	"bourse/views"
	"bourse/views/ui"

	"github.com/labstack/echo/v4"
)

const (
	entriesPerPage = 50
	ownAmount      = "own" // the value of the choice "Other"
	paceDays       = 7     // over which the pace of spending is taken
	paceDaysMost   = 3650  // beyond that the number means nothing
	presetUsual    = "25"
)

// presets are the amounts that are offered, in dollars.
var presets = []string{"10", "25", "50", "100"}

// entryKinds are the kinds of movements that people can ask for, in the order of the list.
var entryKinds = []ui.Option{
	{Value: "", Text: "Everything"}, {Value: "topup", Text: "Top-ups"}, {Value: "grant", Text: "Grants"}, {Value: "usage", Text: "Usage"},
}

// entryNames are the kinds in words, one movement at a time.
var entryNames = map[string]string{"topup": "Top-up", "grant": "Grant", "usage": "Usage", "refund": "Refund"}

// CreditsIndex shows the balance, sells credit and lists the ledger.
func (s *Server) CreditsIndex(c echo.Context) error {
	return s.creditsPage(c, http.StatusOK, views.CreditsPage{FormID: models.NewID("form"), Presets: presetRow(presetUsual)})
}

func (s *Server) creditsPage(c echo.Context, status int, p views.CreditsPage) error {
	ctx, v := c.Request().Context(), visitor(c)
	account, err := s.DB.AccountByID(ctx, v.AccountID)
	if err != nil {
		return err
	}
	p.Available = views.Money(int64(account.Available()))
	if account.Held > 0 {
		p.Held = views.ExactMoney(int64(account.Held))
	}
	if account.Sandbox > 0 {
		p.SandboxPart = views.Money(int64(min(account.Sandbox, account.Available())))
	}
	if p.Pace, err = s.pace(ctx, account); err != nil {
		return err
	}
	least, most := s.Billing.Bounds()
	p.Minimum, p.Maximum = centsMoney(least), centsMoney(most)
	if p.CanBuy = !account.Blocked(); account.Blocked() {
		p.WhyNot = "This account is frozen, so nothing can be bought. Please write to the operator."
	}
	if err := s.fillEntries(c, &p); err != nil {
		return err
	}
	p.Shell = s.shell(c, "Credits")
	return s.render(c, status, views.Credits(p))
}

// pace says how long the credit lasts when as much is spent as lately.
func (s *Server) pace(ctx context.Context, a models.Account) (string, error) {
	spent, err := s.DB.SumGenerations(ctx, models.GenerationFilter{AccountID: a.ID, From: time.Now().AddDate(0, 0, -paceDays)})
	if err != nil {
		return "", err
	}
	perDay := (spent.Cost + spent.Fee) / paceDays
	if perDay <= 0 || a.Available() <= 0 {
		return "", nil
	}
	days := int64(a.Available() / perDay)
	switch {
	case days < 1:
		return "At the pace of the last week it lasts less than a day.", nil
	case days > paceDaysMost:
		return "", nil
	}
	return "At the pace of the last week it lasts about " + views.Plural(days, "day", "days") + ".", nil
}

func (s *Server) fillEntries(c echo.Context, p *views.CreditsPage) error {
	kind, page := c.QueryParam("kind"), pageOf(c)
	known := false
	for _, k := range entryKinds {
		k.On = k.Value == kind
		known = known || k.On
		p.Kinds = append(p.Kinds, k)
	}
	if !known {
		kind = ""
	}
	list, err := s.DB.Entries(c.Request().Context(), models.EntryFilter{
		AccountID: visitor(c).AccountID, Kind: kind, Limit: entriesPerPage + 1, Offset: (page - 1) * entriesPerPage,
	})
	if err != nil {
		return err
	}
	query := url.Values{}
	if kind != "" {
		query.Set("kind", kind)
	}
	p.Pager = pager("Pages of the ledger", views.PathCredits, query, page, len(list) > entriesPerPage)
	list = list[:min(len(list), entriesPerPage)]
	if len(list) == 0 && kind == "" && page == 1 {
		p.Kinds, p.PriceOfThree = nil, s.priceOfThree()
	}
	p.Entries = entryRows(list)
	return nil
}

func entryRows(list []models.EntryLine) []views.LedgerRow {
	rows := make([]views.LedgerRow, 0, len(list))
	for _, e := range list {
		row := views.LedgerRow{
			Time: e.Time(), Kind: entryNames[e.Kind], Text: e.Note, Amount: views.SignedMoney(int64(e.Amount)), In: e.Amount > 0,
			Balance: views.ExactMoney(int64(e.Balance)), Sandbox: e.Sandbox(),
		}
		if row.Kind == "" {
			row.Kind = e.Kind
		}
		switch e.Kind {
		case "usage":
			row.Href = views.PathGeneration + e.Ref
		case "topup":
			row.Href = returnPath(e.Ref)
		}
		rows = append(rows, row)
	}
	return rows
}

// BuyCredits begins a purchase and leads to the checkout. The same form sent twice is one purchase.
func (s *Server) BuyCredits(c echo.Context) error {
	v := visitor(c)
	p := views.CreditsPage{FormID: field(c, "form")}
	typed := field(c, "amount")
	if typed == ownAmount || (typed == "" && field(c, "own") != "") {
		typed = field(c, "own")
		p.Own = typed
	}
	p.Presets = presetRow(typed)
	amount, err := models.ParseUSD(plainAmount(typed))
	if err == nil && amount%models.NanoPerCent != 0 {
		err = models.Errorf(models.Invalid, "Use at most two decimals: cents are the smallest that can be paid.")
	}
	where := ""
	if err == nil {
		where, err = s.Billing.StartTopUp(c.Request().Context(), billing.Purchase{
			AccountID: v.AccountID, Email: v.Email, FormID: p.FormID, Cents: int64(amount / models.NanoPerCent),
		})
	}
	if err != nil {
		var ok bool
		if p.Errors, ok = formErrors(err); !ok {
			return err
		}
		for i := range p.Errors {
			p.Errors[i].Field = "own" // where an amount can be typed
		}
		if p.Own == "" {
			p.Own = typed
		}
		return s.creditsPage(c, formStatus(err), p)
	}
	return redirect(c, s.here(where))
}

// here makes an address of this site a path, so that whoever came by another name of the same
// machine stays with the name that has their cookie.
func (s *Server) here(address string) string {
	if rest, ok := strings.CutPrefix(address, s.Config.BaseURL+"/"); ok {
		return "/" + rest
	}
	return address
}

func presetRow(chosen string) []views.Preset {
	row := make([]views.Preset, 0, len(presets))
	for _, v := range presets {
		row = append(row, views.Preset{Value: v, Text: "$" + v, On: v == chosen})
	}
	return row
}

func centsMoney(cents int64) string { return views.Money(cents * models.NanoPerCent) }

// The typical answer that a newcomer's ten dollars are counted in.
const (
	typicalInput  = 300
	typicalOutput = 700
	tenDollars    = 10_000_000_000_000 // pico-USD
	threeModels   = 3
)

// priceOfThree says what ten dollars buy at three of the models that most providers serve.
func (s *Server) priceOfThree() []string {
	var out []string
	for _, r := range s.Catalog.Current().Find(catalog.Filter{Order: catalog.OrderProviders}) {
		if r.Lowest == nil {
			continue
		}
		in, ok := r.Lowest.Input()
		written, ok2 := r.Lowest.Output()
		cost := int64(in)*typicalInput + int64(written)*typicalOutput
		if !ok || !ok2 || cost <= 0 {
			continue
		}
		cost += cost * s.Config.FeeBPS / 10_000
		out = append(out, "$10 buys about "+views.Count(tenDollars/cost)+" answers of 500 words by "+r.Name+".")
		if len(out) == threeModels {
			break
		}
	}
	return out
}

// pageOf is the page of a list that is asked for, 1 for anything that is none.
func pageOf(c echo.Context) int {
	n, err := strconv.Atoi(c.QueryParam("page"))
	if err != nil || n < 1 || n > pagesMax {
		return 1
	}
	return n
}

// pagesMax bounds how far back a list is leafed through.
const pagesMax = 10_000

// pager links the pages of a list whose length is not counted.
func pager(label, path string, query url.Values, page int, more bool) ui.Pager {
	at := func(n int) string {
		query.Set("page", strconv.Itoa(n))
		return path + "?" + query.Encode()
	}
	p := ui.Pager{Label: label}
	if page > 1 {
		p.Prev = at(page - 1)
	}
	if more {
		p.Next = at(page + 1)
	}
	if page > 1 || more {
		p.Note = "Page " + strconv.Itoa(page)
	}
	return p
}

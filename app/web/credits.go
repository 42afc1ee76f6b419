package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"bourse/app/catalog"
	"bourse/models"
	"bourse/views"
	"bourse/views/ui"

	"github.com/labstack/echo/v4"
)

const (
	entriesPerPage = 50
	paceDays       = 7    // over which the pace of spending is taken
	paceDaysMost   = 3650 // beyond that the number means nothing
)

// entryKinds are the kinds of movements that people can ask for, in the order of the list.
var entryKinds = []ui.Option{
	{Value: "", Text: "Everything"}, {Value: "topup", Text: "Top-ups"}, {Value: "usage", Text: "Usage"}, {Value: "refund", Text: "Refunds"},
	{Value: "dispute", Text: "Disputes"}, {Value: "promo", Text: "Codes"}, {Value: "grant", Text: "Grants"},
}

// entryNames are the kinds in words, one movement at a time.
var entryNames = map[string]string{"topup": "Top-up", "grant": "Grant", "usage": "Usage", "refund": "Refund", "refund-reversed": "Refund returned",
	"dispute": "Dispute", "dispute-won": "Dispute won", "dispute-lost": "Dispute lost", "promo": "Code", "promo-expired": "Code ended", "sandbox-expired": "Sandbox ended"}

// CreditsIndex shows the balance, sells credit and lists the ledger.
func (s *Server) CreditsIndex(c echo.Context) error {
	return s.creditsPage(c, http.StatusOK, views.CreditsPage{Buy: views.BuyForm{FormID: models.NewID("form"), Presets: s.presetRow(presetUsual)}})
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
	if p.Low == "" && len(p.LowErrors) == 0 && account.LowBelow >= 0 {
		p.Low = account.LowBelow.USD()
	}
	if p.Pace, err = s.pace(ctx, account); err != nil {
		return err
	}
	if err := s.fillBuying(c, account, &p); err != nil {
		return err
	}
	if err := s.fillEntries(c, &p); err != nil {
		return err
	}
	p.Shell = s.shell(c, "Credits")
	return s.render(c, status, views.Credits(p))
}

// fillBuying adds what the page says of codes, cards and automatic purchases.
func (s *Server) fillBuying(c echo.Context, account models.Account, p *views.CreditsPage) error {
	ctx := c.Request().Context()
	lots, err := s.Billing.PromoLots(ctx, account.ID)
	if err != nil {
		return err
	}
	for _, l := range lots {
		if l.Amount > 0 {
			p.Given = append(p.Given, views.Money(int64(l.Amount))+" was given by the code "+l.Code+" and ends on "+views.Date(l.Expires())+"; it is spent first.")
		}
	}
	payer, err := s.Billing.Payer(ctx, account.ID)
	if err != nil {
		return err
	}
	p.Card = payer.Card
	if err := s.fillAuto(ctx, account.ID, p); err != nil {
		return err
	}
	bought, err := s.DB.TopUps(ctx, account.ID, 1)
	if err != nil {
		return err
	}
	p.Payments = len(bought) > 0
	s.fillBuyForm(account, &p.Buy)
	return nil
}

func (s *Server) fillAuto(ctx context.Context, accountID string, p *views.CreditsPage) error {
	order, err := s.Billing.AutoTopUp(ctx, accountID)
	if err != nil {
		return err
	}
	switch p.AutoOn = order.Enabled; {
	case order.Reason != "":
		p.Auto = order.Reason
	case order.Enabled:
		p.Auto = "Below " + views.Money(int64(order.Below)) + ", " + centsMoney(order.AmountCents) + " are bought; at most " + centsMoney(order.CapCents) + " in a month."
	default:
		p.Auto = "Calls are refused when the credit is used up. It can be bought automatically instead."
	}
	return nil
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
	f := models.EntryFilter{AccountID: visitor(c).AccountID, Kind: kind, Limit: entriesPerPage + 1, Offset: (page - 1) * entriesPerPage}
	query := url.Values{}
	if kind != "" {
		query.Set("kind", kind)
	}
	p.CSV = views.PathStatement + ".csv"
	p.From, p.To = c.QueryParam("from"), c.QueryParam("to")
	if p.From != "" || p.To != "" {
		if f.From, f.To, p.Problem = period(c); p.From == "" {
			f.From = time.Time{}
		}
		query.Set("from", p.From)
		query.Set("to", p.To)
		p.CSV += "?" + url.Values{"from": {p.From}, "to": {p.To}}.Encode()
	}
	list, err := s.DB.Entries(c.Request().Context(), f)
	if err != nil {
		return err
	}
	p.Filtered = len(query) > 0
	p.Pager = pager("Pages of the ledger", views.PathCredits, query, page, len(list) > entriesPerPage)
	list = list[:min(len(list), entriesPerPage)]
	if len(list) == 0 && !p.Filtered && page == 1 {
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
			Balance: views.ExactMoney(int64(e.Balance)), Sandbox: e.Sandbox(), Promo: e.Promo(),
		}
		if row.Kind == "" {
			row.Kind = e.Kind
		}
		switch e.Kind {
		case "usage":
			row.Href = views.PathGeneration + e.Ref
		case "topup":
			row.Href = views.PathPayments + "/" + e.Ref
		case "refund", "refund-reversed", "dispute", "dispute-won":
			row.Href = views.PathPayments
		}
		rows = append(rows, row)
	}
	return rows
}

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

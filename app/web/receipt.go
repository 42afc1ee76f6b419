package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"bourse/app/wire"
	"bourse/billing"
	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

// receiptEntriesMax is more than one call ever moves.
const receiptEntriesMax = 10

// unitNames are the units of receipts in words, and what one price is the price of.
var unitNames = map[models.Unit]struct{ name, per string }{
	models.UnitInput: {"Input", "1M tokens"}, models.UnitOutput: {"Output", "1M tokens"},
	models.UnitCacheRead: {"Input from cache", "1M tokens"}, models.UnitCacheWrite: {"Input into cache", "1M tokens"},
	models.UnitCacheWrite1h: {"Input into cache, for an hour", "1M tokens"}, models.UnitReasoning: {"Reasoning", "1M tokens"},
	models.UnitInputAudio: {"Audio input", "1M tokens"}, models.UnitOutputAudio: {"Audio output", "1M tokens"},
	models.UnitInputImage: {"Image input", "1M tokens"}, models.UnitOutputImage: {"Image output", "1M tokens"},
	models.UnitRequest: {"Request", "request"}, billing.UnitReported: {"As the provider reported", "call"},
}

// Receipt explains one call to the last digit. Another account's call is not found.
func (s *Server) Receipt(c echo.Context) error {
	ctx, v := c.Request().Context(), visitor(c)
	g, err := s.DB.GenerationByID(ctx, v.AccountID, c.Param("id"))
	if err != nil {
		return err
	}
	keys, err := s.Keys.List(ctx, v.UserID)
	if err != nil {
		return err
	}
	p := views.ReceiptPage{
		Generation: s.generationRow(g, keyNames(v.UserID, keys)), Hold: views.ExactMoney(int64(g.Hold)), PriceVersion: g.PriceVersion,
		Finish: g.Finish, Finished: g.Finished, Anomaly: anomalyText(g.Usage), FeeRate: "0%",
		ProviderCost: views.ExactMoney(int64(g.Cost)), Fee: views.ExactMoney(int64(g.Fee)), Total: views.ExactMoney(int64(g.Charge())),
	}
	if rate := views.Percent(g.FeeBps); rate != "" {
		p.FeeRate = rate
	}
	if s.Catalog.Current().Model(g.Model) != nil {
		p.ModelHref = views.ModelHref(g.Model)
	}
	if price, err := s.DB.PriceVersion(ctx, g.PriceVersion); err == nil {
		p.PriceSince = price.EffectiveFrom
	} else if models.CodeOf(err) != models.NotFound {
		return err
	}
	if g.State == models.GenerationSettled || g.State == models.GenerationExpired {
		receipt, err := s.Billing.Receipt(ctx, g)
		if err != nil {
			return err
		}
		p.Lines, p.Waived = receiptLines(receipt), receipt.Waived
		if p.OwnKey = g.OwnKey; g.OwnKey {
			p.ProviderCost = views.ExactMoney(int64(receipt.List))
		}
		if receipt.CostPico%1000 != 0 {
			p.Rounded = views.ExactPico(receipt.CostPico) + " rounded to a nano-dollar"
		}
	}
	entries, err := s.DB.Entries(ctx, models.EntryFilter{AccountID: v.AccountID, Kind: "usage", Ref: g.ID, Limit: receiptEntriesMax})
	if err != nil {
		return err
	}
	p.Entries = entryRows(entries)
	p.Attempts = s.attempts(g)
	fillTimes(&p, g)
	p.Shell = s.shell(c, "Receipt")
	return s.render(c, http.StatusOK, views.Receipt(p))
}

// anomalyText says what did not add up, and what was done about it.
func anomalyText(u models.Usage) string {
	switch u.Anomaly {
	case "":
		return ""
	case wire.AnomalyReported:
		return "The provider reports a cost of " + views.ExactMoney(int64(u.ProviderCost)) + " for this call, which is not what its price list comes to. You pay what the list says."
	}
	return "The provider's counts did not add up: " + strings.ReplaceAll(u.Anomaly, "_", " ") + "."
}

func receiptLines(r billing.Receipt) []views.ReceiptLine {
	lines := make([]views.ReceiptLine, 0, len(r.Lines))
	for _, l := range r.Lines {
		words, ok := unitNames[l.Unit]
		if !ok {
			words.name, words.per = string(l.Unit), "piece"
		}
		line := views.ReceiptLine{Unit: words.name, Count: views.Count(l.Quantity), Per: words.per, Amount: views.ExactPico(l.Pico)}
		if words.per == "1M tokens" {
			line.Price = views.Price(int64(l.Rate))
		} else {
			line.Price = views.UnitPrice(int64(l.Rate))
		}
		lines = append(lines, line)
	}
	return lines
}

func (s *Server) attempts(g *models.Generation) []views.Attempt {
	out := make([]views.Attempt, 0, len(g.Attempts))
	for _, a := range g.Attempts {
		row := views.Attempt{Provider: a.Provider, Duration: views.Seconds(time.Duration(a.Ms) * time.Millisecond)}
		if provider := s.Catalog.Current().Provider(a.Provider); provider != nil {
			row.Provider = provider.Name
		}
		switch {
		case a.Error == "" && a.Status < http.StatusBadRequest:
			row.Result, row.Good = "answered", true
		case a.Status == 0:
			row.Result = "no answer: " + a.Error
		default:
			row.Result = "refused: " + strconv.Itoa(a.Status) + " " + a.Error
		}
		out = append(out, row)
	}
	return out
}

// fillTimes says when the first token came and how fast the others followed.
func fillTimes(p *views.ReceiptPage, g *models.Generation) {
	if g.FirstToken.IsZero() {
		return
	}
	if d := g.FirstToken.Sub(g.Created); d > 0 {
		p.FirstToken = views.Seconds(d)
	}
	if d := g.Finished.Sub(g.FirstToken); d > 0 && g.Streamed && g.Usage.Output > 0 {
		p.Speed = strconv.FormatFloat(float64(g.Usage.Output)/d.Seconds(), 'f', 0, 64) + " tokens/s"
	}
}

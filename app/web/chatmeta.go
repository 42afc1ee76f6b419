package web

import (
	"context"
	"net/http"
	"time"

	"bourse/app/catalog"
	"bourse/billing"
	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

const (
	elsewhereShown = 3
	// settleWait is how long the cost of an answer that was stopped may take to be booked.
	settleWait  = 10 * time.Second
	settleEvery = 100 * time.Millisecond
)

// chatMeta is what one answer took and cost, and what the same would have cost elsewhere.
func (s *Server) chatMeta(ctx context.Context, accountID, id string) (views.ChatMeta, error) {
	g, err := s.DB.GenerationByID(ctx, accountID, id)
	if err != nil {
		return views.ChatMeta{}, err
	}
	m := views.ChatMeta{
		ID: g.ID, Model: g.Model, Provider: g.Provider, Input: views.Count(g.Usage.Input), Output: views.Count(g.Usage.Output),
		Cost: views.ExactMoney(int64(g.Charge())), Open: g.State == models.GenerationOpen, Stopped: g.Cancelled, Length: g.Finish == "length",
		Failed: g.State == models.GenerationVoided || g.Finish == "error",
	}
	if !g.FirstToken.IsZero() {
		m.First = views.Seconds(g.FirstToken.Sub(g.Created))
		if took := g.Finished.Sub(g.FirstToken); took > 50*time.Millisecond && g.Usage.Output > 1 {
			m.Speed = views.Count(int64(float64(g.Usage.Output) / took.Seconds()))
		}
	}
	snapshot := s.Catalog.Current()
	if p := snapshot.Provider(g.Provider); p != nil {
		m.Provider = p.Name
	}
	e := snapshot.Model(g.Model)
	if e == nil {
		return m, nil
	}
	m.Model = e.Name
	if g.State == models.GenerationSettled && g.Usage.Output > 0 {
		m.Elsewhere = elsewhere(snapshot, e, g)
	}
	return m, nil
}

// elsewhere is what the same tokens would have cost on models that can do as much: the cheapest,
// and where there are not enough of them, those that come nearest.
func elsewhere(s *catalog.Snapshot, e *catalog.Entry, g *models.Generation) []views.ChatElsewhere {
	list := s.CheaperThan(e, elsewhereShown)
	for _, x := range s.Successors(e, 2*elsewhereShown) {
		if len(list) < elsewhereShown && !hasModel(list, x.ID) {
			list = append(list, x)
		}
	}
	usage := g.Usage
	usage.ProviderCost, usage.Tier = -1, ""
	var out []views.ChatElsewhere
	for _, x := range list {
		charge, err := billing.Price(x.Offer.Pricing, usage, g.FeeBps, false)
		if err != nil {
			continue
		}
		out = append(out, views.ChatElsewhere{Name: x.Name, Href: views.ModelHref(x.ID), Cost: views.ExactMoney(int64(charge.Total())), Less: charge.Total() < g.Charge()})
	}
	return out
}

func hasModel(list []catalog.Substitute, id string) bool {
	for _, x := range list {
		if x.ID == id {
			return true
		}
	}
	return false
}

// ChatCost says what an answer cost that was stopped: its stream ended before it could say so.
func (s *Server) ChatCost(c echo.Context) error {
	ctx, v := c.Request().Context(), visitor(c)
	end := time.After(settleWait)
	tick := time.NewTicker(settleEvery)
	defer tick.Stop()
	for {
		meta, err := s.chatMeta(ctx, v.AccountID, c.Param("id"))
		if err != nil {
			return err
		}
		if !meta.Open {
			return s.render(c, http.StatusOK, views.ChatMetaLine(meta))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-end:
			return s.render(c, http.StatusOK, views.ChatMetaLine(meta))
		case <-tick.C:
		}
	}
}

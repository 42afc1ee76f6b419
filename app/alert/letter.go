package alert

import (
	"strconv"
	"time"

	"bourse/app/catalog"
	"bourse/models"
)

const (
	pathModels = "/models/"
	pathAlerts = "/alerts"
)

// letterID names the letter of one move: the same move, ordered twice, is one letter.
func letterID(v View) string { return "alert:" + v.ID + ":" + strconv.FormatInt(v.Epoch, 10) }

// Wanted says what an alert watches, in a few words: "output at or below $9.00".
func (v View) Wanted() string { return v.Measure.Label + " at or below $" + v.Below.PerMillionUSD() }

func (a *Alerts) priceLetter(s *catalog.Snapshot, v View, now time.Time) *models.Outbox {
	rate := "$" + v.Rate.PerMillionUSD()
	subject := v.Name + ": " + v.Measure.Label + " at " + rate + " per 1M tokens"
	among := ""
	if v.Among.Name != "" {
		among = " Only " + v.Among.Label + " are looked at."
	}
	body := "Hello,\n\nthe " + v.Measure.Label + " price of " + v.Name + " is " + rate + " per million tokens at " + v.Offer.Provider.Name +
		". You asked to be told at $" + v.Below.PerMillionUSD() + " or less." + among + "\n\n" +
		"This price is recorded since " + since(s, v).UTC().Format("2 Jan 2006, 15:04") + " UTC.\n\n" +
		"The model, its other offers and the history of its price: " + a.BaseURL + pathModels + v.Model + "\n\n" +
		"The alert stays. When the price has been above your mark and falls to it again, you get another letter, at most one a day.\n" +
		a.links(v)
	o := a.Letter(letterID(v), v.AccountID, subject, body, now)
	return &o
}

func (a *Alerts) endLetter(v View, now time.Time) *models.Outbox {
	body := "Hello,\n\n" + v.Name + " is not sold any more, by anybody on our list. Your price alert for it (" + v.Wanted() + " per million tokens) has ended.\n\n" +
		"What to use instead: " + a.BaseURL + pathModels + v.Model + "\n" + a.links(v)
	o := a.Letter(letterID(v), v.AccountID, v.Name+" is not sold any more: your price alert has ended", body, now)
	return &o
}

func (a *Alerts) links(v View) string {
	return "Remove this alert: " + a.BaseURL + pathAlerts + "/" + v.ID + "/remove\nAll your alerts: " + a.BaseURL + pathAlerts + "\n"
}

// since is when the price of an offer began, as recorded.
func since(s *catalog.Snapshot, v View) time.Time {
	if list := s.OfferHistory(v.Model, v.Offer.Tag, s.At, s.At); len(list) > 0 {
		return list[0].EffectiveFrom
	}
	return s.At
}

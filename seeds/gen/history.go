package main

import (
	"fmt"

	"bourse/models"
	"bourse/seeds"
)

// Sources and flags that we add to those of the collected facts.
const (
	sourceRecorded = "models.dev" // the main history
	sourceEarly    = "litellm"    // the early one
	flagScheduled  = "scheduled"
	flagPlaceheld  = "zero-placeholder"
)

type offerKey struct{ model, tag string }

// shippedHistory merges both histories of each shipped offer with its price of today and with the
// changes its provider has announced. Offers whose only price is today's get no line.
func shippedHistory(src *source, offers seeds.OfferFile) ([]seeds.HistoryLine, error) {
	recorded, err := pointsByOffer(src.History, sourceRecorded)
	if err != nil {
		return nil, err
	}
	early, err := pointsByOffer(src.Early, sourceEarly)
	if err != nil {
		return nil, err
	}
	scheduled := map[offerKey][]map[string]string{}
	for _, o := range src.Offers {
		scheduled[offerKey{o.Model, o.Tag}] = o.ScheduledChanges
	}
	var out []seeds.HistoryLine
	for _, o := range offers.Offers {
		key := offerKey{o.Model, o.Tag}
		points := withToday(mergePoints(early[key], recorded[key]), o)
		for _, change := range scheduled[key] {
			point, err := scheduledPoint(change, o)
			if err != nil {
				return nil, fmt.Errorf("%s at %s: %w", o.Model, o.Tag, err)
			}
			points = append(points, point)
		}
		if len(points) == 1 && points[0].Date == o.Since() && points[0].Flag == "" && points[0].Source == o.PriceSource {
			continue
		}
		out = append(out, seeds.HistoryLine{Model: o.Model, Tag: o.Tag, Points: points})
	}
	return out, nil
}

func pointsByOffer(list []sourceHistory, source string) (map[offerKey][]seeds.HistoryPoint, error) {
	out := map[offerKey][]seeds.HistoryPoint{}
	for _, h := range list {
		key := offerKey{h.Model, h.Tag}
		for _, p := range h.Points {
			if len(p) < 5 || p[0] == nil {
				return nil, fmt.Errorf("%s at %s: a point of %d members", h.Model, h.Tag, len(p))
			}
			prices := map[string]string{}
			for i, name := range []string{"input", "output", "cache_read", "cache_write"} {
				if i+1 < len(p)-1 && p[i+1] != nil {
					prices[name] = *p[i+1]
				}
			}
			rates, err := parseRates(prices)
			if err != nil {
				return nil, fmt.Errorf("%s at %s on %s: %w", h.Model, h.Tag, *p[0], err)
			}
			point := seeds.HistoryPoint{Date: *p[0], Rates: rates, Source: source}
			if flag := p[len(p)-1]; flag != nil {
				point.Flag = *flag
			}
			out[key] = append(out[key], point)
		}
	}
	return out, nil
}

// mergePoints puts the early points before the main history and leaves out points that say
// nothing new: the main history begins with a first look, not with a change.
func mergePoints(early, recorded []seeds.HistoryPoint) []seeds.HistoryPoint {
	var all, out []seeds.HistoryPoint
	for _, p := range early {
		if len(recorded) == 0 || p.Date < recorded[0].Date {
			all = append(all, p)
		}
	}
	for _, p := range append(all, recorded...) {
		if n := len(out); n > 0 {
			if out[n-1].Date == p.Date {
				out = out[:n-1]
			} else if p.Flag == "" && sameWhereKnown(out[n-1].Rates, p.Rates) {
				continue
			}
		}
		out = append(out, p)
	}
	return out
}

// withToday ends the points with the price of offers.json: in place of the last point when that
// says the same, else after it, from the day a source dated it.
func withToday(points []seeds.HistoryPoint, o seeds.OfferLine) []seeds.HistoryPoint {
	today := seeds.HistoryPoint{Date: o.Since(), Source: o.PriceSource}
	n := len(points)
	if n == 0 {
		return []seeds.HistoryPoint{today}
	}
	last := &points[n-1]
	if sameWhereKnown(last.Rates, o.Rates) {
		last.Rates = nil
		return points
	}
	if last.Flag == "" && isZero(last.Rates) && !isZero(o.Rates) {
		last.Flag = flagPlaceheld
	}
	if today.Date <= last.Date {
		today.Date = o.LastSeen
	}
	if today.Date <= last.Date {
		today.Date = last.Date
		points = points[:n-1] // two prices of one day: the one in use stands
	}
	return append(points, today)
}

// scheduledPoint is an announced price; what the announcement does not name stays as it is.
func scheduledPoint(change map[string]string, o seeds.OfferLine) (seeds.HistoryPoint, error) {
	prices := map[string]string{}
	for k, v := range change {
		if k != "date" {
			prices[k] = v
		}
	}
	rates, err := parseRates(prices)
	if err != nil {
		return seeds.HistoryPoint{}, err
	}
	for unit, r := range o.Rates {
		if _, named := rates[unit]; !named {
			rates[unit] = r
		}
	}
	return seeds.HistoryPoint{Date: change["date"], Rates: rates, Source: o.PriceSource, Flag: flagScheduled}, nil
}

// sameWhereKnown compares the units that both name; input and output must be named by both or by
// neither.
func sameWhereKnown(a, b models.Rates) bool {
	for _, u := range []models.Unit{models.UnitInput, models.UnitOutput} {
		ra, oka := a[u]
		rb, okb := b[u]
		if oka != okb || ra != rb {
			return false
		}
	}
	for u, ra := range a {
		if rb, ok := b[u]; ok && ra != rb {
			return false
		}
	}
	return true
}

func isZero(r models.Rates) bool { return models.Pricing{Rates: r}.Free() }

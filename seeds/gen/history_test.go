package main

import (
	"reflect"
	"testing"

	"bourse/models"
	"bourse/seeds"
)

func point(date string, in, out models.Rate, flag string) seeds.HistoryPoint {
	return seeds.HistoryPoint{Date: date, Rates: models.Rates{models.UnitInput: in, models.UnitOutput: out}, Flag: flag}
}

func dates(points []seeds.HistoryPoint) []string {
	var out []string
	for _, p := range points {
		out = append(out, p.Date)
	}
	return out
}

func TestEarlyPointsComeFirstAndAFirstLookIsNoChange(t *testing.T) {
	early := []seeds.HistoryPoint{point("2024-02-01", 9, 9, ""), point("2025-01-01", 5, 9, ""), point("2025-08-01", 1, 1, "")}
	recorded := []seeds.HistoryPoint{point("2025-06-04", 5, 9, ""), point("2025-09-01", 4, 9, "")}
	got := dates(mergePoints(early, recorded))
	if want := []string{"2024-02-01", "2025-01-01", "2025-09-01"}; !reflect.DeepEqual(got, want) {
		t.Errorf("dates %v, want %v", got, want)
	}
}

func TestFlaggedPointsAreKept(t *testing.T) {
	got := mergePoints(nil, []seeds.HistoryPoint{point("2025-06-04", 5, 9, ""), point("2025-07-01", 5, 9, "cache-fields-only")})
	if len(got) != 2 || got[1].Flag != "cache-fields-only" {
		t.Errorf("points %v", got)
	}
}

func TestTodayReplacesTheLastPointOrFollowsIt(t *testing.T) {
	offer := seeds.OfferLine{LastSeen: "2026-08-22", PriceSource: "x", Rates: models.Rates{models.UnitInput: 5, models.UnitOutput: 9, models.UnitCacheRead: 1}}
	got := withToday([]seeds.HistoryPoint{point("2025-06-04", 5, 9, "")}, offer)
	if len(got) != 1 || got[0].Rates != nil || got[0].Date != "2025-06-04" {
		t.Errorf("the same price: %v", got)
	}
	got = withToday([]seeds.HistoryPoint{point("2025-06-04", 0, 0, "")}, offer)
	if len(got) != 2 || got[0].Flag != flagPlaceheld || got[1].Rates != nil || got[1].Date != "2026-08-22" {
		t.Errorf("a zero before a price: %v", got)
	}
}

func TestAnnouncedPricesKeepWhatTheyDoNotName(t *testing.T) {
	offer := seeds.OfferLine{PriceSource: "x", Rates: models.Rates{models.UnitInput: 2_000_000, models.UnitCacheRead: 7}}
	got, err := scheduledPoint(map[string]string{"date": "2026-09-01", "input": "3"}, offer)
	if err != nil {
		t.Fatal(err)
	}
	want := models.Rates{models.UnitInput: 3_000_000, models.UnitCacheRead: 7}
	if got.Date != "2026-09-01" || got.Flag != flagScheduled || !reflect.DeepEqual(got.Rates, want) {
		t.Errorf("%+v", got)
	}
}

package models_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"bourse/models"
)

var windowKinds = []string{models.WindowDaily, models.WindowWeekly, models.WindowMonthly}

func TestWindowStarts(t *testing.T) {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	kiritimati, err := time.LoadLocation("Pacific/Kiritimati")
	if err != nil {
		t.Fatal(err)
	}
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		name                   string
		at                     time.Time
		daily, weekly, monthly time.Time
	}{
		{"a Monday at midnight", day(2026, 3, 2), day(2026, 3, 2), day(2026, 3, 2), day(2026, 3, 1)},
		{"the last moment of a Sunday", day(2026, 3, 2).Add(-time.Microsecond), day(2026, 3, 1), day(2026, 2, 23), day(2026, 3, 1)},
		{"New Year in the middle of a week", day(2026, 1, 1), day(2026, 1, 1), day(2025, 12, 29), day(2026, 1, 1)},
		{"a leap day", day(2028, 2, 29).Add(5 * time.Hour), day(2028, 2, 29), day(2028, 2, 28), day(2028, 2, 1)},
		{"the hour that a clock skips", time.Date(2026, 3, 8, 3, 0, 0, 0, newYork), day(2026, 3, 8), day(2026, 3, 2), day(2026, 3, 1)},
		{"an evening that is tomorrow in UTC", time.Date(2026, 3, 31, 22, 0, 0, 0, newYork), day(2026, 4, 1), day(2026, 3, 30), day(2026, 4, 1)},
		{"a morning that is yesterday in UTC", time.Date(2026, 1, 1, 9, 0, 0, 0, kiritimati), day(2025, 12, 31), day(2025, 12, 29), day(2025, 12, 1)},
	} {
		for i, want := range []time.Time{c.daily, c.weekly, c.monthly} {
			if got := models.WindowStart(windowKinds[i], c.at); !got.Equal(want) {
				t.Errorf("%s: its %s window starts %s, not %s", c.name, windowKinds[i], got, want)
			}
		}
	}
	if got := models.WindowStart(models.WindowTotal, time.Now()); !got.IsZero() {
		t.Errorf("in all starts at %s", got)
	}
}

// TestWindowsTile takes moments in any zone: each lies in its window, and where one window ends
// the next begins.
func TestWindowsTile(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for range 20_000 {
		zone := time.FixedZone("", (rng.IntN(27)-12)*3600+rng.IntN(3)*900)
		at := time.UnixMicro(rng.Int64N(4_000_000_000_000_000)).In(zone)
		for _, kind := range windowKinds {
			start, end := models.WindowStart(kind, at), models.WindowEnd(kind, at)
			if at.Before(start) || !at.Before(end) {
				t.Fatalf("%s is not in its %s window %s to %s", at, kind, start, end)
			}
			if next := models.WindowStart(kind, end); !next.Equal(end) {
				t.Fatalf("the %s window that follows %s starts %s", kind, end, next)
			}
			if last := models.WindowStart(kind, end.Add(-time.Microsecond)); !last.Equal(start) {
				t.Fatalf("the end of the %s window from %s belongs to that from %s", kind, start, last)
			}
			if kind == models.WindowWeekly && start.Weekday() != time.Monday {
				t.Fatalf("a week starts on a %s", start.Weekday())
			}
		}
	}
}

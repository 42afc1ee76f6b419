package models

import (
	"context"
	"fmt"
	"time"
)

// The kinds of spending windows of a key.
const (
	WindowTotal   = "total"
	WindowDaily   = "daily"
	WindowWeekly  = "weekly"
	WindowMonthly = "monthly"
)

// WindowStart is when the window of a kind that contains t began: UTC midnight, Monday for weeks,
// the first for months, the zero time for total.
func WindowStart(kind string, t time.Time) time.Time {
	y, m, d := t.UTC().Date()
	switch kind {
	case WindowDaily:
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	case WindowWeekly:
		back := (int(t.UTC().Weekday()) + 6) % 7
		return time.Date(y, m, d-back, 0, 0, 0, 0, time.UTC)
	case WindowMonthly:
		return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Time{}
}

// WindowEnd is when the window that contains t ends; the zero time for total, which never does.
func WindowEnd(kind string, t time.Time) time.Time {
	start := WindowStart(kind, t)
	switch kind {
	case WindowDaily:
		return start.AddDate(0, 0, 1)
	case WindowWeekly:
		return start.AddDate(0, 0, 7)
	case WindowMonthly:
		return start.AddDate(0, 1, 0)
	}
	return time.Time{}
}

// KeySpend is what a key has spent and holds, in all and in the windows that contain one moment.
type KeySpend struct {
	Total   WindowState
	Daily   WindowState
	Weekly  WindowState
	Monthly WindowState
}

// Of returns the window of one kind.
func (s KeySpend) Of(kind string) WindowState {
	switch kind {
	case WindowDaily:
		return s.Daily
	case WindowWeekly:
		return s.Weekly
	case WindowMonthly:
		return s.Monthly
	}
	return s.Total
}

// KeySpend reads what the keys have spent, by key id, for the windows that contain now.
func (db *DB) KeySpend(ctx context.Context, keyIDs []string, now time.Time) (map[string]KeySpend, error) {
	type row struct {
		KeyID     string
		Kind      string
		StartUs   int64
		SpentNano Amount
		HeldNano  Amount
	}
	var rows []row
	starts := []int64{0}
	for _, kind := range []string{WindowDaily, WindowWeekly, WindowMonthly} {
		starts = append(starts, WindowStart(kind, now).UnixMicro())
	}
	if len(keyIDs) == 0 {
		return map[string]KeySpend{}, nil
	}
	err := db.r(ctx).Table("key_window").Where("key_id IN ? AND start_us IN ?", keyIDs, starts).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read key windows: %w", err)
	}
	out := make(map[string]KeySpend, len(keyIDs))
	for _, r := range rows {
		s := out[r.KeyID]
		w := WindowState{Key: WindowKey{r.KeyID, r.Kind, r.StartUs}, Spent: r.SpentNano, Held: r.HeldNano}
		switch {
		case r.Kind == WindowTotal:
			s.Total = w
		case r.Kind == WindowDaily && r.StartUs == starts[1]:
			s.Daily = w
		case r.Kind == WindowWeekly && r.StartUs == starts[2]:
			s.Weekly = w
		case r.Kind == WindowMonthly && r.StartUs == starts[3]:
			s.Monthly = w
		}
		out[r.KeyID] = s
	}
	return out, nil
}

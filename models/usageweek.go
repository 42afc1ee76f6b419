package models

import (
	"context"
	"fmt"
)

const (
	weekDays = 7
	// firstMonday is the first day since 1970 that begins a week.
	firstMonday = 4
)

// UsageWeekOf is the day on which the week of a day begins, a Monday.
func UsageWeekOf(day int64) int64 { return day - (day-firstMonday)%weekDays }

// reachOfWeek is what accounts used in the week that ends with a day, and false when none does.
func (db *DB) reachOfWeek(ctx context.Context, day int64) ([]UsageReach, bool, error) {
	if UsageWeekOf(day) != day-weekDays+1 {
		return nil, false, nil
	}
	list, err := db.Reach(ctx, day-weekDays+1, day+1)
	for i := range list {
		list[i].At = day - weekDays + 1
	}
	return list, true, err
}

// putReach writes how many accounts used what in spans, over what was written of them before.
func (db *DB) putReach(ctx context.Context, table string, list []UsageReach) error {
	b := newBulk("at:i traffic:t model:t accounts:i tokens:i spend_nano:i most_tokens:i most_nano:i")
	for _, r := range list {
		b.add(r.At, string(r.Traffic), r.Model, r.Accounts, r.Tokens, int64(r.Spend), r.MostTokens, int64(r.MostSpend))
	}
	return db.put(ctx, b, "", table, "at", "traffic", "model")
}

// UsageWeeks lists what at least so many accounts used in each whole week from one Monday up to a
// day, oldest first.
func (db *DB) UsageWeeks(ctx context.Context, from, to, least int64) ([]UsageReach, error) {
	var out []UsageReach
	err := db.r(ctx).Table("usage_week").Where("at >= ? AND at < ? AND accounts >= ?", from, to, least).Order("at, traffic, model").Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("read the use of weeks: %w", err)
	}
	return out, nil
}

package models

import (
	"context"
	"fmt"
	"time"
)

// ActivityMax bounds how many rows an activity has.
const ActivityMax = 10_000

// ActivityRow is what an account used of one endpoint on one UTC day.
type ActivityRow struct {
	Day       int64 // since 1970
	Model     string
	Provider  string
	Tag       string
	Requests  int64
	TokensIn  int64
	TokensOut int64
	Reasoning int64
	Charge    Amount // cost and fee
}

// Date is the day, at midnight UTC.
func (r ActivityRow) Date() time.Time { return time.Unix(r.Day*secondsPerDay, 0).UTC() }

const (
	secondsPerDay = 24 * 60 * 60
	microPerDay   = secondsPerDay * 1_000_000
)

// Activity sums up what was charged of the generations that a filter selects, by day and endpoint:
// the newest day first, and the dearest endpoint of a day. Limit and Offset do not matter.
func (db *DB) Activity(ctx context.Context, f GenerationFilter) ([]ActivityRow, error) {
	var rows []ActivityRow
	reasoning := "CAST(json_extract(usage, '$.reasoning') AS INTEGER)"
	if db.Dialect() == "postgres" {
		reasoning = "CAST(CAST(usage AS json)->>'reasoning' AS BIGINT)"
	}
	day := fmt.Sprintf("created_us / %d", microPerDay)
	err := f.apply(db.r(ctx).Table("generation")).Where("state IN (1, 3)").
		Select(day + ` AS day, model, provider, tag, COUNT(*) AS requests, SUM(tokens_in) AS tokens_in, SUM(tokens_out) AS tokens_out,
			COALESCE(SUM(CASE WHEN usage = '' THEN 0 ELSE ` + reasoning + ` END), 0) AS reasoning, SUM(cost_nano + fee_nano) AS charge`).
		Group(day + ", model, provider, tag").Order("day DESC, charge DESC, model, tag").Limit(ActivityMax).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("sum an activity: %w", err)
	}
	return rows, nil
}

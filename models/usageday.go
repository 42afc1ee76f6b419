package models

import (
	"context"
	"fmt"
	"time"
)

// UsageDay is what was used of one model at one provider on one day.
type UsageDay struct {
	At        int64 // since 1970
	Traffic   Traffic
	Model     string
	Provider  string
	Accounts  int64
	Requests  int64
	TokensIn  int64
	TokensOut int64
	Reasoning int64
	Cached    int64
	Spend     Amount `gorm:"column:spend_nano"`
}

// UsageReach is how many accounts used a model, at all its providers, and the part of the largest.
type UsageReach struct {
	At         int64 // the day since 1970, or the Monday of a week
	Traffic    Traffic
	Model      string
	Accounts   int64
	Tokens     int64
	Spend      Amount `gorm:"column:spend_nano"`
	MostTokens int64
	MostSpend  Amount `gorm:"column:most_nano"`
}

// UsageState says how far the counting has come.
type UsageState struct {
	NextDay  int64 // each day before it is final
	NextHour int64
	Version  int64 // differs whenever a sum does
}

// reachQuery folds the rows of the accounts twice: by account, then by model.
const reachQuery = `SELECT traffic, model, COUNT(*) AS accounts, CAST(SUM(tokens) AS BIGINT) AS tokens, CAST(SUM(spend) AS BIGINT) AS spend_nano,
	CAST(MAX(tokens) AS BIGINT) AS most_tokens, CAST(MAX(spend) AS BIGINT) AS most_nano FROM
	(SELECT traffic, model, account_id, SUM(tokens_in + tokens_out) AS tokens, SUM(spend_nano) AS spend
		FROM usage_account WHERE at >= ? AND at < ? GROUP BY 1, 2, 3) AS a
	GROUP BY traffic, model ORDER BY traffic, model`

// Reach tells of each model how many accounts used it from one day up to another.
func (db *DB) Reach(ctx context.Context, from, to int64) ([]UsageReach, error) {
	var out []UsageReach
	if err := db.r(ctx).Raw(reachQuery, from, to).Scan(&out).Error; err != nil {
		return nil, fmt.Errorf("read how many used what: %w", err)
	}
	return out, nil
}

// CloseUsageDay folds what the accounts used on a day into the sums that are kept for good. A day
// that was closed before gets its sums anew; the first day that was not is then the next one.
func (db *DB) CloseUsageDay(ctx context.Context, day int64) error {
	var sums []UsageDay
	err := db.r(ctx).Raw(`SELECT at, traffic, model, provider, COUNT(*) AS accounts, CAST(SUM(requests) AS BIGINT) AS requests,
		CAST(SUM(tokens_in) AS BIGINT) AS tokens_in, CAST(SUM(tokens_out) AS BIGINT) AS tokens_out, CAST(SUM(reasoning) AS BIGINT) AS reasoning,
		CAST(SUM(cached) AS BIGINT) AS cached, CAST(SUM(spend_nano) AS BIGINT) AS spend_nano
		FROM usage_account WHERE at = ? GROUP BY at, traffic, model, provider`, day).Scan(&sums).Error
	if err != nil {
		return fmt.Errorf("sum up a day: %w", err)
	}
	reach, err := db.Reach(ctx, day, day+1)
	if err != nil {
		return err
	}
	days := newBulk("at:i traffic:t model:t provider:t accounts:i requests:i tokens_in:i tokens_out:i reasoning:i cached:i spend_nano:i")
	for _, s := range sums {
		days.add(s.At, string(s.Traffic), s.Model, s.Provider, s.Accounts, s.Requests, s.TokensIn, s.TokensOut, s.Reasoning, s.Cached, int64(s.Spend))
	}
	for i := range reach {
		reach[i].At = day
	}
	week, whole, err := db.reachOfWeek(ctx, day)
	if err != nil {
		return err
	}
	return db.Tx(ctx, func(tx *DB) error {
		if err := tx.put(ctx, days, "", "usage_day", "at", "traffic", "model", "provider"); err != nil {
			return err
		}
		if err := tx.putReach(ctx, "usage_reach", reach); err != nil {
			return err
		}
		if whole {
			if err := tx.putReach(ctx, "usage_week", week); err != nil {
				return err
			}
		}
		err := tx.w(ctx).Exec("UPDATE usage_state SET version = version + 1, next_day = CASE WHEN next_day > ? THEN next_day ELSE ? END WHERE id = 1", day+1, day+1).Error
		if err != nil {
			return fmt.Errorf("close a day: %w", err)
		}
		return nil
	})
}

// DropUsageDay forgets all sums of a day, to have it counted anew.
func (db *DB) DropUsageDay(ctx context.Context, day int64) error {
	return db.Tx(ctx, func(tx *DB) error {
		for _, table := range []string{"usage_account", "usage_day", "usage_reach"} {
			if err := tx.w(ctx).Exec("DELETE FROM "+table+" WHERE at = ?", day).Error; err != nil {
				return fmt.Errorf("forget a day of use: %w", err)
			}
		}
		return nil
	})
}

// UsageDaysOf lists the sums of the days from one up to another, oldest first.
func (db *DB) UsageDaysOf(ctx context.Context, from, to int64) ([]UsageDay, error) {
	var out []UsageDay
	err := db.r(ctx).Table("usage_day").Where("at >= ? AND at < ?", from, to).Order("at, traffic, model, provider").Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("read the use of days: %w", err)
	}
	return out, nil
}

// ReachOf lists what at least so many accounts used on the closed days from one up to another, oldest
// first.
func (db *DB) ReachOf(ctx context.Context, from, to, least int64) ([]UsageReach, error) {
	var out []UsageReach
	err := db.r(ctx).Table("usage_reach").Where("at >= ? AND at < ? AND accounts >= ?", from, to, least).Order("at, traffic, model").Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("read how many used what: %w", err)
	}
	return out, nil
}

// FirstUsageDay is the first day of which there are sums, 0 when there are none.
func (db *DB) FirstUsageDay(ctx context.Context) (int64, error) {
	var at int64
	if err := db.r(ctx).Raw("SELECT COALESCE(MIN(at), 0) FROM usage_reach").Scan(&at).Error; err != nil {
		return 0, fmt.Errorf("look for the first day of use: %w", err)
	}
	return at, nil
}

// UsageState reads how far the counting has come; the zero value before it began.
func (db *DB) UsageState(ctx context.Context) (UsageState, error) {
	var s UsageState
	if err := db.r(ctx).Raw("SELECT next_day, next_hour, version FROM usage_state WHERE id = 1").Scan(&s).Error; err != nil {
		return s, fmt.Errorf("read the state of counting: %w", err)
	}
	return s, nil
}

// TakeUsage reserves the counting for one owner for a while, and reports whether it got it: of
// several replicas one counts. Where nothing was counted yet it begins with the first generation.
func (db *DB) TakeUsage(ctx context.Context, owner string, lease time.Duration, now time.Time) (UsageState, bool, error) {
	if err := db.beginUsage(ctx, now); err != nil {
		return UsageState{}, false, err
	}
	if db.dialect != PostgreSQL { // one process serves the file, and need not write anything to be alone
		s, err := db.UsageState(ctx)
		return s, true, err
	}
	clock, err := db.now(ctx)
	if err != nil {
		return UsageState{}, false, err
	}
	q := db.w(ctx).Exec("UPDATE usage_state SET owner = ?, until_us = ? WHERE id = 1 AND (owner = ? OR until_us < ?)", owner, clock+lease.Microseconds(), owner, clock)
	if q.Error != nil {
		return UsageState{}, false, fmt.Errorf("reserve the counting: %w", q.Error)
	}
	s, err := db.UsageState(ctx)
	return s, q.RowsAffected > 0, err
}

func (db *DB) beginUsage(ctx context.Context, now time.Time) error {
	if s, err := db.UsageState(ctx); err != nil || s.NextDay > 0 {
		return err
	}
	day := UsageDays.At(now)
	var first []int64
	if err := db.r(ctx).Raw("SELECT created_us FROM generation WHERE id >= 'gen-' ORDER BY id LIMIT 1").Scan(&first).Error; err != nil {
		return fmt.Errorf("look for the first generation: %w", err)
	}
	if len(first) > 0 {
		day = min(day, first[0]/UsageDays.us)
	}
	err := db.w(ctx).Exec("INSERT INTO usage_state (id, next_day, next_hour) VALUES (1, ?, ?) ON CONFLICT (id) DO NOTHING", day, UsageHours.At(now)-hoursAtFirst).Error
	if err != nil {
		return fmt.Errorf("begin to count: %w", err)
	}
	return nil
}

// hoursAtFirst is how many hours back the counting by hours begins.
const hoursAtFirst = 48

// SetUsageHour notes that each hour before one is final, and that sums have changed if they have.
func (db *DB) SetUsageHour(ctx context.Context, hour int64, changed bool) error {
	more := 0
	if changed {
		more = 1
	}
	err := db.w(ctx).Exec("UPDATE usage_state SET next_hour = ?, version = version + ? WHERE id = 1", hour, more).Error
	if err != nil {
		return fmt.Errorf("note the hour of counting: %w", err)
	}
	return nil
}

// OldestOpen is when the oldest request began that has not ended, and false when none runs.
func (db *DB) OldestOpen(ctx context.Context) (time.Time, bool, error) {
	var us *int64
	if err := db.r(ctx).Raw("SELECT MIN(created_us) FROM generation WHERE state = 0").Scan(&us).Error; err != nil {
		return time.Time{}, false, fmt.Errorf("look for open requests: %w", err)
	}
	if us == nil {
		return time.Time{}, false, nil
	}
	return fromMicro(*us), true, nil
}

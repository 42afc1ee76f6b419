package models

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// Traffic is what kind of use a generation was. The kinds are never added up.
type Traffic string

// The kinds of traffic.
const (
	TrafficPaid    Traffic = "paid"    // somebody's money went to a provider for it
	TrafficFree    Traffic = "free"    // at an offer that costs nothing
	TrafficSandbox Traffic = "sandbox" // the demo, models on this machine, and what sandbox credit may pay for
)

// UsageSpan is how long the parts are that use is summed up by. It names their table as well.
type UsageSpan struct {
	table string
	us    int64
}

// The spans.
var (
	UsageHours = UsageSpan{"usage_hour", int64(time.Hour / time.Microsecond)}
	UsageDays  = UsageSpan{"usage_account", microPerDay}
)

// At is the number of the span, counted since 1970, that a moment lies in.
func (s UsageSpan) At(t time.Time) int64 { return t.UnixMicro() / s.us }

// Start is the moment at which a span begins.
func (s UsageSpan) Start(at int64) time.Time { return time.UnixMicro(at * s.us).UTC() }

// UsageRow is what one account used of one model at one provider in one span.
type UsageRow struct {
	At        int64
	Traffic   Traffic
	Model     string
	Provider  string
	AccountID string
	Requests  int64
	TokensIn  int64
	TokensOut int64
	Reasoning int64
	Cached    int64
	Spend     Amount // what the provider's list comes to, without our fee
}

// Tokens are those read and those written.
func (r *UsageRow) Tokens() int64 { return r.TokensIn + r.TokensOut }

// idSlack is by how many seconds the time in a generation's id may differ from its record's: both
// are taken one after the other.
const idSlack = 60

// The kinds of traffic in SQL. A call that used nothing is free where nothing was held for it.
const (
	trafficOf = `CASE WHEN NOT own_key AND NOT real_credit THEN 'sandbox'
		WHEN cost_pico = 0 AND (tokens_in + tokens_out > 0 OR hold_nano = 0) THEN 'free' ELSE 'paid' END`
	spendOf = `CASE WHEN own_key THEN (cost_pico + 500) / 1000 ELSE cost_nano END`
)

// countUsageQuery sums up the charged generations of a time. Ids begin with the second they were
// made in, so the primary key finds them: no index of times is kept, which every call would pay for.
func (db *DB) countUsageQuery() string {
	reasoning := "CAST(json_extract(usage, '$.reasoning') AS BIGINT)"
	if db.dialect == PostgreSQL {
		reasoning = "CAST(CAST(usage AS json)->>'reasoning' AS BIGINT)"
	}
	sum := func(what string) string { return "CAST(COALESCE(SUM(" + what + "), 0) AS BIGINT)" }
	return `SELECT ` + trafficOf + ` AS traffic, model, provider, account_id, COUNT(*), ` + sum("tokens_in") + `, ` + sum("tokens_out") + `, ` +
		sum(`CASE WHEN usage LIKE '%"reasoning"%' THEN `+reasoning+` ELSE 0 END`) + `, ` + sum("tokens_cached") + `, ` + sum(spendOf) + `
		FROM generation WHERE id >= ? AND id < ? AND created_us >= ? AND created_us < ? AND state IN (1, 3)
		GROUP BY 1, 2, 3, 4`
}

func countUsageArgs(from, to time.Time) []any {
	second := func(t time.Time, slack int64) string { return "gen-" + strconv.FormatInt(t.Unix()+slack, 10) }
	return []any{second(from, -idSlack), second(to, idSlack), from.UnixMicro(), to.UnixMicro()}
}

// CountUsage sums up the generations of one span that were charged, and gives the rows to each.
func (db *DB) CountUsage(ctx context.Context, span UsageSpan, at int64, each func(UsageRow) error) error {
	rows, err := db.r(ctx).Raw(db.countUsageQuery(), countUsageArgs(span.Start(at), span.Start(at+1))...).Rows()
	if err != nil {
		return fmt.Errorf("count use: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		r := UsageRow{At: at}
		if err := rows.Scan(&r.Traffic, &r.Model, &r.Provider, &r.AccountID, &r.Requests, &r.TokensIn, &r.TokensOut, &r.Reasoning, &r.Cached, &r.Spend); err != nil {
			return fmt.Errorf("count use: %w", err)
		}
		if err := each(r); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("count use: %w", err)
	}
	return nil
}

// PutUsage writes rows, over those of the same span, model, provider and account.
func (db *DB) PutUsage(ctx context.Context, span UsageSpan, list []UsageRow) error {
	b := newBulk("at:i traffic:t model:t provider:t account_id:t requests:i tokens_in:i tokens_out:i reasoning:i cached:i spend_nano:i")
	for _, r := range list {
		b.add(r.At, string(r.Traffic), r.Model, r.Provider, r.AccountID, r.Requests, r.TokensIn, r.TokensOut, r.Reasoning, r.Cached, int64(r.Spend))
	}
	return db.put(ctx, b, "", span.table, "at", "traffic", "model", "provider", "account_id")
}

// Usage adds up the rows of the spans from one up to another, and gives the sums to each: one kind
// of traffic after the other, in it one model after the other, and of that one account.
func (db *DB) Usage(ctx context.Context, span UsageSpan, from, to int64, each func(UsageRow)) error {
	rows, err := db.r(ctx).Raw(`SELECT traffic, model, provider, account_id, CAST(SUM(requests) AS BIGINT), CAST(SUM(tokens_in) AS BIGINT),
		CAST(SUM(tokens_out) AS BIGINT), CAST(SUM(reasoning) AS BIGINT), CAST(SUM(cached) AS BIGINT), CAST(SUM(spend_nano) AS BIGINT)
		FROM `+span.table+` WHERE at >= ? AND at < ?
		GROUP BY traffic, model, account_id, provider ORDER BY traffic, model, account_id, provider`, from, to).Rows()
	if err != nil {
		return fmt.Errorf("read use: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		r := UsageRow{At: from}
		if err := rows.Scan(&r.Traffic, &r.Model, &r.Provider, &r.AccountID, &r.Requests, &r.TokensIn, &r.TokensOut, &r.Reasoning, &r.Cached, &r.Spend); err != nil {
			return fmt.Errorf("read use: %w", err)
		}
		each(r)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read use: %w", err)
	}
	return nil
}

// ForgetUsage drops the rows of the spans before one.
func (db *DB) ForgetUsage(ctx context.Context, span UsageSpan, before int64) error {
	if err := db.w(ctx).Exec("DELETE FROM "+span.table+" WHERE at < ?", before).Error; err != nil {
		return fmt.Errorf("forget old use: %w", err)
	}
	return nil
}

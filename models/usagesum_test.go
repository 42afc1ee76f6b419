package models

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestCountingReadsOneSpanOnly asks the engines how they find the generations of a span: by the
// primary key, and not by looking at all of them or at an index that every call would pay for.
func TestCountingReadsOneSpanOnly(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		store, err := db.Money()
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
		var gens []*Generation
		for i := range 20_000 {
			at := start.Add(time.Duration(i) * 2 * time.Minute)
			gens = append(gens, &Generation{ID: fmt.Sprintf("gen-%d-%d", at.Unix(), i), AccountID: "acc-1", Model: "a/b", Provider: "p", State: GenerationSettled, Created: at, Finished: at})
		}
		if err := store.Run(t.Context(), func(ctx context.Context, m *MoneyTx) error { return m.InsertEnded(ctx, gens) }); err != nil {
			t.Fatal(err)
		}
		if db.Dialect() == PostgreSQL {
			if err := db.w(t.Context()).Exec("ANALYZE generation").Error; err != nil {
				t.Fatal(err)
			}
		}
		for _, q := range []struct {
			query        string
			args         []any
			lite, server string
		}{
			{db.countUsageQuery(), countUsageArgs(start, start.Add(time.Hour)), "SEARCH generation USING PRIMARY KEY (id>? AND id<?)", "generation_pkey"},
			{oldestOpenQuery, nil, "USING INDEX generation_open", "generation_open"},
		} {
			want := q.lite
			if db.Dialect() == PostgreSQL {
				want = q.server
			}
			if plan := planOf(t, db, q.query, q.args); !strings.Contains(plan, want) || strings.Contains(plan, "Seq Scan") {
				t.Errorf("%s\nis not answered by %s:\n%s", q.query, want, plan)
			}
		}
		n := int64(0)
		at := UsageHours.At(start.Add(5 * time.Hour))
		if err := db.CountUsage(t.Context(), UsageHours, at, func(r UsageRow) error { n += r.Requests; return nil }); err != nil || n != 30 {
			t.Errorf("%d requests in an hour: %v", n, err)
		}
	})
}

// planOf is how the engine would answer.
func planOf(t *testing.T, db *DB, query string, args []any) string {
	t.Helper()
	explain := "EXPLAIN QUERY PLAN "
	if db.Dialect() == PostgreSQL {
		explain = "EXPLAIN "
	}
	rows, err := db.r(t.Context()).Raw(explain+query, args...).Rows()
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		into := make([]any, len(columns))
		for i := range into {
			into[i] = new(any)
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&plan, *into[len(into)-1].(*any))
	}
	return plan.String()
}

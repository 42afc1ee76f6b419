package models

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm/clause"
)

// PaymentDifference is something on which the payment provider and our books do not agree.
type PaymentDifference struct {
	ID         string // of what kind, about what
	Kind       string
	ObjectID   string
	TopUpID    string `gorm:"column:topup_id"`
	AccountID  string
	Words      string
	FoundUs    int64
	SeenUs     int64
	ResolvedUs int64
}

// Found is when it was seen first.
func (d PaymentDifference) Found() time.Time { return fromMicro(d.FoundUs) }

// Resolved is when it was gone; zero while it is there.
func (d PaymentDifference) Resolved() time.Time { return fromMicro(d.ResolvedUs) }

// NoteDifference records a difference, or that it is still there; fresh says that it was not open
// before.
func (db *DB) NoteDifference(ctx context.Context, d PaymentDifference, now time.Time) (fresh bool, err error) {
	err = db.Tx(ctx, func(tx *DB) error {
		q := tx.w(ctx).Exec("UPDATE payment_difference SET seen_us = ?, words = ? WHERE id = ? AND resolved_us = 0", now.UnixMicro(), d.Words, d.ID)
		if q.Error != nil || q.RowsAffected > 0 {
			return q.Error
		}
		fresh = true
		return tx.w(ctx).Exec(`INSERT INTO payment_difference (id, kind, object_id, topup_id, account_id, words, found_us, seen_us, resolved_us)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (id) DO UPDATE SET words = excluded.words, found_us = excluded.found_us, seen_us = excluded.seen_us, resolved_us = 0`,
			d.ID, d.Kind, d.ObjectID, d.TopUpID, d.AccountID, d.Words, now.UnixMicro(), now.UnixMicro()).Error
	})
	if err != nil {
		return false, fmt.Errorf("note difference: %w", err)
	}
	return fresh, nil
}

// ResolveDifference notes that a difference is gone.
func (db *DB) ResolveDifference(ctx context.Context, id string, now time.Time) error {
	err := db.w(ctx).Exec("UPDATE payment_difference SET resolved_us = ? WHERE id = ? AND resolved_us = 0", now.UnixMicro(), id).Error
	if err != nil {
		return fmt.Errorf("resolve difference: %w", err)
	}
	return nil
}

// Differences lists differences, the open ones first, then the newest.
func (db *DB) Differences(ctx context.Context, openOnly bool, limit int) ([]PaymentDifference, error) {
	var out []PaymentDifference
	q := db.r(ctx).Table("payment_difference")
	if openOnly {
		q = q.Where("resolved_us = 0")
	}
	if err := q.Order("CASE WHEN resolved_us = 0 THEN 0 ELSE 1 END, found_us DESC").Limit(limit).Find(&out).Error; err != nil {
		return nil, fmt.Errorf("list differences: %w", err)
	}
	return out, nil
}

// ReconcileRun is one comparison of the payment provider with our books.
type ReconcileRun struct {
	ID        string
	SinceUs   int64
	StartedUs int64
	EndedUs   int64
	Sessions  int64
	Payments  int64
	Refunds   int64
	Disputes  int64
	Events    int64 // that had not been delivered
	Corrected int64 // purchases that were not as they should be, and are now
	Open      int64 // differences that are left
	Error     string
}

// Started is when it began.
func (r ReconcileRun) Started() time.Time { return fromMicro(r.StartedUs) }

// Since is from when on it looked.
func (r ReconcileRun) Since() time.Time { return fromMicro(r.SinceUs) }

// Took is how long it took.
func (r ReconcileRun) Took() time.Duration {
	return time.Duration(r.EndedUs-r.StartedUs) * time.Microsecond
}

// BeginReconcileRun claims a comparison by its ID: of replicas that begin the same one, the first
// has it. The oldest beyond what is worth reading are forgotten.
func (db *DB) BeginReconcileRun(ctx context.Context, r ReconcileRun) (mine bool, err error) {
	q := db.w(ctx).Table("reconcile_run").Clauses(clause.OnConflict{DoNothing: true}).Create(&r)
	if q.Error != nil {
		return false, fmt.Errorf("begin comparison: %w", q.Error)
	}
	err = db.w(ctx).Exec("DELETE FROM reconcile_run WHERE started_us < ?", time.UnixMicro(r.StartedUs).AddDate(0, 0, -reconcileRunDays).UnixMicro()).Error
	if err != nil {
		return false, fmt.Errorf("forget old comparisons: %w", err)
	}
	return q.RowsAffected == 1, nil
}

// EndReconcileRun keeps what a comparison found.
func (db *DB) EndReconcileRun(ctx context.Context, r ReconcileRun) error {
	if err := db.w(ctx).Table("reconcile_run").Where("id = ?", r.ID).Select("*").Updates(&r).Error; err != nil {
		return fmt.Errorf("keep comparison: %w", err)
	}
	return nil
}

const reconcileRunDays = 30

// ReconcileRuns lists the newest comparisons.
func (db *DB) ReconcileRuns(ctx context.Context, limit int) ([]ReconcileRun, error) {
	var out []ReconcileRun
	if err := db.r(ctx).Table("reconcile_run").Order("started_us DESC").Limit(limit).Find(&out).Error; err != nil {
		return nil, fmt.Errorf("list comparisons: %w", err)
	}
	return out, nil
}

// LedgerSumsByKind adds up the entries of one of the house's accounts by the kind of movement.
func (db *DB) LedgerSumsByKind(ctx context.Context, account string) (map[string]Amount, error) {
	var rows []struct {
		Kind  string
		Total Amount
	}
	err := db.r(ctx).Table("ledger_entry AS e").Joins("JOIN ledger_tx AS t ON t.id = e.tx_id").Select("t.kind, SUM(e.amount_nano) AS total").
		Where("e.account_id = ?", account).Group("t.kind").Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("sum %s: %w", account, err)
	}
	out := map[string]Amount{}
	for _, r := range rows {
		out[r.Kind] = r.Total
	}
	return out, nil
}

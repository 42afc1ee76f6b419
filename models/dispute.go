package models

import (
	"context"
	"fmt"
	"time"
)

// The states of a dispute in our books.
const (
	DisputeInquiry = "inquiry" // the bank asks; nothing was taken
	DisputeOpen    = "open"
	DisputeWon     = "won"
	DisputeLost    = "lost"
)

// Dispute is a payment that the buyer's bank takes back, or may.
type Dispute struct {
	ID          string // the payment provider's
	TopUpID     string `gorm:"column:topup_id"`
	AccountID   string
	AmountCents int64
	FeeCents    int64
	Status      string
	Reason      string
	CreatedUs   int64
	ClosedUs    int64
	ReleasedUs  int64 // when the operator let a lost one's account go on
}

// Created is when the bank began it.
func (d Dispute) Created() time.Time { return fromMicro(d.CreatedUs) }

// PutDispute records a dispute as it stands. A closed one stays closed.
func (db *DB) PutDispute(ctx context.Context, d Dispute) error {
	err := db.w(ctx).Exec(`INSERT INTO dispute (id, topup_id, account_id, amount_cents, fee_cents, status, reason, created_us, closed_us, released_us)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (id) DO UPDATE SET status = excluded.status, fee_cents = excluded.fee_cents,
		closed_us = excluded.closed_us WHERE dispute.status NOT IN (?, ?)`,
		d.ID, d.TopUpID, d.AccountID, d.AmountCents, d.FeeCents, d.Status, d.Reason, d.CreatedUs, d.ClosedUs, DisputeWon, DisputeLost).Error
	if err != nil {
		return fmt.Errorf("record dispute: %w", err)
	}
	return nil
}

// DisputesOf lists the disputes of a purchase, oldest first.
func (db *DB) DisputesOf(ctx context.Context, topUpID string) ([]Dispute, error) {
	var out []Dispute
	if err := db.r(ctx).Table("dispute").Where("topup_id = ?", topUpID).Order("created_us, id").Find(&out).Error; err != nil {
		return nil, fmt.Errorf("list disputes: %w", err)
	}
	return out, nil
}

// Disputes lists everybody's disputes, newest first.
func (db *DB) Disputes(ctx context.Context, limit int) ([]Dispute, error) {
	var out []Dispute
	if err := db.r(ctx).Table("dispute").Order("created_us DESC").Limit(limit).Find(&out).Error; err != nil {
		return nil, fmt.Errorf("list disputes: %w", err)
	}
	return out, nil
}

// ReleaseDispute lets the account of a lost dispute spend again.
func (db *DB) ReleaseDispute(ctx context.Context, id string, now time.Time) error {
	return db.Tx(ctx, func(tx *DB) error {
		var d []Dispute
		if err := tx.w(ctx).Table("dispute").Where("id = ?", id).Find(&d).Error; err != nil {
			return fmt.Errorf("read dispute: %w", err)
		}
		if len(d) == 0 {
			return Errorf(NotFound, "There is no such dispute.")
		}
		q := tx.w(ctx).Exec("UPDATE dispute SET released_us = ? WHERE id = ? AND status = ? AND released_us = 0", now.UnixMicro(), id, DisputeLost)
		if q.Error != nil {
			return fmt.Errorf("release dispute: %w", q.Error)
		}
		if q.RowsAffected == 0 {
			return Errorf(Conflict, "Only a lost dispute holds an account, and only once.")
		}
		if err := tx.w(ctx).Exec("UPDATE account SET disputes = disputes - 1 WHERE id = ? AND disputes > 0", d[0].AccountID).Error; err != nil {
			return fmt.Errorf("release account: %w", err)
		}
		return nil
	})
}

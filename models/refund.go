package models

import (
	"context"
	"fmt"
	"time"
)

// RefundStatus says how far a refund has come.
type RefundStatus string

// The states of a refund.
const (
	RefundRequested RefundStatus = "requested" // taken from the balance; the payment provider may not know of it yet
	RefundPending   RefundStatus = "pending"   // on its way
	RefundSucceeded RefundStatus = "succeeded"
	RefundFailed    RefundStatus = "failed" // given back to the balance
)

// Refund is money of one purchase that goes back to where it came from.
type Refund struct {
	ID          string // ours, or the payment provider's for one that was made there
	FormID      string
	TopUpID     string `gorm:"column:topup_id"`
	AccountID   string
	Credit      Amount `gorm:"column:credit_nano"` // what it takes from the balance
	FeeCents    int64  // what it takes from the processing line
	TaxCents    int64
	AmountCents int64 // all of it
	Status      RefundStatus
	RefundID    string // the payment provider's, "" while unknown
	Failure     string
	CreatedUs   int64
	EndedUs     int64
}

// Created is when it was asked for.
func (r Refund) Created() time.Time { return fromMicro(r.CreatedUs) }

// InsertRefund writes a refund down. When its FormID was used before, that refund is returned
// instead, with again set.
func (db *DB) InsertRefund(ctx context.Context, r Refund) (made Refund, again bool, err error) {
	err = db.w(ctx).Table("refund").Create(&r).Error
	if isDuplicate(err) {
		var old Refund
		if err := db.w(ctx).Table("refund").Where("form_id = ?", r.FormID).Take(&old).Error; err != nil {
			return r, false, fmt.Errorf("read refund: %w", err)
		}
		return old, true, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("insert refund: %w", err)
	}
	return r, false, nil
}

// DropRefund forgets a refund that nothing was posted for.
func (db *DB) DropRefund(ctx context.Context, id string) error {
	if err := db.w(ctx).Exec("DELETE FROM refund WHERE id = ? AND status = ?", id, RefundRequested).Error; err != nil {
		return fmt.Errorf("drop refund: %w", err)
	}
	return nil
}

// MarkRefund moves a refund on. One that failed stays so: its credit is back already.
func (db *DB) MarkRefund(ctx context.Context, id string, status RefundStatus, refundID, failure string, now time.Time) error {
	ended := int64(0)
	if status == RefundSucceeded || status == RefundFailed {
		ended = now.UnixMicro()
	}
	err := db.w(ctx).Exec(`UPDATE refund SET status = ?, refund_id = CASE WHEN ? = '' THEN refund_id ELSE ? END, failure = ?, ended_us = ?
		WHERE id = ? AND status NOT IN (?, ?)`, status, refundID, refundID, failure, ended, id, RefundFailed, status).Error
	if err != nil {
		return fmt.Errorf("mark refund: %w", err)
	}
	return nil
}

// RefundsOf lists the refunds of a purchase, oldest first.
func (db *DB) RefundsOf(ctx context.Context, topUpID string) ([]Refund, error) {
	var out []Refund
	if err := db.w(ctx).Table("refund").Where("topup_id = ?", topUpID).Order("created_us, id").Find(&out).Error; err != nil {
		return nil, fmt.Errorf("list refunds: %w", err)
	}
	return out, nil
}

// RefundsOfAccount lists the refunds of an account, newest first.
func (db *DB) RefundsOfAccount(ctx context.Context, accountID string, limit int) ([]Refund, error) {
	var out []Refund
	if err := db.r(ctx).Table("refund").Where("account_id = ?", accountID).Order("created_us DESC").Limit(limit).Find(&out).Error; err != nil {
		return nil, fmt.Errorf("list refunds: %w", err)
	}
	return out, nil
}

// OpenRefunds lists refunds whose end is not known and that were asked for before a moment.
func (db *DB) OpenRefunds(ctx context.Context, before time.Time, limit int) ([]Refund, error) {
	var out []Refund
	err := db.r(ctx).Table("refund").Where("status IN ? AND created_us < ?", []RefundStatus{RefundRequested, RefundPending}, before.UnixMicro()).
		Order("created_us").Limit(limit).Find(&out).Error
	if err != nil {
		return nil, fmt.Errorf("list open refunds: %w", err)
	}
	return out, nil
}

// RefundByForm reads the refund that an account asked for with a form; without one it is empty.
func (db *DB) RefundByForm(ctx context.Context, accountID, formID string) (Refund, error) {
	return db.refund(ctx, "account_id = ? AND form_id = ?", accountID, formID)
}

// RefundByID reads a refund; without one it is empty.
func (db *DB) RefundByID(ctx context.Context, id string) (Refund, error) {
	return db.refund(ctx, "id = ?", id)
}

func (db *DB) refund(ctx context.Context, where string, args ...any) (Refund, error) {
	var out []Refund
	if err := db.w(ctx).Table("refund").Where(where, args...).Limit(1).Find(&out).Error; err != nil {
		return Refund{}, fmt.Errorf("read refund: %w", err)
	}
	if len(out) == 0 {
		return Refund{}, nil
	}
	return out[0], nil
}

package models

import (
	"context"
	"fmt"
	"time"
)

// TopUpStatus says how far a purchase of credits has come.
type TopUpStatus string

// The states of a top-up.
const (
	TopUpPending TopUpStatus = "pending" // the checkout is open, or the payment under way
	TopUpPaid    TopUpStatus = "paid"    // money arrived and the credits are posted
	TopUpFailed  TopUpStatus = "failed"  // declined; nothing was charged
	TopUpExpired TopUpStatus = "expired" // abandoned or too late; nothing was charged
)

// TopUp is one purchase of credits.
type TopUp struct {
	ID            string
	AccountID     string
	FormID        string // made with the form, so that sending it twice is one purchase
	Kind          string // manual, sandbox
	Livemode      bool
	Credit        Amount `gorm:"column:credit_nano"`
	ChargeCents   int64
	Status        TopUpStatus
	SessionID     string
	SessionURL    string
	PaymentIntent string
	Failure       string // the payment provider's words
	CreatedUs     int64
	PaidUs        int64
	CreditedUs    int64
}

// Created is when the purchase was begun.
func (t TopUp) Created() time.Time { return fromMicro(t.CreatedUs) }

// Paid is when the payment was confirmed; zero before that.
func (t TopUp) Paid() time.Time { return fromMicro(t.PaidUs) }

// Credited is when the credits were posted; zero before that.
func (t TopUp) Credited() time.Time { return fromMicro(t.CreditedUs) }

// InsertTopUp writes a new purchase. When its FormID was used before, the purchase made then is
// returned instead, with again set.
func (db *DB) InsertTopUp(ctx context.Context, t TopUp) (made TopUp, again bool, err error) {
	err = db.w(ctx).Table("topup").Create(&t).Error
	if isDuplicate(err) {
		old, err := db.topUp(ctx, "form_id = ? AND account_id = ?", t.FormID, t.AccountID)
		return old, true, err
	}
	if err != nil {
		return t, false, fmt.Errorf("insert top-up: %w", err)
	}
	return t, false, nil
}

// TopUpByID reads a purchase.
func (db *DB) TopUpByID(ctx context.Context, id string) (TopUp, error) {
	return db.topUp(ctx, "id = ?", id)
}

// TopUpOfAccount reads a purchase of one account; another account's is NotFound.
func (db *DB) TopUpOfAccount(ctx context.Context, accountID, id string) (TopUp, error) {
	return db.topUp(ctx, "id = ? AND account_id = ?", id, accountID)
}

// TopUpBySession reads the purchase of a checkout session.
func (db *DB) TopUpBySession(ctx context.Context, sessionID string) (TopUp, error) {
	return db.topUp(ctx, "session_id = ?", sessionID)
}

// TopUpByPayment reads the purchase of a payment intent.
func (db *DB) TopUpByPayment(ctx context.Context, paymentIntent string) (TopUp, error) {
	return db.topUp(ctx, "payment_intent = ?", paymentIntent)
}

func (db *DB) topUp(ctx context.Context, where string, args ...any) (TopUp, error) {
	var t TopUp
	err := db.r(ctx).Table("topup").Where(where, args...).Take(&t).Error
	if isMissing(err) {
		return t, Errorf(NotFound, "There is no such purchase.")
	}
	if err != nil {
		return t, fmt.Errorf("read top-up: %w", err)
	}
	return t, nil
}

// SetTopUpSession records the checkout session of a purchase.
func (db *DB) SetTopUpSession(ctx context.Context, id, sessionID, url string) error {
	err := db.w(ctx).Exec("UPDATE topup SET session_id = ?, session_url = ? WHERE id = ?", sessionID, url, id).Error
	if err != nil {
		return fmt.Errorf("record checkout session: %w", err)
	}
	return nil
}

// MarkTopUp moves a pending purchase on. One that has been paid stays paid.
func (db *DB) MarkTopUp(ctx context.Context, id string, status TopUpStatus, failure string) error {
	err := db.w(ctx).Exec("UPDATE topup SET status = ?, failure = ? WHERE id = ? AND status <> ?", status, failure, id, TopUpPaid).Error
	if err != nil {
		return fmt.Errorf("mark top-up: %w", err)
	}
	return nil
}

// MarkTopUpCredited records that the credits of a purchase are in the ledger.
func (db *DB) MarkTopUpCredited(ctx context.Context, id, paymentIntent string, paid, credited time.Time) error {
	err := db.w(ctx).Exec(`UPDATE topup SET status = ?, failure = '', payment_intent = ?, paid_us = CASE WHEN paid_us = 0 THEN ? ELSE paid_us END,
		credited_us = CASE WHEN credited_us = 0 THEN ? ELSE credited_us END WHERE id = ?`,
		TopUpPaid, paymentIntent, paid.UnixMicro(), credited.UnixMicro(), id).Error
	if err != nil {
		return fmt.Errorf("mark top-up credited: %w", err)
	}
	return nil
}

// PendingTopUps lists purchases that are pending since before the given time, oldest first.
func (db *DB) PendingTopUps(ctx context.Context, before time.Time, limit int) ([]TopUp, error) {
	var out []TopUp
	err := db.r(ctx).Table("topup").Where("status = ? AND session_id <> '' AND created_us < ?", TopUpPending, before.UnixMicro()).
		Order("created_us").Limit(limit).Find(&out).Error
	if err != nil {
		return nil, fmt.Errorf("list pending top-ups: %w", err)
	}
	return out, nil
}

// TopUps lists an account's purchases, newest first.
func (db *DB) TopUps(ctx context.Context, accountID string, limit int) ([]TopUp, error) {
	var out []TopUp
	err := db.r(ctx).Table("topup").Where("account_id = ?", accountID).Order("created_us DESC").Limit(limit).Find(&out).Error
	if err != nil {
		return nil, fmt.Errorf("list top-ups: %w", err)
	}
	return out, nil
}

// BoughtBy is what an account has ever bought and paid for, the sandbox's purchases included where
// there is only the sandbox.
func (db *DB) BoughtBy(ctx context.Context, accountID string) (Amount, error) {
	var sum Amount
	err := db.r(ctx).Table("topup").Where("account_id = ? AND status = ?", accountID, TopUpPaid).Select("COALESCE(SUM(credit_nano), 0)").Scan(&sum).Error
	if err != nil {
		return 0, fmt.Errorf("sum purchases: %w", err)
	}
	return sum, nil
}

// HasSandboxTopUps reports whether any purchase was credited by the payment sandbox.
func (db *DB) HasSandboxTopUps(ctx context.Context) (bool, error) {
	var n int64
	err := db.r(ctx).Table("account").Where("sandbox_nano > 0").Limit(1).Count(&n).Error
	if err != nil {
		return false, fmt.Errorf("look for sandbox credit: %w", err)
	}
	return n > 0, nil
}

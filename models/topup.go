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
	Kind          string // manual, auto, sandbox
	Livemode      bool
	Credit        Amount `gorm:"column:credit_nano"`
	ChargeCents   int64  // credit and processing line, without tax
	FeeCents      int64  // the processing line
	TaxCents      int64  // on top, as the payment provider computed it
	Status        TopUpStatus
	SessionID     string
	SessionURL    string
	PaymentIntent string
	Failure       string // the payment provider's words
	CreatedUs     int64
	PaidUs        int64
	CreditedUs    int64
	SaveCard      bool
	Epoch         int64  // of an automatic one: which crossing of the threshold ordered it
	IP            string // of who began it

	// Frozen when it is paid.
	ChargeID      string
	Card          string // "Visa ending in 4242"
	Risk          string // what the payment provider thought of it
	BilledTo      string // JSON of Billed
	ReceiptURL    string
	InvoiceURL    string
	InvoiceNumber string
}

// Billed is who paid, as it was when they did.
type Billed struct {
	Name    string   `json:"name,omitempty"`
	Email   string   `json:"email,omitempty"`
	Address []string `json:"address,omitempty"`
	TaxIDs  []string `json:"tax_ids,omitempty"`
}

// The kinds of a top-up.
const (
	TopUpManual  = "manual"
	TopUpAuto    = "auto"
	TopUpSandbox = "sandbox"
)

// TotalCents is what was or will be paid.
func (t TopUp) TotalCents() int64 { return t.ChargeCents + t.TaxCents }

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

// SetTopUpPayment records the payment of a purchase, so that whatever names it leads here.
func (db *DB) SetTopUpPayment(ctx context.Context, id, paymentIntent string) error {
	err := db.w(ctx).Exec("UPDATE topup SET payment_intent = ? WHERE id = ? AND payment_intent = ''", paymentIntent, id).Error
	if err != nil {
		return fmt.Errorf("record payment: %w", err)
	}
	return nil
}

// FreezeTopUp records that a purchase is paid, with everything that its receipt shows. What was
// recorded first stays.
func (db *DB) FreezeTopUp(ctx context.Context, t TopUp) error {
	err := db.w(ctx).Exec(`UPDATE topup SET status = ?, failure = '', payment_intent = ?, tax_cents = ?, charge_id = ?, card = ?, risk = ?, billed_to = ?,
		receipt_url = ?, paid_us = ? WHERE id = ? AND paid_us = 0`,
		TopUpPaid, t.PaymentIntent, t.TaxCents, t.ChargeID, t.Card, t.Risk, t.BilledTo, t.ReceiptURL, t.PaidUs, t.ID).Error
	if err != nil {
		return fmt.Errorf("mark top-up paid: %w", err)
	}
	return nil
}

// SetTopUpInvoice records the invoice of a purchase; the first stays.
func (db *DB) SetTopUpInvoice(ctx context.Context, id, number, url string) error {
	err := db.w(ctx).Exec("UPDATE topup SET invoice_number = ?, invoice_url = ? WHERE id = ? AND invoice_number = ''", number, url, id).Error
	if err != nil {
		return fmt.Errorf("record invoice: %w", err)
	}
	return nil
}

// MarkTopUpCredited records that the credits of a purchase are in the ledger.
func (db *DB) MarkTopUpCredited(ctx context.Context, id string, credited time.Time) error {
	err := db.w(ctx).Exec("UPDATE topup SET credited_us = ? WHERE id = ? AND credited_us = 0", credited.UnixMicro(), id).Error
	if err != nil {
		return fmt.Errorf("mark top-up credited: %w", err)
	}
	return nil
}

// PendingTopUps lists purchases whose end is not in the books and that were begun within a span of
// time, oldest first.
func (db *DB) PendingTopUps(ctx context.Context, from, before time.Time, limit int) ([]TopUp, error) {
	var out []TopUp
	err := db.r(ctx).Table("topup").Where("(status = ? OR status = ? AND credited_us = 0) AND created_us >= ? AND created_us < ?",
		TopUpPending, TopUpPaid, max(from.UnixMicro(), 0), before.UnixMicro()).Order("created_us").Limit(limit).Find(&out).Error
	if err != nil {
		return nil, fmt.Errorf("list pending top-ups: %w", err)
	}
	return out, nil
}

// TopUpByForm reads the purchase that an account began with a form; without one it is empty.
func (db *DB) TopUpByForm(ctx context.Context, accountID, formID string) (TopUp, error) {
	t, err := db.topUp(ctx, "account_id = ? AND form_id = ?", accountID, formID)
	if CodeOf(err) == NotFound {
		return TopUp{}, nil
	}
	return t, err
}

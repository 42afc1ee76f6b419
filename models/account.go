package models

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Account is a person's credits. Posted is the sum of its entries, Sandbox the part of it that
// came from the payment sandbox, Held what running requests may still cost.
type Account struct {
	ID        string
	UserID    string
	Posted    Amount `gorm:"column:posted_nano"`
	Sandbox   Amount `gorm:"column:sandbox_nano"`
	Held      Amount `gorm:"column:held_nano"`
	HeldReal  Amount `gorm:"column:held_real_nano"`
	Promo     Amount `gorm:"column:promo_nano"`
	Frozen    bool   // by the operator
	Disputes  int64  // payments that a bank has taken back, or may
	AutoBelow Amount `gorm:"column:auto_below_nano"`
	LowBelow  Amount `gorm:"column:low_below_nano"`
	CreatedUs int64
}

// Available is what a new request may hold.
func (a Account) Available() Amount { return a.Posted - a.Held }

// Blocked reports whether nothing may be spent: the operator froze the account, or one of its
// payments is in dispute.
func (a Account) Blocked() bool { return a.Frozen || a.Disputes > 0 }

// AvailableReal is what a new request to a real provider may hold.
func (a Account) AvailableReal() Amount {
	return min(a.Available(), a.Posted-a.Sandbox-a.HeldReal)
}

const accountColumns = "id, user_id, posted_nano, sandbox_nano, held_nano, held_real_nano, promo_nano, frozen, disputes, auto_below_nano, low_below_nano, created_us"

// CreateAccount opens an empty account for a user; a user has one.
func (db *DB) CreateAccount(ctx context.Context, userID string) (string, error) {
	id := NewID("acc")
	err := db.w(ctx).Exec("INSERT INTO account (id, user_id, created_us) VALUES (?, ?, ?)", id, userID, time.Now().UnixMicro()).Error
	if isDuplicate(err) {
		return "", Errorf(Conflict, "This user has an account already.")
	}
	if err != nil {
		return "", fmt.Errorf("open account: %w", err)
	}
	return id, nil
}

// AccountByID reads an account.
func (db *DB) AccountByID(ctx context.Context, id string) (Account, error) {
	return db.account(ctx, "id", id)
}

// AccountOfUser reads the account of a user.
func (db *DB) AccountOfUser(ctx context.Context, userID string) (Account, error) {
	return db.account(ctx, "user_id", userID)
}

func (db *DB) account(ctx context.Context, column, value string) (Account, error) {
	var a Account
	err := db.r(ctx).Table("account").Select(accountColumns).Where(column+" = ?", value).Take(&a).Error
	if isMissing(err) {
		return a, Errorf(NotFound, "There is no such account.")
	}
	if err != nil {
		return a, fmt.Errorf("read account: %w", err)
	}
	return a, nil
}

// EntryFilter says which entries of an account to list, newest first.
type EntryFilter struct {
	From, To  time.Time // zero = open
	AccountID string
	Kind      string // with what follows from it, such as refund and refund-reversed; "" = all
	Ref       string // what the movement is about, such as a generation; "" = all
	Limit     int    // at most 1000
	Offset    int
}

// EntryLine is one movement of an account with what caused it.
type EntryLine struct {
	TxID      string
	AccountID string
	Kind      string
	Ref       string
	Note      string
	Amount    Amount `gorm:"column:amount_nano"`
	Balance   Amount `gorm:"column:balance_nano"`
	CreatedUs int64
}

// Sandbox reports whether it moved credit that the payment sandbox gave.
func (e EntryLine) Sandbox() bool { return strings.HasSuffix(e.AccountID, SandboxSide("")) }

// Promo reports whether it moved credit that was given with an end date.
func (e EntryLine) Promo() bool { return strings.HasSuffix(e.AccountID, PromoSide("")) }

// Time is when it happened.
func (e EntryLine) Time() time.Time { return fromMicro(e.CreatedUs) }

// Entries lists an account's movements, newest first.
func (db *DB) Entries(ctx context.Context, f EntryFilter) ([]EntryLine, error) {
	var out []EntryLine
	q := db.r(ctx).Table("ledger_entry AS e").Joins("JOIN ledger_tx AS t ON t.id = e.tx_id").
		Select("t.id AS tx_id, e.account_id, t.kind, t.ref, t.note, e.amount_nano, e.balance_nano, e.created_us").
		Where("e.account_id LIKE 'acc-%' AND e.account_id IN ?", sides(f.AccountID))
	if f.Kind != "" {
		q = q.Where("(t.kind = ? OR t.kind LIKE ?)", f.Kind, f.Kind+"-%")
	}
	if f.Ref != "" {
		q = q.Where("t.ref = ?", f.Ref)
	}
	if !f.From.IsZero() {
		q = q.Where("e.created_us >= ?", f.From.UnixMicro())
	}
	if !f.To.IsZero() {
		q = q.Where("e.created_us < ?", f.To.UnixMicro())
	}
	err := q.Order("e.created_us DESC, e.tx_id DESC, e.seq DESC").Limit(min(max(f.Limit, 1), 1000)).Offset(max(f.Offset, 0)).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("list entries: %w", err)
	}
	return out, nil
}

// SandboxSide is the name under which an account's sandbox credit stands in the ledger, so that
// its entries can be told from those of real credit.
func SandboxSide(accountID string) string { return accountID + "/sandbox" }

// PromoSide is the name under which credit stands that was given with an end date.
func PromoSide(accountID string) string { return accountID + "/promo" }

// sides are all names under which a customer's account stands in the ledger.
func sides(accountID string) []string {
	return []string{accountID, SandboxSide(accountID), PromoSide(accountID)}
}

package models

import (
	"context"
	"fmt"
	"time"
)

// TopUps lists an account's purchases, newest first.
func (db *DB) TopUps(ctx context.Context, accountID string, limit int) ([]TopUp, error) {
	return db.TopUpsPage(ctx, accountID, limit, 0)
}

// TopUpsPage is TopUps without the first so many.
func (db *DB) TopUpsPage(ctx context.Context, accountID string, limit, offset int) ([]TopUp, error) {
	var out []TopUp
	err := db.r(ctx).Table("topup").Where("account_id = ?", accountID).Order("created_us DESC").Limit(limit).Offset(offset).Find(&out).Error
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

// TopUpsSince sums what an account began to buy since a moment and did not leave, in cents; of one
// kind, or of all with "".
func (db *DB) TopUpsSince(ctx context.Context, accountID, kind string, since time.Time) (int64, error) {
	var sum int64
	q := db.w(ctx).Table("topup").Where("account_id = ? AND created_us >= ? AND status IN ?", accountID, since.UnixMicro(), []TopUpStatus{TopUpPending, TopUpPaid})
	if kind != "" {
		q = q.Where("kind = ?", kind)
	}
	if err := q.Select("COALESCE(SUM(charge_cents), 0)").Scan(&sum).Error; err != nil {
		return 0, fmt.Errorf("sum recent purchases: %w", err)
	}
	return sum, nil
}

// SameTopUp finds the newest purchase of the same amount that an account began since a moment, in
// one of the given states.
func (db *DB) SameTopUp(ctx context.Context, accountID string, cents int64, since time.Time, states ...TopUpStatus) (TopUp, bool, error) {
	var out []TopUp
	err := db.r(ctx).Table("topup").Where("account_id = ? AND charge_cents = ? AND created_us >= ? AND status IN ? AND kind <> ?",
		accountID, cents, since.UnixMicro(), states, TopUpAuto).Order("created_us DESC").Limit(1).Find(&out).Error
	if err != nil {
		return TopUp{}, false, fmt.Errorf("look for the same purchase: %w", err)
	}
	if len(out) == 0 {
		return TopUp{}, false, nil
	}
	return out[0], true, nil
}

// FirstPaid is when an account's first payment was confirmed; zero when none was.
func (db *DB) FirstPaid(ctx context.Context, accountID string) (time.Time, error) {
	var us int64
	err := db.r(ctx).Table("topup").Where("account_id = ? AND paid_us <> 0", accountID).Select("COALESCE(MIN(paid_us), 0)").Scan(&us).Error
	if err != nil {
		return time.Time{}, fmt.Errorf("look for the first payment: %w", err)
	}
	return fromMicro(us), nil
}

// TopUpsOfKind lists an account's purchases of one kind, newest first.
func (db *DB) TopUpsOfKind(ctx context.Context, accountID, kind string, limit int) ([]TopUp, error) {
	var out []TopUp
	err := db.r(ctx).Table("topup").Where("account_id = ? AND kind = ?", accountID, kind).Order("created_us DESC").Limit(limit).Find(&out).Error
	if err != nil {
		return nil, fmt.Errorf("list top-ups: %w", err)
	}
	return out, nil
}

// PaidTopUps lists what was paid since a moment, of everybody.
func (db *DB) PaidTopUps(ctx context.Context, since time.Time, limit int) ([]TopUp, error) {
	var out []TopUp
	err := db.r(ctx).Table("topup").Where("paid_us >= ?", max(since.UnixMicro(), 1)).Order("paid_us DESC").Limit(limit).Find(&out).Error
	if err != nil {
		return nil, fmt.Errorf("list paid top-ups: %w", err)
	}
	return out, nil
}

// NoteCardFailure counts a refused card once.
func (db *DB) NoteCardFailure(ctx context.Context, id, accountID, ip string, at time.Time) error {
	err := db.w(ctx).Exec("INSERT INTO card_failure (id, account_id, ip, created_us) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
		id, accountID, ip, at.UnixMicro()).Error
	if err != nil {
		return fmt.Errorf("note a refused card: %w", err)
	}
	return nil
}

// CardFailures counts the cards that were refused to an account, or to an address, since a moment.
func (db *DB) CardFailures(ctx context.Context, accountID, ip string, since time.Time) (int64, error) {
	var n int64
	err := db.r(ctx).Table("card_failure").Where("(account_id = ? OR (ip <> '' AND ip = ?)) AND created_us >= ?", accountID, ip, since.UnixMicro()).Count(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count refused cards: %w", err)
	}
	return n, nil
}

// SandboxAccounts lists the accounts that hold sandbox credit.
func (db *DB) SandboxAccounts(ctx context.Context) ([]Account, error) {
	var out []Account
	err := db.w(ctx).Table("account").Select(accountColumns).Where("sandbox_nano > 0").Order("id").Find(&out).Error
	if err != nil {
		return nil, fmt.Errorf("list sandbox credit: %w", err)
	}
	return out, nil
}

package models

import (
	"context"
	"fmt"
	"time"
)

// AutoTopUp is the order of an account to buy credit by itself when little is left.
type AutoTopUp struct {
	AccountID   string
	Enabled     bool
	Below       Amount `gorm:"column:below_nano"`
	AmountCents int64
	CapCents    int64  // the most that it may buy in a calendar month (UTC)
	Failures    int64  // in a row
	Reason      string // why it stopped or waits, a sentence
	ResumeUs    int64  // until when it waits; 0 = it does not
	UpdatedUs   int64
}

// Resume is until when it waits.
func (a AutoTopUp) Resume() time.Time { return fromMicro(a.ResumeUs) }

// AutoTopUpOf reads an account's order; without one it is off.
func (db *DB) AutoTopUpOf(ctx context.Context, accountID string) (AutoTopUp, error) {
	var out []AutoTopUp
	if err := db.w(ctx).Table("auto_topup").Where("account_id = ?", accountID).Limit(1).Find(&out).Error; err != nil {
		return AutoTopUp{}, fmt.Errorf("read auto top-up: %w", err)
	}
	if len(out) == 0 {
		return AutoTopUp{AccountID: accountID}, nil
	}
	return out[0], nil
}

// Arm is what the ledger is told about an order: with On, the next time that the balance is below
// the mark Order's work is ordered, at once when it is already. An Epoch other than 0 arms only
// when no later crossing has been ordered.
type Arm struct {
	On    bool
	Epoch int64
	Order func(accountID string, epoch, nowUs int64) Outbox
	NowUs int64
}

// SaveAutoTopUp writes an order and tells the ledger what to watch for.
func (db *DB) SaveAutoTopUp(ctx context.Context, a AutoTopUp, arm Arm) error {
	return db.Tx(ctx, func(tx *DB) error {
		err := tx.w(ctx).Exec(`INSERT INTO auto_topup (account_id, enabled, below_nano, amount_cents, cap_cents, failures, reason, resume_us, updated_us)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account_id) DO UPDATE SET enabled = excluded.enabled, below_nano = excluded.below_nano,
			amount_cents = excluded.amount_cents, cap_cents = excluded.cap_cents, failures = excluded.failures, reason = excluded.reason,
			resume_us = excluded.resume_us, updated_us = excluded.updated_us`,
			a.AccountID, a.Enabled, int64(a.Below), a.AmountCents, a.CapCents, a.Failures, a.Reason, a.ResumeUs, a.UpdatedUs).Error
		if err != nil {
			return fmt.Errorf("save auto top-up: %w", err)
		}
		return tx.arm(ctx, a, arm)
	})
}

func (db *DB) arm(ctx context.Context, a AutoTopUp, arm Arm) error {
	below := Amount(-1)
	if a.Enabled {
		below = a.Below
	}
	q := db.w(ctx).Exec("UPDATE account SET auto_below_nano = ? WHERE id = ?", int64(below), a.AccountID)
	if q.Error == nil && (!arm.On || !a.Enabled) {
		q = db.w(ctx).Exec("UPDATE account SET auto_armed = FALSE WHERE id = ?", a.AccountID)
	}
	if q.Error != nil {
		return fmt.Errorf("set auto top-up's mark: %w", q.Error)
	}
	if !arm.On || !a.Enabled {
		return nil
	}
	// What the ledger would do with the next charge is done here when the balance is low already.
	q = db.w(ctx).Exec(`UPDATE account SET auto_armed = (posted_nano >= auto_below_nano OR frozen OR disputes > 0),
		auto_epoch = auto_epoch + CASE WHEN posted_nano >= auto_below_nano OR frozen OR disputes > 0 THEN 0 ELSE 1 END
		WHERE id = ? AND (? = 0 OR auto_epoch = ?)`, a.AccountID, arm.Epoch, arm.Epoch)
	if q.Error != nil {
		return fmt.Errorf("arm auto top-up: %w", q.Error)
	}
	if q.RowsAffected == 0 {
		return nil
	}
	w, err := db.AccountWatch(ctx, a.AccountID)
	if err != nil || w.AutoArmed {
		return err
	}
	return db.PutOutbox(ctx, arm.Order(a.AccountID, w.AutoEpoch, arm.NowUs))
}

// FailAutoTopUp ends a pending purchase as failed and changes the order that made it as next says;
// letter is what its owner is told. It does so once, however often it is called.
func (db *DB) FailAutoTopUp(ctx context.Context, t TopUp, failure string, next func(AutoTopUp) AutoTopUp, letter func() Outbox) error {
	return db.Tx(ctx, func(tx *DB) error {
		q := tx.w(ctx).Exec("UPDATE topup SET status = ?, failure = ? WHERE id = ? AND status = ?", TopUpFailed, failure, t.ID, TopUpPending)
		if q.Error != nil {
			return fmt.Errorf("end purchase: %w", q.Error)
		}
		if q.RowsAffected == 0 {
			return nil
		}
		o, err := tx.AutoTopUpOf(ctx, t.AccountID)
		if err != nil || !o.Enabled {
			return err
		}
		if err := tx.SaveAutoTopUp(ctx, next(o), Arm{}); err != nil {
			return err
		}
		return tx.PutOutbox(ctx, letter())
	})
}

// WaitingAutoTopUps lists orders whose wait is over.
func (db *DB) WaitingAutoTopUps(ctx context.Context, now time.Time, limit int) ([]AutoTopUp, error) {
	var out []AutoTopUp
	err := db.r(ctx).Table("auto_topup").Where("enabled AND resume_us <> 0 AND resume_us <= ?", now.UnixMicro()).Limit(limit).Find(&out).Error
	if err != nil {
		return nil, fmt.Errorf("list waiting auto top-ups: %w", err)
	}
	return out, nil
}

// AccountWatch reads what the ledger watches for on an account.
func (db *DB) AccountWatch(ctx context.Context, accountID string) (Watch, error) {
	var w struct {
		AutoBelow Amount `gorm:"column:auto_below_nano"`
		AutoArmed bool
		AutoEpoch int64
		LowBelow  Amount `gorm:"column:low_below_nano"`
		LowArmed  bool
		LowEpoch  int64
	}
	err := db.w(ctx).Table("account").Select("auto_below_nano, auto_armed, auto_epoch, low_below_nano, low_armed, low_epoch").
		Where("id = ?", accountID).Take(&w).Error
	if err != nil {
		return Watch{}, fmt.Errorf("read watch: %w", err)
	}
	return Watch(w), nil
}

// SetLowMark sets below what balance a letter is written; -1 is never.
func (db *DB) SetLowMark(ctx context.Context, accountID string, below Amount) error {
	err := db.w(ctx).Exec("UPDATE account SET low_below_nano = ?, low_armed = (posted_nano >= ?) WHERE id = ?", int64(below), int64(below), accountID).Error
	if err != nil {
		return fmt.Errorf("set low mark: %w", err)
	}
	return nil
}

package models

import (
	"context"
	"fmt"
	"time"
)

// PromoCode is a word that gives credit to whoever enters it, once each.
type PromoCode struct {
	Code       string
	Amount     Amount `gorm:"column:amount_nano"`
	UsesMax    int64
	Uses       int64
	CreditDays int64 // how long the credit lasts
	ExpiresUs  int64 // until when it can be entered; 0 = for good
	Reason     string
	CreatedUs  int64
}

// PromoLot is credit that one account was given by one code.
type PromoLot struct {
	ID        string
	Code      string
	AccountID string
	Amount    Amount `gorm:"column:amount_nano"`
	ExpiresUs int64
	CreatedUs int64
	PostedUs  int64 // when it was in the ledger; 0 = not yet
	ClosedUs  int64 // when what was left of it expired; 0 = not yet
}

// Expires is when what is left of it ends.
func (l PromoLot) Expires() time.Time { return fromMicro(l.ExpiresUs) }

// CreatePromoCode makes a code. One that exists is a Conflict.
func (db *DB) CreatePromoCode(ctx context.Context, c PromoCode) error {
	err := db.w(ctx).Table("promo_code").Create(&c).Error
	if isDuplicate(err) {
		return Errorf(Conflict, "There is a code %s already.", c.Code)
	}
	if err != nil {
		return fmt.Errorf("create code: %w", err)
	}
	return nil
}

// TakePromoCode uses a code up once and writes the lot down. An account that used it before gets
// the lot it got then, with again set; a code that does not work is NotFound.
func (db *DB) TakePromoCode(ctx context.Context, code, accountID string, now time.Time) (lot PromoLot, again bool, err error) {
	err = db.Tx(ctx, func(tx *DB) error {
		var err error
		if lot, again, err = tx.usedCode(ctx, code, accountID); again || err != nil {
			return err
		}
		q := tx.w(ctx).Exec("UPDATE promo_code SET uses = uses + 1 WHERE code = ? AND uses < uses_max AND (expires_us = 0 OR expires_us > ?)", code, now.UnixMicro())
		if q.Error != nil {
			return fmt.Errorf("use code: %w", q.Error)
		}
		if q.RowsAffected == 0 {
			// By this very account, at the same moment?
			if lot, again, err = tx.usedCode(ctx, code, accountID); again || err != nil {
				return err
			}
			return FieldError("code", "This code does not exist, has expired, or was used as often as it may be.")
		}
		var c PromoCode
		if err := tx.w(ctx).Table("promo_code").Where("code = ?", code).Take(&c).Error; err != nil {
			return fmt.Errorf("read code: %w", err)
		}
		lot = PromoLot{ID: NewID("lot"), Code: code, AccountID: accountID, Amount: c.Amount, CreatedUs: now.UnixMicro(),
			ExpiresUs: now.AddDate(0, 0, int(c.CreditDays)).UnixMicro()}
		return tx.w(ctx).Table("promo_lot").Create(&lot).Error
	})
	if isDuplicate(err) { // by the same person, at the same moment
		err = Errorf(Conflict, "This code was entered a moment ago.")
	}
	return lot, again, err
}

func (db *DB) usedCode(ctx context.Context, code, accountID string) (lot PromoLot, used bool, err error) {
	var old []PromoLot
	if err := db.w(ctx).Table("promo_lot").Where("code = ? AND account_id = ?", code, accountID).Find(&old).Error; err != nil {
		return lot, false, fmt.Errorf("look for the code's use: %w", err)
	}
	if len(old) == 0 {
		return lot, false, nil
	}
	return old[0], true, nil
}

// MarkPromoLot notes that a lot was posted, or closed.
func (db *DB) MarkPromoLot(ctx context.Context, id, what string, now time.Time) error {
	column := map[string]string{"posted": "posted_us", "closed": "closed_us"}[what]
	if column == "" {
		return Errorf(Internal, "a lot is posted or closed, not %s", what)
	}
	if err := db.w(ctx).Exec("UPDATE promo_lot SET "+column+" = ? WHERE id = ? AND "+column+" = 0", now.UnixMicro(), id).Error; err != nil {
		return fmt.Errorf("mark lot: %w", err)
	}
	return nil
}

// PromoLots lists an account's lots that are open, the first to expire first.
func (db *DB) PromoLots(ctx context.Context, accountID string) ([]PromoLot, error) {
	return db.promoLots(ctx, "account_id = ? AND closed_us = 0", accountID)
}

// DuePromoLots lists everybody's lots that want something done: posting, or expiring.
func (db *DB) DuePromoLots(ctx context.Context, now time.Time) ([]PromoLot, error) {
	return db.promoLots(ctx, "closed_us = 0 AND (posted_us = 0 AND created_us < ? OR expires_us <= ?)", now.Add(-time.Minute).UnixMicro(), now.UnixMicro())
}

func (db *DB) promoLots(ctx context.Context, where string, args ...any) ([]PromoLot, error) {
	var out []PromoLot
	if err := db.r(ctx).Table("promo_lot").Where(where, args...).Order("expires_us, id").Limit(promoLotsMax).Find(&out).Error; err != nil {
		return nil, fmt.Errorf("list lots: %w", err)
	}
	return out, nil
}

const promoLotsMax = 1000

package models

import (
	"context"
	"fmt"
	"time"
)

// Payer is who an account is at the payment provider, and the card that is kept there.
type Payer struct {
	AccountID     string
	CustomerID    string
	PaymentMethod string // "" = no card is kept
	Card          string // "Visa ending in 4242"
	UpdatedUs     int64
}

// PayerOf reads an account's payer; one that the payment provider does not know yet is empty.
func (db *DB) PayerOf(ctx context.Context, accountID string) (Payer, error) {
	return db.payer(ctx, "account_id", accountID)
}

// PayerByCustomer finds a payer by the payment provider's name for it; nobody is empty.
func (db *DB) PayerByCustomer(ctx context.Context, customerID string) (Payer, error) {
	return db.payer(ctx, "customer_id", customerID)
}

func (db *DB) payer(ctx context.Context, column, value string) (Payer, error) {
	var out []Payer
	if err := db.r(ctx).Table("payer").Where(column+" = ?", value).Limit(1).Find(&out).Error; err != nil {
		return Payer{}, fmt.Errorf("read payer: %w", err)
	}
	if len(out) == 0 {
		return Payer{}, nil
	}
	return out[0], nil
}

// PutPayer records who an account is at the payment provider; whoever was recorded first stays.
func (db *DB) PutPayer(ctx context.Context, accountID, customerID string, now time.Time) error {
	err := db.w(ctx).Exec(`INSERT INTO payer (account_id, customer_id, payment_method, card, updated_us) VALUES (?, ?, '', '', ?)
		ON CONFLICT (account_id) DO NOTHING`, accountID, customerID, now.UnixMicro()).Error
	if err != nil {
		return fmt.Errorf("record payer: %w", err)
	}
	return nil
}

// SetCard records the card that is kept for an account, or that none is.
func (db *DB) SetCard(ctx context.Context, accountID, paymentMethod, card string, now time.Time) error {
	err := db.w(ctx).Exec("UPDATE payer SET payment_method = ?, card = ?, updated_us = ? WHERE account_id = ?", paymentMethod, card, now.UnixMicro(), accountID).Error
	if err != nil {
		return fmt.Errorf("record card: %w", err)
	}
	return nil
}

// ForgetPayer removes a payer that the payment provider has deleted.
func (db *DB) ForgetPayer(ctx context.Context, customerID string) error {
	if err := db.w(ctx).Exec("DELETE FROM payer WHERE customer_id = ?", customerID).Error; err != nil {
		return fmt.Errorf("forget payer: %w", err)
	}
	return nil
}

package models

import (
	"context"
	"fmt"
	"time"
)

// ProviderKeysMax bounds how many keys of its own an account may keep here.
const ProviderKeysMax = 50

// ProviderKey is a person's own key at a provider. The key itself is sealed.
type ProviderKey struct {
	ID        string
	AccountID string
	Provider  string
	Hint      string // what may be shown of the key
	BaseURL   string // "" is the provider's usual one
	Sealed    string
	Place     int64 // the lower is used first
	TestedUs  int64
	Trouble   string // what the last test found, "" when all was well
	CreatedUs int64
}

// Tested is when the key was last tried; zero when it never was.
func (k ProviderKey) Tested() time.Time { return fromMicro(k.TestedUs) }

// ProviderKeys lists an account's own keys in the order of their use.
func (db *DB) ProviderKeys(ctx context.Context, accountID string) ([]ProviderKey, error) {
	var out []ProviderKey
	err := db.r(ctx).Table("provider_key").Where("account_id = ?", accountID).Order("place, created_us, id").Limit(ProviderKeysMax).Find(&out).Error
	if err != nil {
		return nil, fmt.Errorf("list provider keys: %w", err)
	}
	return out, nil
}

// ProviderKeyOf reads one key of an account; another account's is NotFound.
func (db *DB) ProviderKeyOf(ctx context.Context, accountID, id string) (ProviderKey, error) {
	var k ProviderKey
	err := db.r(ctx).Table("provider_key").Where("id = ? AND account_id = ?", id, accountID).Take(&k).Error
	if isMissing(err) {
		return k, Errorf(NotFound, "There is no such key.")
	}
	if err != nil {
		return k, fmt.Errorf("read provider key: %w", err)
	}
	return k, nil
}

// InsertProviderKey keeps a new key behind those that are there.
func (db *DB) InsertProviderKey(ctx context.Context, k ProviderKey) error {
	return db.Tx(ctx, func(tx *DB) error {
		list, err := tx.ProviderKeys(ctx, k.AccountID)
		if err != nil {
			return err
		}
		if len(list) >= ProviderKeysMax {
			return Errorf(Invalid, "An account keeps at most %d keys of its own. Remove one first.", ProviderKeysMax)
		}
		for _, other := range list {
			k.Place = max(k.Place, other.Place+1)
		}
		if err := tx.w(ctx).Table("provider_key").Create(&k).Error; err != nil {
			return fmt.Errorf("insert provider key: %w", err)
		}
		return nil
	})
}

// DeleteProviderKey forgets a key of an account; one that is gone already is as well.
func (db *DB) DeleteProviderKey(ctx context.Context, accountID, id string) error {
	if err := db.w(ctx).Exec("DELETE FROM provider_key WHERE id = ? AND account_id = ?", id, accountID).Error; err != nil {
		return fmt.Errorf("delete provider key: %w", err)
	}
	return nil
}

// OrderProviderKeys gives the keys of an account the order of the ids.
func (db *DB) OrderProviderKeys(ctx context.Context, accountID string, ids []string) error {
	return db.Tx(ctx, func(tx *DB) error {
		for place, id := range ids {
			if err := tx.w(ctx).Exec("UPDATE provider_key SET place = ? WHERE id = ? AND account_id = ?", place, id, accountID).Error; err != nil {
				return fmt.Errorf("order provider keys: %w", err)
			}
		}
		return nil
	})
}

// ProviderKeyTested writes down what a test found.
func (db *DB) ProviderKeyTested(ctx context.Context, accountID, id, trouble string, at time.Time) error {
	err := db.w(ctx).Exec("UPDATE provider_key SET tested_us = ?, trouble = ? WHERE id = ? AND account_id = ?", at.UnixMicro(), trouble, id, accountID).Error
	if err != nil {
		return fmt.Errorf("write down a test: %w", err)
	}
	return nil
}

// ResealProviderKey replaces a sealed key by the same one under a newer seal, unless it has changed
// meanwhile.
func (db *DB) ResealProviderKey(ctx context.Context, id, was, sealed string) error {
	if err := db.w(ctx).Exec("UPDATE provider_key SET sealed = ? WHERE id = ? AND sealed = ?", sealed, id, was).Error; err != nil {
		return fmt.Errorf("seal a provider key again: %w", err)
	}
	return nil
}

package models

import (
	"context"
	"fmt"
	"time"
)

// APIKey is a key that programs call with. The key itself is shown once and never kept.
type APIKey struct {
	ID         string
	UserID     string
	AccountID  string
	FormID     string // made with the form, so that sending it twice is one key
	Name       string
	Hash       string // SHA-256 of the key, hexadecimal
	Hint       string // what may be shown of it
	Limit      Amount `gorm:"column:limit_nano"` // -1 when it has none
	LimitReset string // "", daily, weekly, monthly
	PerMinute  int64  // requests; 0 is as many as it likes
	CreatedUs  int64
	ExpiresUs  int64 // 0 when it does not
	LastUsedUs int64
	RevokedUs  int64
	Management bool  // it manages keys and calls no model
	DisabledUs int64 // 0 while it works
	UpdatedUs  int64 // 0 when it was never changed
}

// Created is when the key was made.
func (k APIKey) Created() time.Time { return fromMicro(k.CreatedUs) }

// Expires is when the key ends; zero when it does not.
func (k APIKey) Expires() time.Time { return fromMicro(k.ExpiresUs) }

// LastUsed is about when it was last used; zero for never.
func (k APIKey) LastUsed() time.Time { return fromMicro(k.LastUsedUs) }

// Revoked is when it was revoked; zero when it was not.
func (k APIKey) Revoked() time.Time { return fromMicro(k.RevokedUs) }

// Updated is when the key was last changed; zero when it never was.
func (k APIKey) Updated() time.Time { return fromMicro(k.UpdatedUs) }

// InsertKey keeps a new key. When its FormID was used before, the key made then is returned
// instead, with again set.
func (db *DB) InsertKey(ctx context.Context, k APIKey) (made APIKey, again bool, err error) {
	err = db.w(ctx).Table("api_key").Create(&k).Error
	if isDuplicate(err) {
		old, err := db.key(ctx, "form_id = ? AND user_id = ?", k.FormID, k.UserID)
		return old, true, err
	}
	if err != nil {
		return k, false, fmt.Errorf("insert key: %w", err)
	}
	return k, false, nil
}

// KeyByHash reads a key by the hash of what was presented.
func (db *DB) KeyByHash(ctx context.Context, hash string) (APIKey, error) {
	return db.key(ctx, "hash = ?", hash)
}

// KeyOfUser reads a key of one person; another's is NotFound.
func (db *DB) KeyOfUser(ctx context.Context, userID, id string) (APIKey, error) {
	return db.key(ctx, "id = ? AND user_id = ?", id, userID)
}

// KeyOfUserByHash reads a key of one person by its hash; another's is NotFound.
func (db *DB) KeyOfUserByHash(ctx context.Context, userID, hash string) (APIKey, error) {
	return db.key(ctx, "hash = ? AND user_id = ?", hash, userID)
}

func (db *DB) key(ctx context.Context, where string, args ...any) (APIKey, error) {
	var k APIKey
	err := db.r(ctx).Table("api_key").Where(where, args...).Take(&k).Error
	if isMissing(err) {
		return k, Errorf(NotFound, "There is no such key.")
	}
	if err != nil {
		return k, fmt.Errorf("read key: %w", err)
	}
	return k, nil
}

// KeysMax bounds how many keys one person may have, revoked ones included.
const KeysMax = 1000

// KeysOfUser lists a person's keys, newest first.
func (db *DB) KeysOfUser(ctx context.Context, userID string) ([]APIKey, error) {
	var out []APIKey
	err := db.r(ctx).Table("api_key").Where("user_id = ?", userID).Order("created_us DESC").Limit(KeysMax).Find(&out).Error
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	return out, nil
}

// UpdateKey changes what a key of one person may do. A revoked or unknown one is NotFound.
func (db *DB) UpdateKey(ctx context.Context, k APIKey) error {
	res := db.w(ctx).Exec("UPDATE api_key SET name = ?, limit_nano = ?, limit_reset = ?, per_minute = ?, disabled_us = ?, updated_us = ? "+
		"WHERE id = ? AND user_id = ? AND revoked_us = 0",
		k.Name, k.Limit, k.LimitReset, k.PerMinute, k.DisabledUs, k.UpdatedUs, k.ID, k.UserID)
	if res.Error != nil {
		return fmt.Errorf("update key: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return Errorf(NotFound, "There is no such key.")
	}
	return nil
}

// RevokeKey ends a key of one person for good; one that is revoked already stays as it is.
func (db *DB) RevokeKey(ctx context.Context, userID, id string, now time.Time) error {
	err := db.w(ctx).Exec("UPDATE api_key SET revoked_us = ? WHERE id = ? AND user_id = ? AND revoked_us = 0", now.UnixMicro(), id, userID).Error
	if err != nil {
		return fmt.Errorf("revoke key: %w", err)
	}
	return nil
}

// TouchKeys records when keys were last used, by id.
func (db *DB) TouchKeys(ctx context.Context, used map[string]time.Time) error {
	return db.Tx(ctx, func(tx *DB) error {
		for id, at := range used {
			if err := tx.w(ctx).Exec("UPDATE api_key SET last_used_us = ? WHERE id = ? AND last_used_us < ?", at.UnixMicro(), id, at.UnixMicro()).Error; err != nil {
				return fmt.Errorf("touch key: %w", err)
			}
		}
		return nil
	})
}

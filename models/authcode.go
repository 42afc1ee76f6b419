package models

import (
	"context"
	"fmt"
	"time"
)

// AuthCode is what a person has agreed to: a key for a program, which fetches it with a code.
type AuthCode struct {
	Hash       string // SHA-256 of the code, hexadecimal
	UserID     string
	AccountID  string
	Challenge  string // "" when the program proves nothing
	Method     string // how the challenge was made: S256, plain, or "" without one
	KeyName    string
	Limit      Amount `gorm:"column:limit_nano"` // -1 when it has none
	LimitReset string
	KeyEndsUs  int64 // when the key expires, 0 for never
	CreatedUs  int64
	ExpiresUs  int64 // of the code
}

// InsertAuthCode keeps a code.
func (db *DB) InsertAuthCode(ctx context.Context, c AuthCode) error {
	if err := db.w(ctx).Table("auth_code").Create(&c).Error; err != nil {
		return fmt.Errorf("insert code: %w", err)
	}
	return nil
}

// AuthCodeByHash reads a code that may still be used; any other is NotFound.
func (db *DB) AuthCodeByHash(ctx context.Context, hash string, now time.Time) (AuthCode, error) {
	var c AuthCode
	err := db.r(ctx).Table("auth_code").Where("hash = ? AND expires_us > ?", hash, now.UnixMicro()).Take(&c).Error
	if isMissing(err) {
		return c, noCode()
	}
	if err != nil {
		return c, fmt.Errorf("read code: %w", err)
	}
	return c, nil
}

// TakeAuthCode uses a code up. Of several who try, one succeeds; for the others it is NotFound.
func (db *DB) TakeAuthCode(ctx context.Context, hash string) error {
	res := db.w(ctx).Exec("DELETE FROM auth_code WHERE hash = ?", hash)
	if res.Error != nil {
		return fmt.Errorf("take code: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return noCode()
	}
	return nil
}

func noCode() error { return Errorf(NotFound, "This code is unknown, was used, or is too old.") }

package models

import (
	"context"
	"fmt"
	"time"
)

// Session is one browser that is signed in.
type Session struct {
	ID        string
	Hash      string // of the token in the cookie
	UserID    string
	IP        string
	UserAgent string
	CreatedUs int64
	SeenUs    int64
	ExpiresUs int64
}

// Created is when the person signed in here.
func (s Session) Created() time.Time { return fromMicro(s.CreatedUs) }

// Seen is about when the session was last used.
func (s Session) Seen() time.Time { return fromMicro(s.SeenUs) }

// InsertSession keeps a new session.
func (db *DB) InsertSession(ctx context.Context, s Session) error {
	if err := db.w(ctx).Table("session").Create(&s).Error; err != nil {
		return fmt.Errorf("insert session: %w", err)
	}
	return nil
}

// SessionByHash reads a session that has not run out.
func (db *DB) SessionByHash(ctx context.Context, hash string, now time.Time) (Session, error) {
	var s Session
	err := db.r(ctx).Table("session").Where("hash = ? AND expires_us > ?", hash, now.UnixMicro()).Take(&s).Error
	if isMissing(err) {
		return s, Errorf(NotFound, "There is no such session.")
	}
	if err != nil {
		return s, fmt.Errorf("read session: %w", err)
	}
	return s, nil
}

// TouchSession moves a session's last use and its end on.
func (db *DB) TouchSession(ctx context.Context, id string, seen, expires time.Time) error {
	err := db.w(ctx).Exec("UPDATE session SET seen_us = ?, expires_us = ? WHERE id = ?", seen.UnixMicro(), expires.UnixMicro(), id).Error
	if err != nil {
		return fmt.Errorf("touch session: %w", err)
	}
	return nil
}

// SessionsOfUser lists a person's sessions that have not run out, newest use first.
func (db *DB) SessionsOfUser(ctx context.Context, userID string, now time.Time) ([]Session, error) {
	var out []Session
	err := db.r(ctx).Table("session").Where("user_id = ? AND expires_us > ?", userID, now.UnixMicro()).Order("seen_us DESC").Limit(100).Find(&out).Error
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return out, nil
}

// DeleteSession ends one session of a person; another's is NotFound.
func (db *DB) DeleteSession(ctx context.Context, userID, id string) error {
	res := db.w(ctx).Exec("DELETE FROM session WHERE id = ? AND user_id = ?", id, userID)
	if res.Error != nil {
		return fmt.Errorf("delete session: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return Errorf(NotFound, "There is no such session.")
	}
	return nil
}

// TrimSessions ends the sessions of a person beyond so many, those used longest ago.
func (db *DB) TrimSessions(ctx context.Context, userID string, keep int) error {
	err := db.w(ctx).Exec(`DELETE FROM session WHERE user_id = ? AND id NOT IN
		(SELECT id FROM session WHERE user_id = ? ORDER BY seen_us DESC, id DESC LIMIT ?)`, userID, userID, keep).Error
	if err != nil {
		return fmt.Errorf("trim sessions: %w", err)
	}
	return nil
}

// DeleteSessionByHash ends the session of a token, if there is one.
func (db *DB) DeleteSessionByHash(ctx context.Context, hash string) error {
	if err := db.w(ctx).Exec("DELETE FROM session WHERE hash = ?", hash).Error; err != nil {
		return fmt.Errorf("delete session: %w", err)
	}
	return nil
}

// DeleteSessionsExcept ends all sessions of a person but one; "" ends all.
func (db *DB) DeleteSessionsExcept(ctx context.Context, userID, keepID string) error {
	if err := db.w(ctx).Exec("DELETE FROM session WHERE user_id = ? AND id <> ?", userID, keepID).Error; err != nil {
		return fmt.Errorf("delete sessions: %w", err)
	}
	return nil
}

// The kinds of letter tokens.
const (
	LetterVerify = "verify"
	LetterReset  = "reset"
)

// InsertLetterToken keeps the hash of a token that a letter carries.
func (db *DB) InsertLetterToken(ctx context.Context, hash, kind, userID string, expires time.Time) error {
	err := db.w(ctx).Exec("INSERT INTO letter_token (hash, kind, user_id, created_us, expires_us) VALUES (?, ?, ?, ?, ?)",
		hash, kind, userID, time.Now().UnixMicro(), expires.UnixMicro()).Error
	if err != nil {
		return fmt.Errorf("insert token: %w", err)
	}
	return nil
}

// TakeLetterToken uses a token up and returns whose it was. A token that is unknown, used or too
// old is NotFound.
func (db *DB) TakeLetterToken(ctx context.Context, hash, kind string, now time.Time) (string, error) {
	var ids []string
	err := db.w(ctx).Raw("DELETE FROM letter_token WHERE hash = ? AND kind = ? AND expires_us > ? RETURNING user_id",
		hash, kind, now.UnixMicro()).Scan(&ids).Error
	if err != nil {
		return "", fmt.Errorf("take token: %w", err)
	}
	if len(ids) == 0 {
		return "", Errorf(NotFound, "This link has been used or is too old.")
	}
	return ids[0], nil
}

// LetterTokenUser tells whose a token is without using it up.
func (db *DB) LetterTokenUser(ctx context.Context, hash, kind string, now time.Time) (string, error) {
	var ids []string
	err := db.r(ctx).Table("letter_token").Where("hash = ? AND kind = ? AND expires_us > ?", hash, kind, now.UnixMicro()).Pluck("user_id", &ids).Error
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	if len(ids) == 0 {
		return "", Errorf(NotFound, "This link has been used or is too old.")
	}
	return ids[0], nil
}

// DeleteLetterTokens makes all letters of one kind to a person void.
func (db *DB) DeleteLetterTokens(ctx context.Context, userID, kind string) error {
	if err := db.w(ctx).Exec("DELETE FROM letter_token WHERE user_id = ? AND kind = ?", userID, kind).Error; err != nil {
		return fmt.Errorf("delete tokens: %w", err)
	}
	return nil
}

// DeleteExpired forgets sessions, tokens and codes that have run out.
func (db *DB) DeleteExpired(ctx context.Context, now time.Time) error {
	for _, table := range []string{"session", "letter_token", "auth_code"} {
		if err := db.w(ctx).Exec("DELETE FROM "+table+" WHERE expires_us < ?", now.UnixMicro()).Error; err != nil {
			return fmt.Errorf("forget old rows of %s: %w", table, err)
		}
	}
	return nil
}

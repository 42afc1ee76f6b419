package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"bourse/models"
)

const (
	sessionLife  = 30 * 24 * time.Hour // since it was last used
	sessionTouch = 10 * time.Minute    // how exactly its last use is known
	tokenChars   = 43                  // 256 bits
	agentMax     = 200
	sessionsMax  = 100 // of one person; beyond that the one that was used longest ago ends
)

// newToken makes a secret for a cookie or a link, and the hash that is kept of it.
func newToken() (token, hash string) {
	token = string(models.AppendRandom(nil, tokenChars))
	return token, hashOf(token)
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// NewSession signs a person in on one browser and returns the secret for its cookie.
func (a *Accounts) NewSession(ctx context.Context, userID, ip, userAgent string) (string, error) {
	token, hash := newToken()
	now := a.now()
	userAgent = strings.ToValidUTF8(userAgent[:min(len(userAgent), agentMax)], "")
	err := a.db.InsertSession(ctx, models.Session{
		ID: models.NewID("ses"), Hash: hash, UserID: userID, IP: ip, UserAgent: userAgent,
		CreatedUs: now.UnixMicro(), SeenUs: now.UnixMicro(), ExpiresUs: now.Add(sessionLife).UnixMicro(),
	})
	if err != nil {
		return "", err
	}
	return token, a.db.TrimSessions(ctx, userID, sessionsMax)
}

// SessionByToken returns the session of a cookie, whose it is and their account. A cookie that
// says nothing is Unauthorized.
func (a *Accounts) SessionByToken(ctx context.Context, token string) (models.Session, models.User, string, error) {
	if len(token) != tokenChars {
		return models.Session{}, models.User{}, "", errNoSession
	}
	now := a.now()
	s, err := a.db.SessionByHash(ctx, hashOf(token), now)
	if models.CodeOf(err) == models.NotFound {
		return s, models.User{}, "", errNoSession
	}
	if err != nil {
		return s, models.User{}, "", err
	}
	u, err := a.db.UserByID(ctx, s.UserID)
	if err != nil {
		return s, u, "", err
	}
	account, err := a.db.AccountOfUser(ctx, u.ID)
	if err != nil {
		return s, u, "", err
	}
	if now.Sub(s.Seen()) > sessionTouch {
		if err := a.db.TouchSession(ctx, s.ID, now, now.Add(sessionLife)); err != nil {
			a.log.Warn("session not touched", "err", err)
		}
	}
	return s, u, account.ID, nil
}

var errNoSession = models.Errorf(models.Unauthorized, "Sign in to see this page.")

// Sessions lists where a person is signed in, newest use first.
func (a *Accounts) Sessions(ctx context.Context, userID string) ([]models.Session, error) {
	return a.db.SessionsOfUser(ctx, userID, a.now())
}

// Revoke signs one browser of a person out.
func (a *Accounts) Revoke(ctx context.Context, userID, sessionID string) error {
	return a.db.DeleteSession(ctx, userID, sessionID)
}

// RevokeOthers signs every browser of a person out but one.
func (a *Accounts) RevokeOthers(ctx context.Context, userID, keepSessionID string) error {
	return a.db.DeleteSessionsExcept(ctx, userID, keepSessionID)
}

// RevokeByToken signs out the browser whose cookie this is.
func (a *Accounts) RevokeByToken(ctx context.Context, token string) error {
	return a.db.DeleteSessionByHash(ctx, hashOf(token))
}

// Sweep forgets sessions and links that have run out.
func (a *Accounts) Sweep(ctx context.Context) error { return a.db.DeleteExpired(ctx, a.now()) }

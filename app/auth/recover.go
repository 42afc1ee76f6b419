package auth

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	letters "bourse/app/mail"
	"bourse/models"
)

// RequestReset sends a link for a new password, when the address has an account. The answer does
// not say whether it has.
func (a *Accounts) RequestReset(ctx context.Context, email, ip string) error {
	email, err := NormalEmail(email)
	if err != nil {
		return err
	}
	if err := a.allow("reset "+network(ip), signUpsPerHour, time.Hour); err != nil {
		return err
	}
	defer evenly(ctx, time.Now())
	u, err := a.db.UserByEmail(ctx, email)
	if models.CodeOf(err) == models.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if a.allow("letter "+email, lettersPerHour, time.Hour) != nil {
		return nil // saying so would say that the address is known
	}
	link, err := a.ResetLink(ctx, u.ID)
	if err != nil {
		return err
	}
	err = a.mail.Send(letters.Letter{To: u.Email, Subject: "Set a new password for Bourse", Body: "Hello,\n\n" +
		"open this link to set a new password:\n\n" + link + "\n\n" +
		"It works once, for an hour. If you did not ask for it, ignore this letter: the old password stays.\n"})
	if err != nil {
		a.log.Warn("letter not queued", "err", err)
	}
	return nil
}

// ResetLink makes a link with which a person can set their password, once, within an hour. Older
// links stop working.
func (a *Accounts) ResetLink(ctx context.Context, userID string) (string, error) {
	token, hash := newToken()
	err := a.db.Tx(ctx, func(tx *models.DB) error {
		if err := tx.DeleteLetterTokens(ctx, userID, models.LetterReset); err != nil {
			return err
		}
		return tx.InsertLetterToken(ctx, hash, models.LetterReset, userID, a.now().Add(resetLife))
	})
	if err != nil {
		return "", err
	}
	return a.baseURL + "/reset/new?token=" + token, nil
}

// ResetTokenWorks reports, without using it up, whether a link would be taken.
func (a *Accounts) ResetTokenWorks(ctx context.Context, token string) error {
	_, err := a.db.LetterTokenUser(ctx, hashOf(token), models.LetterReset, a.now())
	return err
}

// Reset uses up a link and sets the password. It signs out everywhere and, because the link came
// by letter, confirms the address.
func (a *Accounts) Reset(ctx context.Context, token, password string) (models.User, error) {
	id, err := a.db.LetterTokenUser(ctx, hashOf(token), models.LetterReset, a.now())
	if err != nil {
		return models.User{}, err
	}
	u, err := a.db.UserByID(ctx, id)
	if err != nil {
		return u, err
	}
	if err := checkPassword("password", password, u.Email); err != nil {
		return u, err
	}
	hash, err := a.hasher.hash(ctx, password)
	if err != nil {
		return u, err
	}
	err = a.db.Tx(ctx, func(tx *models.DB) error {
		if _, err := tx.TakeLetterToken(ctx, hashOf(token), models.LetterReset, a.now()); err != nil {
			return err
		}
		if err := tx.SetPassword(ctx, u.ID, hash); err != nil {
			return err
		}
		if err := tx.VerifyUser(ctx, u.ID); err != nil {
			return err
		}
		return tx.DeleteSessionsExcept(ctx, u.ID, "")
	})
	if err != nil {
		return u, err
	}
	a.log.Info("password reset", "user", u.ID)
	return a.db.UserByID(ctx, id)
}

// ChangePassword replaces the password of somebody who knows the old one and signs out every
// other browser.
func (a *Accounts) ChangePassword(ctx context.Context, userID, keepSessionID, old, password string) error {
	if err := a.allow("password "+userID, changesPerHour, time.Hour); err != nil {
		return err
	}
	u, err := a.db.UserByID(ctx, userID)
	if err != nil {
		return err
	}
	if utf8.RuneCountInString(old) > passwordMax {
		old = ""
	}
	ok, err := a.hasher.matches(ctx, old, u.PasswordHash)
	if err != nil {
		return err
	}
	if !ok {
		return models.FieldError("current", "This is not the current password.")
	}
	if err := checkPassword("password", password, u.Email); err != nil {
		return err
	}
	hash, err := a.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	err = a.db.Tx(ctx, func(tx *models.DB) error {
		if err := tx.SetPassword(ctx, userID, hash); err != nil {
			return err
		}
		// A link that was asked for before, by whomever, ends with the old password.
		if err := tx.DeleteLetterTokens(ctx, userID, models.LetterReset); err != nil {
			return err
		}
		return tx.DeleteSessionsExcept(ctx, userID, keepSessionID)
	})
	if err == nil {
		a.log.Info("password changed", "user", u.ID)
	}
	return err
}

// Rename sets the name that pages greet with; "" is none.
func (a *Accounts) Rename(ctx context.Context, userID, name string) error {
	name = strings.TrimSpace(name)
	if utf8.RuneCountInString(name) > nameMax {
		return models.FieldError("name", "Use at most %d characters.", nameMax)
	}
	if !oneLine(name) {
		return models.FieldError("name", "Use letters, digits and signs on one line.")
	}
	return a.db.SetUserName(ctx, userID, name)
}

// oneLine reports whether a name is text without line breaks or other control characters.
func oneLine(name string) bool {
	return utf8.ValidString(name) && strings.IndexFunc(name, unicode.IsControl) < 0
}

// Create makes a person from the command line, confirmed and without a password that works: they
// set one by the returned link.
func (a *Accounts) Create(ctx context.Context, email string, operator bool) (u models.User, link string, err error) {
	email, err = NormalEmail(email)
	if err != nil {
		return u, "", err
	}
	role := models.RoleUser
	if operator {
		role = models.RoleOperator
	}
	unknown, _ := newToken()
	hash, err := a.hasher.hash(ctx, unknown)
	if err != nil {
		return u, "", err
	}
	now := a.now().UnixMicro()
	u, err = a.db.CreateUser(ctx, models.User{ID: models.NewID("usr"), Email: email, PasswordHash: hash, Role: role, VerifiedUs: now, CreatedUs: now})
	if err != nil {
		return u, "", err
	}
	link, err = a.ResetLink(ctx, u.ID)
	return u, link, err
}

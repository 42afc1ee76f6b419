package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"bourse/models"
)

// Parameters of argon2id: about 40 ms and 19 MiB of work for each password (the second choice of
// RFC 9106 scaled to a small server, as OWASP advises).
const (
	argonTime    = 2
	argonKiB     = 19 * 1024
	argonLanes   = 1
	argonSalt    = 16
	argonKey     = 32
	hashersMax   = 4 // at once: each takes argonKiB of memory
	passwordMin  = 10
	passwordMax  = 200 // characters: hashing is work that strangers can ask for
	passwordForm = "$argon2id$v=%d$m=%d,t=%d,p=%d$"
)

// hasher bounds how many passwords are hashed at once.
type hasher chan struct{}

func (h hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, argonSalt)
	rand.Read(salt) // never fails: crypto/rand stops the program instead
	key, err := h.derive(ctx, password, salt, argonTime, argonKiB, argonLanes)
	if err != nil {
		return "", err
	}
	enc := base64.RawStdEncoding
	return fmt.Sprintf(passwordForm+"%s$%s", argon2.Version, argonKiB, argonTime, argonLanes, enc.EncodeToString(salt), enc.EncodeToString(key)), nil
}

// matches compares in constant time. With hash "" it does the same work and says no, so that an
// unknown address takes as long as a known one.
func (h hasher) matches(ctx context.Context, password, hash string) (bool, error) {
	if hash == "" {
		_, err := h.derive(ctx, password, make([]byte, argonSalt), argonTime, argonKiB, argonLanes)
		return false, err
	}
	var version int
	var kib, rounds uint32
	var lanes uint8
	parts := strings.Split(hash, "$")
	if len(parts) != 6 {
		return false, models.Errorf(models.Internal, "a password hash cannot be read")
	}
	if _, err := fmt.Sscanf(strings.Join(parts[:4], "$")+"$", passwordForm, &version, &kib, &rounds, &lanes); err != nil || version != argon2.Version {
		return false, models.Errorf(models.Internal, "a password hash cannot be read")
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, models.Errorf(models.Internal, "a password hash cannot be read")
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, models.Errorf(models.Internal, "a password hash cannot be read")
	}
	got, err := h.derive(ctx, password, salt, rounds, kib, lanes)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

func (h hasher) derive(ctx context.Context, password string, salt []byte, rounds, kib uint32, lanes uint8) ([]byte, error) {
	select {
	case h <- struct{}{}:
		defer func() { <-h }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return argon2.IDKey([]byte(password), salt, rounds, kib, lanes, argonKey), nil
}

// checkPassword says what is wrong with a new password.
func checkPassword(field, password, email string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case n < passwordMin:
		return models.FieldError(field, "Use at least %d characters; this has %d.", passwordMin, n)
	case n > passwordMax:
		return models.FieldError(field, "Use at most %d characters.", passwordMax)
	case strings.EqualFold(password, email):
		return models.FieldError(field, "The password must not be the address.")
	case strings.Count(password, password[:1]) == len(password):
		return models.FieldError(field, "The same character over and over is the first thing that is tried.")
	}
	return nil
}

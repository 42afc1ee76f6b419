// Package auth decides who is asking: people by password and session, programs by key.
package auth

import (
	"context"
	"errors"
	"log/slog"
	"net/mail"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"bourse/app/cluster"
	letters "bourse/app/mail"
	"bourse/models"
)

// Limits on what strangers may try. Each is counted by address and by where it comes from.
const (
	signUpsPerHour   = 20
	signInsPerMinute = 10
	signInsPerHour   = 60
	lettersPerHour   = 6
	changesPerHour   = 20
	verifyLife       = 48 * time.Hour
	resetLife        = time.Hour
	emailMax         = 254
	nameMax          = 80
	// answerTime is how long after its beginning a request is answered that must not show, by its
	// time, whether an address is known: longer than either case takes.
	answerTime = 150 * time.Millisecond
)

// Accounts are the people.
type Accounts struct {
	db      *models.DB
	mail    *letters.Sender
	limits  *cluster.Local
	baseURL string
	log     *slog.Logger
	hasher  hasher
	now     func() time.Time
}

// NewAccounts makes the rule. baseURL is what the links in letters begin with.
func NewAccounts(db *models.DB, mail *letters.Sender, limits *cluster.Local, baseURL string, log *slog.Logger) *Accounts {
	return &Accounts{db: db, mail: mail, limits: limits, baseURL: baseURL, log: log, hasher: make(hasher, hashersMax), now: time.Now}
}

// tooOften is a refusal with the time to wait.
type tooOften struct {
	refusal *models.Error
	wait    time.Duration
}

func (t *tooOften) Error() string { return t.refusal.Error() }

func (t *tooOften) Unwrap() error { return t.refusal }

// RetryAfter is how long the person behind a RateLimited error should wait, 0 for other errors.
func RetryAfter(err error) time.Duration {
	var t *tooOften
	if errors.As(err, &t) {
		return t.wait
	}
	return 0
}

func (a *Accounts) allow(name string, limit int, per time.Duration) error {
	ok, wait := a.limits.Allow(name, limit, per)
	if ok {
		return nil
	}
	wait = max(wait.Round(time.Second), time.Second)
	return &tooOften{models.Errorf(models.RateLimited, "Too many tries. Try again in %s.", inWords(wait)), wait}
}

// evenly waits until answerTime after the beginning.
func evenly(ctx context.Context, began time.Time) {
	t := time.NewTimer(time.Until(began.Add(answerTime)))
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// network is what is counted for an address: with IPv6 everybody has 2^64 addresses of one network.
func network(ip string) string {
	at, err := netip.ParseAddr(ip)
	if err != nil || at.Unmap().Is4() {
		return ip
	}
	return netip.PrefixFrom(at.WithZone(""), ipv6Network).Masked().String()
}

const ipv6Network = 64

// inWords says a time to wait in whole seconds or, when it is long, in whole minutes.
func inWords(wait time.Duration) string {
	n, unit := int((wait+time.Second-1)/time.Second), "second"
	if wait > 2*time.Minute {
		n, unit = int((wait+time.Minute-1)/time.Minute), "minute"
	}
	if n == 1 {
		return "1 " + unit
	}
	return strconv.Itoa(n) + " " + unit + "s"
}

// NormalEmail checks an address and brings it into the one form in which it is kept.
func NormalEmail(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	at := strings.LastIndexByte(s, '@')
	parsed, err := mail.ParseAddress(s)
	switch {
	case s == "":
		return "", models.FieldError("email", "Enter your e-mail address.")
	case err != nil, parsed.Address != s, len(s) > emailMax, !oneLine(s), at < 1, strings.ContainsAny(s, "\r\n\t "):
		return "", models.FieldError("email", "This is not an e-mail address. It should look like name@example.com.")
	}
	return s, nil
}

// SignUp is what somebody who is new enters.
type SignUp struct {
	Email, Password, IP string
}

// SignUpResult says how it went on. Only the very first person is signed in at once; everybody
// else reads the same sentence, whether or not the address was known.
type SignUpResult struct {
	SignedIn bool
	User     models.User
}

// SignUp opens an account. An address that has one already gets a letter that says so, and the
// answer does not differ.
func (a *Accounts) SignUp(ctx context.Context, in SignUp) (SignUpResult, error) {
	email, err := NormalEmail(in.Email)
	if err != nil {
		return SignUpResult{}, err
	}
	if err := checkPassword("password", in.Password, email); err != nil {
		return SignUpResult{}, err
	}
	if err := a.allow("signup "+network(in.IP), signUpsPerHour, time.Hour); err != nil {
		return SignUpResult{}, err
	}
	hash, err := a.hasher.hash(ctx, in.Password)
	if err != nil {
		return SignUpResult{}, err
	}
	defer evenly(ctx, time.Now())
	u, err := a.db.CreateUser(ctx, models.User{ID: models.NewID("usr"), Email: email, PasswordHash: hash, Role: models.RoleUser, CreatedUs: a.now().UnixMicro()})
	if models.CodeOf(err) == models.Conflict {
		return SignUpResult{}, a.tellKnown(ctx, email)
	}
	if err != nil {
		return SignUpResult{}, err
	}
	a.log.Info("signed up", "user", u.ID, "role", u.Role)
	if err := a.sendVerify(ctx, u); err != nil {
		// Whether a letter could be sent would say whether the address was known, and signing up
		// once more sends another.
		a.log.Warn("letter not sent", "user", u.ID, "err", err)
	}
	return SignUpResult{SignedIn: u.Operator(), User: u}, nil
}

// tellKnown writes to somebody who signs up a second time. An address that was never confirmed
// gets a link to set the password: whoever signed up first need not have been its owner.
func (a *Accounts) tellKnown(ctx context.Context, email string) error {
	u, err := a.db.UserByEmail(ctx, email)
	if err != nil {
		return err
	}
	if err := a.allow("letter "+email, lettersPerHour, time.Hour); err != nil {
		return nil // saying so would say that the address is known
	}
	l := letters.Letter{To: email, Subject: "You have a Bourse account already", Body: "Hello,\n\n" +
		"somebody, probably you, tried to sign up at " + a.baseURL + " with this address. It has an account already.\n\n" +
		"Sign in: " + a.baseURL + "/sign-in\nForgot the password: " + a.baseURL + "/reset\n\n" +
		"If it was not you, nothing has changed and nothing needs to be done.\n"}
	if !u.Verified() {
		link, err := a.ResetLink(ctx, u.ID)
		if err != nil {
			return err
		}
		l.Subject = "Finish signing up at Bourse"
		l.Body = "Hello,\n\n" +
			"somebody, probably you, signed up at " + a.baseURL + " with this address more than once.\n\n" +
			"Open this link to set a password and to confirm that the address is yours:\n\n" + link + "\n\n" +
			"It works once, for an hour. If it was not you, ignore this letter.\n"
	}
	if err := a.mail.Send(l); err != nil {
		a.log.Warn("letter not sent", "user", u.ID, "err", err)
	}
	return nil
}

func (a *Accounts) sendVerify(ctx context.Context, u models.User) error {
	if err := a.allow("letter "+u.Email, lettersPerHour, time.Hour); err != nil {
		return err
	}
	token, hash := newToken()
	if err := a.db.InsertLetterToken(ctx, hash, models.LetterVerify, u.ID, a.now().Add(verifyLife)); err != nil {
		return err
	}
	return a.mail.Send(letters.Letter{To: u.Email, Subject: "Confirm your address for Bourse", Body: "Hello,\n\n" +
		"open this link to confirm that this address is yours:\n\n" + a.baseURL + "/verify?token=" + token + "\n\n" +
		"It works once, for two days. If you did not sign up at " + a.baseURL + ", ignore this letter.\n"})
}

// ResendVerification sends the letter again to somebody who is signed in.
func (a *Accounts) ResendVerification(ctx context.Context, userID string) error {
	u, err := a.db.UserByID(ctx, userID)
	if err != nil || u.Verified() {
		return err
	}
	return a.sendVerify(ctx, u)
}

// Verify uses up the token of a letter and confirms its reader's address.
func (a *Accounts) Verify(ctx context.Context, token string) (models.User, error) {
	id, err := a.db.TakeLetterToken(ctx, hashOf(token), models.LetterVerify, a.now())
	if err != nil {
		return models.User{}, err
	}
	if err := a.db.VerifyUser(ctx, id); err != nil {
		return models.User{}, err
	}
	return a.db.UserByID(ctx, id)
}

var errSignIn = models.Errorf(models.Unauthorized, "The address or the password is wrong, or the address has not been confirmed yet.")

// SignIn checks a password. A wrong one, an unknown address and one that was never confirmed are
// the same Unauthorized error after the same work.
func (a *Accounts) SignIn(ctx context.Context, email, password, ip string) (models.User, error) {
	email, err := NormalEmail(email)
	if err != nil {
		return models.User{}, err
	}
	// Where it comes from is counted first: nobody makes us remember addresses without end.
	for _, l := range []struct {
		name  string
		limit int
		per   time.Duration
	}{{"signin ip " + network(ip), signInsPerHour, time.Hour}, {"signin " + email, signInsPerMinute, time.Minute}} {
		if err := a.allow(l.name, l.limit, l.per); err != nil {
			return models.User{}, err
		}
	}
	u, err := a.db.UserByEmail(ctx, email)
	if err != nil && models.CodeOf(err) != models.NotFound {
		return models.User{}, err
	}
	if utf8.RuneCountInString(password) > passwordMax {
		password = ""
	}
	ok, err := a.hasher.matches(ctx, password, u.PasswordHash)
	if err != nil {
		return models.User{}, err
	}
	if !ok || (!u.Verified() && !u.Operator()) {
		return models.User{}, errSignIn
	}
	a.limits.Forget("signin " + email)
	return u, nil
}

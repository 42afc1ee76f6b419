package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bourse/app/cluster"
	"bourse/app/mail"
	"bourse/models"
	"bourse/models/modelstest"
)

const goodPassword = "four unrelated words"

// world is the people of a site whose clock the test holds.
type world struct {
	*Accounts
	t       *testing.T
	letters *mail.Sender
	clock   atomic.Int64
}

func newWorld(t *testing.T, db *models.DB) *world {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	letters, err := mail.New("", "Bourse <no-reply@localhost>", log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(letters.Close)
	w := &world{t: t, letters: letters}
	w.clock.Store(time.Now().UnixMicro())
	w.Accounts = NewAccounts(db, letters, cluster.NewLocal(w.at), "http://bourse.test", log)
	w.Accounts.now = w.at
	return w
}

func (w *world) at() time.Time { return time.UnixMicro(w.clock.Load()) }

func (w *world) pass(d time.Duration) { w.clock.Add(d.Microseconds()) }

var tokenIn = regexp.MustCompile(`token=(\w+)`)

// token is the one in the newest letter to an address.
func (w *world) token(email string) string {
	w.t.Helper()
	for _, l := range w.letters.Recent() {
		if found := tokenIn.FindStringSubmatch(l.Body); l.To == email && found != nil {
			return found[1]
		}
	}
	w.t.Fatalf("no letter with a link to %s", email)
	return ""
}

func (w *world) person(email string) models.User {
	w.t.Helper()
	// Each from a network of its own.
	ip := fmt.Sprintf("10.0.%d.%d", len(email), w.clock.Load()%250)
	w.pass(time.Second)
	if _, err := w.SignUp(w.t.Context(), SignUp{Email: email, Password: goodPassword, IP: ip}); err != nil {
		w.t.Fatal(err)
	}
	u, err := w.Verify(w.t.Context(), w.token(email))
	if err != nil {
		w.t.Fatal(err)
	}
	return u
}

func TestFirstOfManyIsTheOperator(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		w := newWorld(t, db)
		const people = 20
		results := make([]SignUpResult, people)
		var wg sync.WaitGroup
		for i := range people {
			wg.Go(func() {
				var err error
				results[i], err = w.SignUp(context.Background(), SignUp{Email: fmt.Sprintf("p%d@example.com", i), Password: goodPassword, IP: fmt.Sprint("10.1.1.", i)})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		operators := 0
		for i := range people {
			u, err := db.UserByEmail(t.Context(), fmt.Sprintf("p%d@example.com", i))
			if err != nil {
				t.Fatal(err)
			}
			if u.Operator() != results[i].SignedIn {
				t.Errorf("%s: operator %t, signed in %t", u.Email, u.Operator(), results[i].SignedIn)
			}
			if u.Operator() {
				operators++
			}
		}
		if operators != 1 {
			t.Errorf("%d operators", operators)
		}
	})
}

func TestKnownAddressesDoNotShow(t *testing.T) {
	w := newWorld(t, modelstest.Open(t, models.Options{DataDir: t.TempDir()}))
	w.person("first@example.com")
	w.person("known@example.com")
	ask := func(what func() error) (error, time.Duration) {
		began := time.Now()
		err := what()
		return err, time.Since(began)
	}
	same := func(t *testing.T, known, unknown func() error) {
		t.Helper()
		errKnown, took := ask(known)
		errUnknown, tookToo := ask(unknown)
		if fmt.Sprint(errKnown) != fmt.Sprint(errUnknown) || models.CodeOf(errKnown) != models.CodeOf(errUnknown) {
			t.Errorf("known: %v; unknown: %v", errKnown, errUnknown)
		}
		if took < answerTime || tookToo < answerTime {
			t.Errorf("answered after %s and %s, both before %s", took, tookToo, answerTime)
		}
	}
	t.Run("signing up", func(t *testing.T) {
		var known, unknown SignUpResult
		same(t, func() (err error) {
			known, err = w.SignUp(t.Context(), SignUp{Email: "known@example.com", Password: "another long password", IP: "10.2.0.1"})
			return err
		}, func() (err error) {
			unknown, err = w.SignUp(t.Context(), SignUp{Email: "unknown@example.com", Password: "another long password", IP: "10.2.0.2"})
			return err
		})
		if known.SignedIn || unknown.SignedIn {
			t.Error("one of them is signed in")
		}
		if _, err := w.SignIn(t.Context(), "known@example.com", goodPassword, "10.2.0.3"); err != nil {
			t.Errorf("the password of the known one has changed: %v", err)
		}
	})
	t.Run("asking for a new password", func(t *testing.T) {
		same(t, func() error { return w.RequestReset(t.Context(), "known@example.com", "10.2.1.1") },
			func() error { return w.RequestReset(t.Context(), "nobody@example.com", "10.2.1.2") })
	})
	t.Run("signing in", func(t *testing.T) {
		for _, email := range []string{"known@example.com", "nobody@example.com", "unknown@example.com"} {
			if _, err := w.SignIn(t.Context(), email, "not the password", "10.2.2.1"); !errors.Is(err, errSignIn) {
				t.Errorf("%s: %v", email, err)
			}
		}
		// With the right password, and not confirmed yet.
		if _, err := w.SignIn(t.Context(), "unknown@example.com", "another long password", "10.2.2.1"); !errors.Is(err, errSignIn) {
			t.Errorf("not confirmed: %v", err)
		}
	})
	t.Run("letters beyond the limit", func(t *testing.T) {
		for range 2 * lettersPerHour {
			if err := w.RequestReset(t.Context(), "known@example.com", "10.2.3.1"); err != nil {
				t.Fatal(err)
			}
		}
		n := 0
		for _, l := range w.letters.Recent() {
			if l.To == "known@example.com" {
				n++
			}
		}
		if n > 2*lettersPerHour-1 {
			t.Errorf("%d letters to one address", n)
		}
	})
}

func TestSignInLimits(t *testing.T) {
	w := newWorld(t, modelstest.Open(t, models.Options{DataDir: t.TempDir()}))
	w.person("ada@example.com")
	try := func(email, password, ip string) error {
		_, err := w.SignIn(t.Context(), email, password, ip)
		return err
	}
	t.Run("one address from everywhere", func(t *testing.T) {
		for i := range signInsPerMinute {
			if err := try("ada@example.com", "wrong password", fmt.Sprint("10.3.0.", i)); !errors.Is(err, errSignIn) {
				t.Fatal(err)
			}
		}
		err := try("ada@example.com", goodPassword, "10.3.1.1")
		if models.CodeOf(err) != models.RateLimited || RetryAfter(err) < time.Second || RetryAfter(err) > time.Minute {
			t.Fatalf("%v, wait %s", err, RetryAfter(err))
		}
		w.pass(RetryAfter(err))
		if err := try("ada@example.com", goodPassword, "10.3.1.1"); err != nil {
			t.Errorf("after the time that was said: %v", err)
		}
	})
	t.Run("one who knows the password does not pay for those who do not", func(t *testing.T) {
		for range signInsPerMinute + 5 {
			if err := try("ada@example.com", goodPassword, "10.3.2.1"); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("everybody from one network", func(t *testing.T) {
		var err error
		for i := range signInsPerHour + 1 {
			// Each from another address of the same network.
			err = try(fmt.Sprintf("p%d@example.com", i), "wrong password", fmt.Sprintf("2001:db8:7:1::%x", i+1))
		}
		if models.CodeOf(err) != models.RateLimited {
			t.Errorf("%v", err)
		}
		if err := try("q@example.com", "wrong password", "2001:db8:7:2::1"); !errors.Is(err, errSignIn) {
			t.Errorf("the neighbours' network: %v", err)
		}
	})
	t.Run("sign-ups from one network", func(t *testing.T) {
		// Without the work of twenty passwords: the limit is counted before it.
		for range signUpsPerHour {
			w.limits.Allow("signup "+network("2001:db8:8:1::1"), signUpsPerHour, time.Hour)
		}
		_, err := w.SignUp(t.Context(), SignUp{Email: "more@example.com", Password: goodPassword, IP: "2001:db8:8:1:ffff::2"})
		if models.CodeOf(err) != models.RateLimited {
			t.Errorf("%v", err)
		}
	})
}

func TestReset(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		w := newWorld(t, db)
		ctx := t.Context()
		u := w.person("ada@example.com")
		session, err := w.NewSession(ctx, u.ID, "10.4.0.1", "test")
		if err != nil {
			t.Fatal(err)
		}
		if err := w.RequestReset(ctx, "ada@example.com", "10.4.0.1"); err != nil {
			t.Fatal(err)
		}
		older := w.token("ada@example.com")
		if err := w.RequestReset(ctx, "ada@example.com", "10.4.0.1"); err != nil {
			t.Fatal(err)
		}
		token := w.token("ada@example.com")
		if _, err := w.Reset(ctx, older, "a quite new password"); models.CodeOf(err) != models.NotFound {
			t.Errorf("an older link: %v", err)
		}
		if _, err := w.Verify(ctx, token); models.CodeOf(err) != models.NotFound {
			t.Errorf("a link of another kind: %v", err)
		}
		if _, err := w.Reset(ctx, token, "short"); models.CodeOf(err) != models.Invalid {
			t.Errorf("a short password: %v", err)
		}
		var good atomic.Int64
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				if _, err := w.Reset(context.Background(), token, fmt.Sprint("a quite new password ", i)); err == nil {
					good.Add(1)
				} else if models.CodeOf(err) != models.NotFound {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if good.Load() != 1 {
			t.Errorf("one link set %d passwords", good.Load())
		}
		if _, _, _, err := w.SessionByToken(ctx, session); models.CodeOf(err) != models.Unauthorized {
			t.Errorf("an old session goes on: %v", err)
		}
		t.Run("a link runs out", func(t *testing.T) {
			link, err := w.ResetLink(ctx, u.ID)
			if err != nil {
				t.Fatal(err)
			}
			w.pass(resetLife + time.Second)
			if _, err := w.Reset(ctx, tokenIn.FindStringSubmatch(link)[1], goodPassword); models.CodeOf(err) != models.NotFound {
				t.Errorf("%v", err)
			}
		})
		t.Run("a link ends when the password is changed", func(t *testing.T) {
			if _, err := w.Reset(ctx, linkToken(t, w, u.ID), goodPassword); err != nil {
				t.Fatal(err)
			}
			open := linkToken(t, w, u.ID)
			if err := w.ChangePassword(ctx, u.ID, "", goodPassword, "changed by its owner"); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Reset(ctx, open, "set by somebody else"); models.CodeOf(err) != models.NotFound {
				t.Errorf("it still works: %v", err)
			}
		})
	})
}

func linkToken(t *testing.T, w *world, userID string) string {
	t.Helper()
	link, err := w.ResetLink(t.Context(), userID)
	if err != nil {
		t.Fatal(err)
	}
	return tokenIn.FindStringSubmatch(link)[1]
}

func TestSecondSignUpOfAnUnconfirmedAddress(t *testing.T) {
	w := newWorld(t, modelstest.Open(t, models.Options{DataDir: t.TempDir()}))
	w.person("first@example.com")
	if _, err := w.SignUp(t.Context(), SignUp{Email: "owner@example.com", Password: "of the one who was faster", IP: "10.5.0.1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.SignUp(t.Context(), SignUp{Email: "Owner@Example.com ", Password: "of the true owner", IP: "10.5.0.2"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Reset(t.Context(), w.token("owner@example.com"), "chosen with the letter"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.SignIn(t.Context(), "owner@example.com", "of the one who was faster", "10.5.0.1"); !errors.Is(err, errSignIn) {
		t.Errorf("whoever signed up first is in: %v", err)
	}
	if _, err := w.SignIn(t.Context(), "owner@example.com", "chosen with the letter", "10.5.0.2"); err != nil {
		t.Errorf("the owner is not: %v", err)
	}
}

func TestSessions(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		w := newWorld(t, db)
		u, eve := w.person("ada@example.com"), w.person("eve@example.com")
		token, err := w.NewSession(t.Context(), u.ID, "10.6.0.1", strings.Repeat("é", 500))
		if err != nil {
			t.Fatal(err)
		}
		s, who, account, err := w.SessionByToken(t.Context(), token)
		if err != nil || who.ID != u.ID || account == "" || len(s.UserAgent) > agentMax {
			t.Fatalf("%+v %+v %q %v", s, who, account, err)
		}
		for _, wrong := range []string{"", token[1:], strings.ToLower(token), s.Hash, s.ID} {
			if _, _, _, err := w.SessionByToken(t.Context(), wrong); models.CodeOf(err) != models.Unauthorized {
				t.Errorf("%q: %v", wrong, err)
			}
		}
		if err := w.Revoke(t.Context(), eve.ID, s.ID); models.CodeOf(err) != models.NotFound {
			t.Errorf("somebody else ends it: %v", err)
		}
		w.pass(sessionLife - time.Minute)
		if _, _, _, err := w.SessionByToken(t.Context(), token); err != nil {
			t.Errorf("within its life: %v", err)
		}
		w.pass(sessionLife - time.Minute)
		if _, _, _, err := w.SessionByToken(t.Context(), token); err != nil {
			t.Errorf("its life begins anew with each use: %v", err)
		}
		w.pass(sessionLife + time.Minute)
		if _, _, _, err := w.SessionByToken(t.Context(), token); models.CodeOf(err) != models.Unauthorized {
			t.Errorf("after its life: %v", err)
		}
		if err := w.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		last := ""
		for range sessionsMax + 5 {
			w.pass(time.Second)
			if last, err = w.NewSession(t.Context(), u.ID, "10.6.0.1", "test"); err != nil {
				t.Fatal(err)
			}
		}
		list, err := w.Sessions(t.Context(), u.ID)
		if err != nil || len(list) != sessionsMax {
			t.Errorf("%d sessions, %v", len(list), err)
		}
		if _, _, _, err := w.SessionByToken(t.Context(), last); err != nil {
			t.Errorf("the newest: %v", err)
		}
	})
}

func TestNames(t *testing.T) {
	w := newWorld(t, modelstest.Open(t, models.Options{DataDir: t.TempDir()}))
	u := w.person("ada@example.com")
	for name, good := range map[string]bool{"Ada": true, "": true, "Ада Лавлейс 🧮": true, "a\x00b": false, "a\nb": false, "a\x1b[31m": false, "\xff": false,
		strings.Repeat("é", nameMax): true, strings.Repeat("é", nameMax+1): false} {
		if err := w.Rename(t.Context(), u.ID, name); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestPasswordRules(t *testing.T) {
	for password, good := range map[string]bool{goodPassword: true, "short": false, "": false, "ada@example.com": false, "ADA@example.com": false,
		"aaaaaaaaaaaa": false, "пароль длинный": true, strings.Repeat("ab", passwordMax/2): true, strings.Repeat("ab", passwordMax): false} {
		if err := checkPassword("password", password, "ada@example.com"); (err == nil) != good {
			t.Errorf("%q: %v", password, err)
		}
	}
	h := make(hasher, 1)
	hash, err := h.hash(t.Context(), goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{goodPassword: true, goodPassword + " ": false, "": false} {
		if ok, err := h.matches(t.Context(), password, hash); ok != want || err != nil {
			t.Errorf("%q: %t %v", password, ok, err)
		}
	}
	for _, broken := range []string{"x", "$argon2id$v=19$m=1,t=1,p=1$!$!", strings.Replace(hash, "v=19", "v=16", 1)} {
		if ok, err := h.matches(t.Context(), goodPassword, broken); ok || err == nil {
			t.Errorf("%s: %t %v", broken, ok, err)
		}
	}
	h <- struct{}{} // busy for good
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := h.hash(ctx, goodPassword); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one who waits too long: %v", err)
	}
}

// FuzzNormalEmail: what is taken is one line with one form, and stays itself.
func FuzzNormalEmail(f *testing.F) {
	for _, s := range []string{"ada@example.com", " ADA@Example.COM ", "a@b", "@", "a@", "\"a b\"@c.d", "a@b\r\nBcc: x@y", "Ada <a@b.c>", "a,b@c", "é@ü.example", "a@b\x00", "a@[::1]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		email, err := NormalEmail(s)
		if err != nil {
			if models.CodeOf(err) != models.Invalid {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		if again, err := NormalEmail(email); err != nil || again != email {
			t.Fatalf("%q became %q became %q: %v", s, email, again, err)
		}
		if len(email) > emailMax || !oneLine(email) || strings.ContainsAny(email, " <>") || strings.Count(email, "@") < 1 {
			t.Fatalf("%q was taken as %q", s, email)
		}
	})
}

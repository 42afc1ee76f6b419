// Package harness starts the whole house inside a test: a free port, a database of its own, the
// demo provider and the sandbox. When the test ends the house is closed as an operator would close
// it, and its books are checked.
package harness

import (
	"context"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"regexp"
	"sync"
	"testing"
	"time"

	"bourse/app"
	"bourse/app/auth"
	"bourse/billing"
	"bourse/models"
)

const (
	closeTime = 30 * time.Second
	// Password is everybody's in a test.
	Password = "correct horse battery staple"
)

// House is a running marketplace.
type House struct {
	*app.App
	// URL is its address, without a slash at the end.
	URL string

	t        testing.TB
	database models.Options
	close    func()
}

// Start opens the house with the environment of a fresh machine, and what env adds to it.
func Start(t testing.TB, env map[string]string) *House {
	t.Helper()
	return StartAt(t, env, nil)
}

// StartAt opens a house that judges endpoints by a clock of the test's.
func StartAt(t testing.TB, env map[string]string, now func() time.Time) *House {
	t.Helper()
	address := freeAddress(t)
	all := map[string]string{"ADDR": address, "BASE_URL": "http://" + address, "FIND_LOCAL": "false"}
	maps.Copy(all, env)
	if all["DATA_DIR"] == "" {
		all["DATA_DIR"] = prepared(t)
	}
	config, err := app.ReadConfig(func(name string) string { return all[name] })
	if err != nil {
		t.Fatal(err)
	}
	config.Now = now
	log := slog.New(slog.NewTextHandler(output{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	ctx, stop := context.WithCancel(context.Background())
	a, err := app.New(ctx, config, log)
	if err != nil {
		stop()
		t.Fatal(err)
	}
	h := &House{App: a, URL: config.BaseURL, t: t, database: models.Options{URL: config.DatabaseURL, DataDir: config.DataDir}}
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	h.close = sync.OnceFunc(func() {
		stop()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("the house did not close well: %v", err)
			}
		case <-time.After(closeTime):
			t.Errorf("the house is still open after %s", closeTime)
		}
	})
	t.Cleanup(func() {
		h.Close()
		h.Books(func(db *models.DB) { audit(t, db) })
	})
	return h
}

// Close asks the house to stop, as the operator's signal does, and waits until it has.
func (h *House) Close() { h.t.Helper(); h.close() }

// Books opens the database of a house that is closed.
func (h *House) Books(read func(db *models.DB)) {
	h.t.Helper()
	db, err := models.Open(context.Background(), h.database)
	if err != nil {
		h.t.Error(err)
		return
	}
	defer db.Close()
	read(db)
}

// freeAddress is a port that nobody uses at this moment: the base URL has to be known before the
// house is open.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// output writes log lines to the test.
type output struct{ t testing.TB }

func (o output) Write(line []byte) (int, error) {
	o.t.Helper()
	o.t.Log(string(line))
	return len(line), nil
}

// Audit checks every invariant of the ledger, on every row.
func (h *House) Audit() { h.t.Helper(); audit(h.t, h.DB) }

func audit(t testing.TB, db *models.DB) {
	t.Helper()
	breaches, err := db.Audit(context.Background(), billing.HoldAgeMax)
	if err != nil {
		t.Errorf("audit: %v", err)
	}
	for _, b := range breaches {
		t.Errorf("the books are wrong: %s: %s: want %s, got %s", b.Invariant, b.Row, b.Want, b.Got)
	}
}

// Person is somebody with a confirmed address, an account and a key.
type Person struct {
	User    models.User
	Account models.Account
	Key     string
}

// Person signs somebody up, confirms the address, grants real credit if it is more than 0 and
// makes a key without a limit.
func (h *House) Person(email string, credit models.Amount) Person {
	h.t.Helper()
	ctx := context.Background()
	signedUp, err := h.Accounts.SignUp(ctx, auth.SignUp{Email: email, Password: Password, IP: "127.0.0.1"})
	if err != nil {
		h.t.Fatal(err)
	}
	p := Person{User: signedUp.User}
	if !signedUp.SignedIn {
		if p.User, err = h.Accounts.Verify(ctx, h.LetterToken(email)); err != nil {
			h.t.Fatal(err)
		}
	}
	if p.Account, err = h.DB.AccountOfUser(ctx, p.User.ID); err != nil {
		h.t.Fatal(err)
	}
	if credit > 0 {
		if err := h.Billing.Ledger.Grant(ctx, p.Account.ID, credit, models.NewID("test"), "for a test", "test"); err != nil {
			h.t.Fatal(err)
		}
	}
	p.Key = h.NewKey(p, -1)
	return p
}

// NewKey makes one more key, with a limit unless that is -1.
func (h *House) NewKey(p Person, limit models.Amount) string {
	h.t.Helper()
	return h.newKey(auth.CreateKey{UserID: p.User.ID, AccountID: p.Account.ID, FormID: models.NewID("form"), Name: "test", Limit: limit})
}

// ManagementKey makes a key that manages keys.
func (h *House) ManagementKey(p Person) string {
	h.t.Helper()
	return h.newKey(auth.CreateKey{UserID: p.User.ID, AccountID: p.Account.ID, FormID: models.NewID("form"), Name: "manager", Limit: -1, Management: true})
}

func (h *House) newKey(in auth.CreateKey) string {
	h.t.Helper()
	plain, _, _, err := h.Keys.Create(context.Background(), in)
	if err != nil {
		h.t.Fatal(err)
	}
	return plain
}

// Available is what the person can spend now.
func (h *House) Available(p Person) models.Amount {
	h.t.Helper()
	account, err := h.DB.AccountByID(context.Background(), p.Account.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return account.Available()
}

var letterLink = regexp.MustCompile(`https?://\S+\?token=\S+`)

const letterTime = 10 * time.Second

// LetterLink waits for the newest letter to an address that has a link with a token.
func (h *House) LetterLink(email string) string {
	h.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.After(letterTime)
	for {
		for _, letter := range h.Mail.Recent() {
			if link := letterLink.FindString(letter.Body); letter.To == email && link != "" {
				return link
			}
		}
		select {
		case <-tick.C:
		case <-end:
			h.t.Fatalf("no letter to %s after %s", email, letterTime)
		}
	}
}

// LetterToken is the token in the newest letter to an address.
func (h *House) LetterToken(email string) string {
	h.t.Helper()
	link, err := url.Parse(h.LetterLink(email))
	if err != nil {
		h.t.Fatal(err)
	}
	return link.Query().Get("token")
}

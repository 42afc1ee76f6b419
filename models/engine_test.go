package models_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bourse/models"
	"bourse/models/modelstest"
	"bourse/test/pgtest"
)

func TestMigrations(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		ctx := t.Context()
		before, err := db.SchemaVersion(ctx)
		if err != nil || before < 3 {
			t.Fatalf("schema %d: %v", before, err)
		}
		if _, err := db.SettingOnce(ctx, "kept", "yes"); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := db.Migrate(ctx); err != nil {
				t.Fatalf("once more: %v", err)
			}
		}
		if after, err := db.SchemaVersion(ctx); err != nil || after != before {
			t.Errorf("schema %d became %d: %v", before, after, err)
		}
		if kept, err := db.SettingOnce(ctx, "kept", "no"); err != nil || kept != "yes" {
			t.Errorf("what was kept is %q: %v", kept, err)
		}
	})
}

// TestMigrateTogether starts several replicas on one empty database.
func TestMigrateTogether(t *testing.T) {
	for engine, options := range map[string]models.Options{models.SQLite: {DataDir: t.TempDir()}, models.PostgreSQL: {URL: pgtest.URL(t)}} {
		t.Run(engine, func(t *testing.T) {
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					db, err := models.Open(context.Background(), options)
					if err != nil {
						t.Error(err)
						return
					}
					defer db.Close()
					if err := db.Migrate(context.Background()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		})
	}
}

func TestSettingOnce(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		const writers = 24
		answers := make(chan string, writers)
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() {
				kept, err := db.SettingOnce(context.Background(), "secret", fmt.Sprint("mine ", i))
				if err != nil {
					t.Error(err)
				}
				answers <- kept
			})
		}
		wg.Wait()
		first := <-answers
		for range writers - 1 {
			if next := <-answers; next != first {
				t.Errorf("one was told %q, another %q", first, next)
			}
		}
	})
}

func TestDuplicates(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		ctx := t.Context()
		user := models.User{ID: models.NewID("usr"), Email: "ada@example.com", Role: models.RoleUser}
		if _, err := db.CreateUser(ctx, user); err != nil {
			t.Fatal(err)
		}
		again := models.User{ID: models.NewID("usr"), Email: "ada@example.com", Role: models.RoleUser}
		if _, err := db.CreateUser(ctx, again); models.CodeOf(err) != models.Conflict {
			t.Errorf("the same address again: %v", err)
		}
		if _, err := db.UserByID(ctx, again.ID); models.CodeOf(err) != models.NotFound {
			t.Errorf("half of a user stayed: %v", err)
		}
		if _, err := db.CreateAccount(ctx, user.ID); models.CodeOf(err) != models.Conflict {
			t.Errorf("a second account: %v", err)
		}
		top := models.TopUp{ID: models.NewID("top"), AccountID: "acc-1", FormID: "form-1", ChargeCents: 1000, Status: models.TopUpPending}
		if _, repeated, err := db.InsertTopUp(ctx, top); err != nil || repeated {
			t.Fatalf("%t %v", repeated, err)
		}
		second := top
		second.ID, second.ChargeCents = models.NewID("top"), 2000
		if made, repeated, err := db.InsertTopUp(ctx, second); err != nil || !repeated || made.ID != top.ID || made.ChargeCents != 1000 {
			t.Errorf("%+v %t %v", made, repeated, err)
		}
		foreign := second
		foreign.AccountID = "acc-2"
		if made, _, err := db.InsertTopUp(ctx, foreign); models.CodeOf(err) != models.NotFound {
			t.Errorf("somebody else's form leads to %+v %v", made, err)
		}
	})
}

func TestUniqueRowsAreNotRetried(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		store, err := db.Money()
		if err != nil {
			t.Fatal(err)
		}
		tx := &models.LedgerTx{ID: "test:1", Kind: "test", Ref: "1", Entries: []models.LedgerEntry{{AccountID: "a", Amount: 1}, {AccountID: "b", Amount: -1}}}
		put := func(ctx context.Context, m *models.MoneyTx) error {
			return m.InsertTxs(t.Context(), []*models.LedgerTx{tx})
		}
		if err := store.Run(t.Context(), put); err != nil {
			t.Fatal(err)
		}
		if err := store.Run(t.Context(), put); err == nil || models.Retryable(err) {
			t.Errorf("the same transaction twice: %v", err)
		}
		if breaches, err := db.Audit(t.Context(), time.Hour); err != nil || len(breaches) != 0 {
			t.Errorf("%+v %v", breaches, err)
		}
	})
}

func TestRetryable(t *testing.T) {
	for _, err := range []error{nil, context.Canceled, context.DeadlineExceeded, models.Errorf(models.Conflict, "no"),
		fmt.Errorf("settle: %w", models.Errorf(models.Internal, "no")), fmt.Errorf("read: %w", context.Canceled)} {
		if models.Retryable(err) {
			t.Errorf("%v would be tried again", err)
		}
	}
	for _, err := range []error{errors.New("read tcp: connection reset by peer"), fmt.Errorf("commit: %w", os.ErrDeadlineExceeded)} {
		if !models.Retryable(err) {
			t.Errorf("%v would not be tried again", err)
		}
	}
}

// TestDeadlocksAreRetried makes two transactions of the ledger wait for each other in a circle.
func TestDeadlocksAreRetried(t *testing.T) {
	db := modelstest.Open(t, models.Options{URL: pgtest.URL(t)})
	store, err := db.Money()
	if err != nil {
		t.Fatal(err)
	}
	first, err := db.CreateAccount(t.Context(), "usr-1")
	if err != nil {
		t.Fatal(err)
	}
	second, err := db.CreateAccount(t.Context(), "usr-2")
	if err != nil {
		t.Fatal(err)
	}
	// One transaction for each order of locks, which the house itself never does.
	var locked, ended sync.WaitGroup
	locked.Add(2)
	failures := make(chan error, 2)
	for _, order := range [][2]string{{first, second}, {second, first}} {
		ended.Go(func() {
			failures <- store.Run(context.Background(), func(ctx context.Context, m *models.MoneyTx) error {
				if _, _, err := m.Lock(context.Background(), order[:1], nil); err != nil {
					return err
				}
				locked.Done()
				locked.Wait()
				_, _, err := m.Lock(context.Background(), order[1:], nil)
				return err
			})
		})
	}
	ended.Wait()
	one, other := <-failures, <-failures
	if one == nil {
		one, other = other, one
	}
	if one == nil || !models.Retryable(one) || other != nil {
		t.Errorf("the circle ended with %v and %v", one, other)
	}
}

func TestOpenRefusesWhatItCannotBe(t *testing.T) {
	for _, o := range []models.Options{{}, {URL: "mysql://localhost/x"}, {URL: "file.db"}} {
		if db, err := models.Open(t.Context(), o); err == nil {
			db.Close()
			t.Errorf("%+v was opened", o)
		}
	}
	file := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if db, err := models.Open(t.Context(), models.Options{DataDir: file}); err == nil {
		db.Close()
		t.Error("a file was taken for a folder")
	}
	odd := filepath.Join(t.TempDir(), "with spaces, a % and a ?")
	db := modelstest.Open(t, models.Options{DataDir: odd})
	if _, err := os.Stat(filepath.Join(odd, "bourse.db")); err != nil || db.Dialect() != models.SQLite {
		t.Errorf("the database is somewhere else: %v", err)
	}
	info, err := os.Stat(odd)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder is open to others: %v %v", info.Mode(), err)
	}
}

func TestTransactionsJoinAndRollBack(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		broken := errors.New("on second thoughts")
		err := db.Tx(t.Context(), func(tx *models.DB) error {
			if _, err := tx.SettingOnce(t.Context(), "a", "1"); err != nil {
				return err
			}
			return tx.Tx(t.Context(), func(inner *models.DB) error {
				if kept, err := inner.SettingOnce(t.Context(), "a", "2"); err != nil || kept != "1" {
					t.Errorf("inside %q %v", kept, err)
				}
				return broken
			})
		})
		if !errors.Is(err, broken) {
			t.Fatal(err)
		}
		if kept, err := db.SettingOnce(t.Context(), "a", "3"); err != nil || !strings.HasPrefix(kept, "3") {
			t.Errorf("it stayed: %q %v", kept, err)
		}
	})
}

package models

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"bourse/test/pgtest"
)

// engines runs a test on an empty, migrated database of each engine, with its insides at hand.
func engines(t *testing.T, fn func(t *testing.T, db *DB)) {
	t.Helper()
	for engine, o := range map[string]Options{SQLite: {DataDir: t.TempDir()}, PostgreSQL: {URL: pgtest.URL(t)}} {
		t.Run(engine, func(t *testing.T) {
			db, err := Open(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			if err := db.Migrate(context.Background()); err != nil {
				t.Fatal(err)
			}
			fn(t, db)
		})
	}
}

func TestLedgerIsAppendOnly(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		store, err := db.Money()
		if err != nil {
			t.Fatal(err)
		}
		tx := &LedgerTx{ID: "test:1", Kind: "test", Ref: "1", Entries: []LedgerEntry{{AccountID: "a", Amount: 1}, {AccountID: "b", Amount: -1}}}
		if err := store.Run(t.Context(), func(ctx context.Context, m *MoneyTx) error { return m.InsertTxs(ctx, []*LedgerTx{tx}) }); err != nil {
			t.Fatal(err)
		}
		for _, statement := range []string{"UPDATE ledger_entry SET amount_nano = 2", "DELETE FROM ledger_entry", "UPDATE ledger_tx SET note = 'x'",
			"DELETE FROM ledger_tx WHERE id = 'test:1'", "UPDATE ledger_entry SET account_id = 'c' WHERE account_id = 'a'"} {
			if err := db.w(t.Context()).Exec(statement).Error; err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", statement, err)
			}
		}
		sums, err := db.LedgerSums(t.Context())
		if err != nil || sums["a"] != 1 || sums["b"] != -1 {
			t.Errorf("%v %v", sums, err)
		}
	})
}

// TestOddTexts books a generation whose provider put into its words what no database keeps.
func TestOddTexts(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		account, err := db.CreateAccount(t.Context(), "usr-1")
		if err != nil {
			t.Fatal(err)
		}
		store, err := db.Money()
		if err != nil {
			t.Fatal(err)
		}
		g := &Generation{ID: "gen-1", AccountID: account, KeyID: "key-1", Title: "a\x00b", Created: time.Now()}
		err = store.Run(t.Context(), func(ctx context.Context, m *MoneyTx) error {
			if err := m.InsertGenerations(t.Context(), []*Generation{g}); err != nil {
				return err
			}
			g.State, g.UpstreamID, g.Finish, g.NativeFinish, g.ErrorType = GenerationVoided, "chat\x00cmpl", "sto\xffp", "\x00", "é\u2028"
			g.Attempts = []Attempt{{Provider: "p\x00", Error: "\xff\x00"}}
			_, err := m.ResolveGenerations(t.Context(), []*Generation{g})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := db.GenerationByID(t.Context(), account, "gen-1")
		if err != nil || got.UpstreamID != "chatcmpl" || got.Finish != "sto\uFFFDp" || got.NativeFinish != "" || got.ErrorType != "é\u2028" || got.Title != "ab" {
			t.Errorf("%+v %v", got, err)
		}
	})
}

// TestAuditFinds spoils one row after another by hand, past every rule of ours.
func TestAuditFinds(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		account, err := db.CreateAccount(t.Context(), "usr-1")
		if err != nil {
			t.Fatal(err)
		}
		if breaches, err := db.Audit(t.Context(), 0); err != nil || len(breaches) != 0 {
			t.Fatalf("an empty ledger: %+v %v", breaches, err)
		}
		for _, c := range []struct{ invariant, spoil, mend string }{
			{"balance", "UPDATE account SET posted_nano = 5", "UPDATE account SET posted_nano = 0"},
			{"sandbox", "UPDATE account SET sandbox_nano = 5", "UPDATE account SET sandbox_nano = 0"},
			{"held credit", "UPDATE account SET held_nano = 5", "UPDATE account SET held_nano = 0"},
			{"held real", "UPDATE account SET held_real_nano = 5", "UPDATE account SET held_real_nano = 0"},
			{"what a key spent", "INSERT INTO key_window (key_id, kind, start_us, spent_nano) VALUES ('key-1', 'total', 0, 5)", "DELETE FROM key_window"},
			{"what a key holds", "INSERT INTO key_window (key_id, kind, start_us, held_nano) VALUES ('key-1', 'total', 0, 5)", "DELETE FROM key_window"},
			{"top-up", `INSERT INTO topup (id, account_id, form_id, kind, livemode, credit_nano, charge_cents, status, session_id, session_url, payment_intent,
				failure, created_us, paid_us, credited_us) VALUES ('top-1', '` + account + `', 'f', 'manual', TRUE, 5, 1, 'paid', '', '', '', '', 1, 1, 1)`, "DELETE FROM topup"},
		} {
			if err := db.w(t.Context()).Exec(c.spoil).Error; err != nil {
				t.Fatalf("%s: %v", c.spoil, err)
			}
			breaches, err := db.Audit(t.Context(), 0)
			if err != nil || len(breaches) != 1 || !strings.Contains(breaches[0].Invariant, c.invariant) {
				t.Errorf("%s: %+v %v", c.spoil, breaches, err)
			}
			if err := db.w(t.Context()).Exec(c.mend).Error; err != nil {
				t.Fatal(err)
			}
		}
		// What cannot be mended comes last: the ledger is append-only.
		for _, spoil := range []string{"INSERT INTO ledger_entry (tx_id, seq, account_id, amount_nano, balance_nano, created_us) VALUES ('none', 0, 'a', 5, 0, 1)",
			"INSERT INTO ledger_tx (id, kind, ref, hash, note, actor, created_us) VALUES ('lone', 'x', 'x', '', '', '', 1)"} {
			before, _ := db.Audit(t.Context(), 0)
			if err := db.w(t.Context()).Exec(spoil).Error; err != nil {
				t.Fatal(err)
			}
			if after, err := db.Audit(t.Context(), 0); err != nil || len(after) <= len(before) {
				t.Errorf("%s: %+v %v", spoil, after, err)
			}
		}
	})
}

func TestDurabilityIsChecked(t *testing.T) {
	db, err := Open(t.Context(), Options{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.writer.Exec("PRAGMA synchronous = NORMAL").Error; err != nil {
		t.Fatal(err)
	}
	if err := db.checkDurability(t.Context()); CodeOf(err) != Internal {
		t.Errorf("SQLite that may forget: %v", err)
	}
	url := pgtest.URL(t) + "&synchronous_commit=off"
	if weak, err := Open(t.Context(), Options{URL: url}); err == nil {
		weak.Close()
		t.Error("PostgreSQL that may forget was opened")
	}
}

func TestBackupFile(t *testing.T) {
	db, err := Open(t.Context(), Options{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	file := t.TempDir() + "/copy.db"
	if err := db.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() == 0 {
		t.Errorf("%v %v", info, err)
	}
	if err := db.Backup(t.Context(), file); CodeOf(err) != Conflict {
		t.Errorf("over a file that exists: %v", err)
	}
	gone := t.TempDir() + "/no folder/copy.db"
	if err := db.Backup(t.Context(), gone); err == nil {
		t.Error("into a folder that does not exist")
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	half := t.TempDir() + "/half.db"
	if err := db.Backup(canceled, half); err == nil {
		t.Error("a backup that was stopped succeeded")
	}
	if _, err := os.Stat(half); !os.IsNotExist(err) {
		t.Errorf("half a copy is left: %v", err)
	}
}

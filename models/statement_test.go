package models_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"bourse/models"
	"bourse/models/modelstest"
)

// TestLongStatement runs through a long ledger: every entry comes, in order, in constant memory,
// and a reader that leaves half-way ends it.
func TestLongStatement(t *testing.T) {
	entries := 10_000
	if os.Getenv("FAULTS") == "long" {
		entries = 1_000_000
	}
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		id, err := db.CreateAccount(t.Context(), "usr-long")
		if err != nil {
			t.Fatal(err)
		}
		fillLedger(t, db, id, entries)
		from, to := time.UnixMicro(1), time.UnixMicro(int64(entries)+2)
		s, err := db.Statement(t.Context(), id, from, to)
		if err != nil || s.Count != int64(entries) || s.Closing != models.Amount(entries) || s.Opening != 0 {
			t.Fatalf("%+v %v", s, err)
		}
		before, most, n := heap(), uint64(0), 0
		err = db.EachEntry(t.Context(), id, from, to, func(e models.EntryLine) error {
			if n++; e.Balance != models.Amount(n) {
				return fmt.Errorf("entry %d has the balance %d", n, e.Balance)
			}
			if n%(entries/5) == 0 {
				most = max(most, heap())
			}
			return nil
		})
		if err != nil || n != entries {
			t.Fatalf("%d entries, %v", n, err)
		}
		t.Logf("%d entries: heap %d KiB before, %d KiB at most", entries, before>>10, most>>10)
		if most > before+(8<<20) {
			t.Errorf("the heap grew from %d to %d bytes", before, most)
		}
		left := errors.New("left")
		if err := db.EachEntry(t.Context(), id, from, to, func(models.EntryLine) error { return left }); !errors.Is(err, left) {
			t.Errorf("a reader that leaves: %v", err)
		}
		gone, leave := context.WithCancel(t.Context())
		if err := db.EachEntry(gone, id, from, to, func(models.EntryLine) error { leave(); return nil }); err == nil {
			t.Error("a cancelled export ran to its end")
		}
	})
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// fillLedger appends one entry a microsecond.
func fillLedger(t *testing.T, db *models.DB, account string, entries int) {
	t.Helper()
	store, err := db.Money()
	if err != nil {
		t.Fatal(err)
	}
	const batch = 5_000
	for at := 0; at < entries; at += batch {
		var txs []*models.LedgerTx
		for i := at + 1; i <= min(at+batch, entries); i++ {
			txs = append(txs, &models.LedgerTx{ID: fmt.Sprintf("grant:long-%d", i), Kind: "grant", Ref: fmt.Sprint(i), Note: "one", CreatedUs: int64(i) + 1,
				Entries: []models.LedgerEntry{{AccountID: account, Amount: 1, Balance: models.Amount(i)}, {AccountID: "expense:promo", Amount: -1}}})
		}
		if err := store.Run(t.Context(), func(ctx context.Context, m *models.MoneyTx) error { return m.InsertTxs(ctx, txs) }); err != nil {
			t.Fatal(err)
		}
	}
}

package billing_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"bourse/models"
	"bourse/models/modelstest"
)

// TestBackupWhileMoneyMoves takes copies in the middle of the traffic: the books of each add up,
// and each has everything that was acknowledged before it was begun.
func TestBackupWhileMoneyMoves(t *testing.T) {
	db := modelstest.Open(t, models.Options{DataDir: t.TempDir()})
	l := book(t, db)
	id := account(t, db, l, 1000*usd)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				g := generation(id)
				if err := l.Hold(context.Background(), fixed(g, usd/1000)); err != nil {
					t.Error(err)
					return
				}
				g.Cost, g.Fee = usd/2000, usd/40000
				if err := l.Settle(context.Background(), g); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 5 {
		before := balance(t, db, id)
		folder := t.TempDir()
		// The copy has the name that a database of ours has, so that it opens as one.
		if err := db.Backup(t.Context(), filepath.Join(folder, "bourse.db")); err != nil {
			t.Fatal(err)
		}
		kept := modelstest.Open(t, models.Options{DataDir: folder})
		if breaches, err := kept.Audit(t.Context(), time.Hour); err != nil || len(breaches) != 0 {
			t.Errorf("the books of the copy: %+v %v", breaches, err)
		}
		if after := balance(t, kept, id); after.Posted > before.Posted {
			t.Errorf("the copy says %s, later than %s", after.Posted.USD(), before.Posted.USD())
		}
	}
	close(stop)
	wg.Wait()
}

package billing_test

import (
	"testing"
	"time"

	"bourse/billing"
	"bourse/models"
	"bourse/models/modelstest"
)

// TestWrongClocks runs requests of processes whose clocks are an hour off, or were set in between:
// no living hold is taken back for it, none stays for ever, and the account's entries keep the order
// in which they happened.
func TestWrongClocks(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		l, other := book(t, db), book(t, db)
		id := account(t, db, l, 10*usd)
		for _, off := range []time.Duration{time.Hour, -time.Hour} {
			g := generation(id)
			g.Created = time.Now().Add(off)
			if err := l.Hold(t.Context(), fixed(g, usd)); err != nil {
				t.Fatal(err)
			}
			if n, err := other.Expire(t.Context(), billing.HoldAgeMax); n != 0 || err != nil {
				t.Errorf("%s off: %d living holds were taken back, %v", off, n, err)
			}
			if n, err := other.Expire(t.Context(), -time.Second); n != 1 || err != nil {
				t.Errorf("%s off: %d dead holds were taken back, %v", off, n, err)
			}
			g.Cost = usd / 10
			if err := l.Settle(t.Context(), g); models.CodeOf(err) != models.Conflict {
				t.Errorf("%s off: settled after it was taken back: %v", off, err)
			}
			next := generation(id)
			next.Created = time.Now().Add(-off)
			if err := other.Hold(t.Context(), fixed(next, usd)); err != nil {
				t.Fatal(err)
			}
			next.Cost, next.Finished = usd/10, time.Now().Add(-off)
			if err := other.Settle(t.Context(), next); err != nil {
				t.Fatal(err)
			}
		}
		if a := balance(t, db, id); a.Held != 0 || a.Posted != 10*usd-2*usd/10 {
			t.Errorf("held %s, posted %s", a.Held.USD(), a.Posted.USD())
		}
	})
}

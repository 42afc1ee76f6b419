package faults

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"bourse/models"
)

// books opens the house's database beside it.
func (h *house) books(read func(db *models.DB)) {
	h.t.Helper()
	db, err := models.Open(context.Background(), models.Options{URL: h.env["DATABASE_URL"], DataDir: h.env["DATA_DIR"]})
	if err != nil {
		h.t.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(context.Background()); err != nil {
		h.t.Fatal(err)
	}
	read(db)
}

// tally is one line of the table.
type tally struct {
	fault, engine            string
	answered, charged        int
	recovered, lost, refused int
	broken, open             int
	balance                  models.Amount
}

// settle waits until nothing is held any more and compares what was answered with what stands in
// the books.
func (h *house) settle(fault string, account string, l *load) {
	h.t.Helper()
	h.books(func(db *models.DB) {
		r := tally{fault: fault, engine: db.Dialect(), answered: len(l.acked), broken: l.broken}
		for _, n := range l.refused {
			r.refused += n
		}
		if r.open = h.heldZero(db, account); r.open > 0 {
			h.t.Errorf("%s: %d holds are open after %s", fault, r.open, heldTime)
		}
		states := map[string]models.GenerationState{}
		const page = 1000
		for offset := 0; ; offset += page {
			list, err := db.Generations(context.Background(), models.GenerationFilter{AccountID: account, Limit: page, Offset: offset})
			if err != nil {
				h.t.Fatal(err)
			}
			for _, g := range list {
				states[g.ID] = g.State
				switch g.State {
				case models.GenerationSettled:
					r.charged++
				case models.GenerationExpired:
					r.recovered++
				}
			}
			if len(list) < page {
				break
			}
		}
		seen := map[string]bool{}
		for _, id := range l.acked {
			if seen[id] {
				h.t.Errorf("%s: %s was answered twice", fault, id)
			}
			if seen[id] = true; states[id] != models.GenerationSettled {
				r.lost++
			}
		}
		if r.lost > 0 {
			h.t.Errorf("%s: %d of %d answers are not charged", fault, r.lost, r.answered)
		}
		breaches, err := db.Audit(context.Background(), heldTime)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, b := range breaches {
			h.t.Errorf("%s: %s: %s should be %s, is %s", fault, b.Invariant, b.Row, b.Want, b.Got)
		}
		a, err := db.AccountByID(context.Background(), account)
		if err != nil {
			h.t.Fatal(err)
		}
		if r.balance = a.Posted; r.balance < 0 {
			h.t.Errorf("%s: the balance is %s", fault, r.balance.USD())
		}
		if r.answered == 0 {
			h.t.Errorf("%s: nothing was answered at all", fault)
		}
		report(h.t, r)
	})
}

// heldTime is how long a hold may stay open after its process died: the tests' own timeout, twice.
const heldTime = 30 * time.Second

func (h *house) heldZero(db *models.DB, account string) int {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(heldTime); ; <-tick.C {
		a, err := db.AccountByID(context.Background(), account)
		if err != nil {
			h.t.Fatal(err)
		}
		if a.Held == 0 {
			return 0
		}
		if time.Now().After(end) {
			list, err := db.OpenGenerations(context.Background(), -time.Hour, 1000)
			if err != nil {
				h.t.Fatal(err)
			}
			return len(list)
		}
	}
}

// report prints one line of the table.
func report(t *testing.T, r tally) {
	t.Logf("| %s | %s | %d | %d | %d | %d | %d | %d | %d | %s |", r.fault, r.engine, r.answered, r.charged, r.recovered,
		r.lost, r.refused, r.broken, r.open, r.balance.USD())
}

// times is how often a fault is caused: a few times in every run, many when asked for.
func times(short, long int) int {
	if os.Getenv("FAULTS") == "long" {
		return long
	}
	return short
}

func faultName(format string, args ...any) string { return fmt.Sprintf(format, args...) }

package web

import (
	"sync"

	"bourse/app/catalog"
	"bourse/models"
	"bourse/views"
)

// rowsMax bounds the rows that are kept: about a kilobyte each.
const rowsMax = 4096

// rowKey is everything that a row of the list depends on, marks aside.
type rowKey struct {
	entry *catalog.Entry
	shown *catalog.Offer
	mix   catalog.Mix
}

// rowCache keeps drawn rows of one snapshot. The zero value is ready to use.
type rowCache struct {
	mu       sync.RWMutex
	snapshot *catalog.Snapshot
	drawn    map[rowKey]string
}

func (c *rowCache) get(s *catalog.Snapshot, key rowKey) string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.snapshot != s {
		return ""
	}
	return c.drawn[key]
}

func (c *rowCache) put(s *catalog.Snapshot, key rowKey, row string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.snapshot != s || len(c.drawn) >= rowsMax {
		c.snapshot, c.drawn = s, map[rowKey]string{}
	}
	c.drawn[key] = row
}

// lowest holds the lowest price of each column that is not zero, among the rows shown.
type lowest struct{ in, out, mix models.Rate }

func lowestOf(rows []catalog.Row) lowest {
	var l lowest
	if len(rows) < 2 {
		return l // one row is the lowest of nothing
	}
	take := func(best *models.Rate, r models.Rate) {
		if r > 0 && (*best == 0 || r < *best) {
			*best = r
		}
	}
	for _, r := range rows {
		in, out, mix := rowRates(r)
		take(&l.in, in)
		take(&l.out, out)
		take(&l.mix, mix)
	}
	return l
}

// rowRates are the three rates of a row, zero where there is none.
func rowRates(r catalog.Row) (in, out, mix models.Rate) {
	if r.Shown == nil {
		return 0, 0, 0
	}
	in, _ = r.Shown.Input()
	out, _ = r.Shown.Output()
	if r.HasMix {
		mix = r.Mix
	}
	return in, out, mix
}

// any reports whether a price of the row is the lowest of its column, ties included.
func (l lowest) any(r catalog.Row) bool {
	in, out, mix := rowRates(r)
	return is(in, l.in) || is(out, l.out) || is(mix, l.mix)
}

// mark puts the highlighter on the prices that are the lowest of their columns.
func (l lowest) mark(row *views.ModelRow, r catalog.Row) {
	in, out, mix := rowRates(r)
	row.Input.Best, row.Output.Best, row.Mix.Best = is(in, l.in), is(out, l.out), is(mix, l.mix)
}

func is(r, best models.Rate) bool { return r > 0 && r == best }

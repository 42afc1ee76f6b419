package market

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"bourse/models"
)

const (
	// daySlack and hourSlack are how long after its end a span is still counted anew: what a process
	// could not write down in time comes then. A day is counted once more when the next one ends.
	daySlack  = time.Hour
	hourSlack = 15 * time.Minute
	// hoursKept and daysKept are how long the sums of single accounts stay.
	hoursKept = 48
	daysKept  = 100
	// usageLease is how long one replica counts alone without saying so again.
	usageLease = 5 * time.Minute
	// usageChunk rows are written at a time, so that no call waits behind them.
	usageChunk = 500
	// usageShare: counting may take one part in so many of the time.
	usageShare = 50
	// daysAtOnce bounds what one run does when much is to be caught up on.
	daysAtOnce = 400
)

// Usage counts what was used, and holds what may be shown of it.
type Usage struct {
	db    *models.DB
	now   func() time.Time
	owner string
	least int64

	view  atomic.Pointer[View]
	mu    sync.Mutex // one run at a time
	ran   time.Time
	took  time.Duration
	known bool // the view is of the stored sums
}

// NewUsage has counted nothing yet. Figures that fewer accounts than least stand behind are never
// shown. The owner is this replica's name.
func NewUsage(db *models.DB, now func() time.Time, owner string, least int64) *Usage {
	u := &Usage{db: db, now: now, owner: owner, least: max(least, 1)}
	u.view.Store(&View{Least: u.least})
	return u
}

// View is what may be shown at this moment. It never changes; ask again for a newer one.
func (u *Usage) View() *View { return u.view.Load() }

// Run counts what is new, on one replica at a time, and then looks at what has been counted. It
// takes no more than a small part of the time, however much is called.
func (u *Usage) Run(ctx context.Context) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := u.now()
	if !u.ran.IsZero() && now.Sub(u.ran) < usageShare*u.took {
		return nil
	}
	began := time.Now()
	state, mine, err := u.db.TakeUsage(ctx, u.owner, usageLease, now)
	if err != nil {
		return err
	}
	if mine {
		if err := u.count(ctx, state, now); err != nil {
			return err
		}
	}
	err = u.look(ctx, now)
	u.ran, u.took = now, time.Since(began)
	return err
}

func (u *Usage) count(ctx context.Context, state models.UsageState, now time.Time) error {
	open, some, err := u.db.OldestOpen(ctx)
	if err != nil {
		return err
	}
	if !some {
		open = now
	}
	if err := u.closeDays(ctx, state.NextDay, now, open); err != nil {
		return err
	}
	return u.countHours(ctx, state.NextHour, now, open)
}

// closeDays counts the days that are over, each once no request of it runs any more, and the one
// before it again.
func (u *Usage) closeDays(ctx context.Context, next int64, now, open time.Time) error {
	for day := next; day < next+daysAtOnce; day++ {
		end := models.UsageDays.Start(day + 1)
		if now.Sub(end) < daySlack || open.Before(end) {
			return nil
		}
		for _, d := range []int64{day - 1, day} {
			if err := u.countDay(ctx, d); err != nil {
				return err
			}
		}
		if err := u.db.ForgetUsage(ctx, models.UsageDays, day-daysKept); err != nil {
			return err
		}
	}
	return nil
}

func (u *Usage) countDay(ctx context.Context, day int64) error {
	chunk := make([]models.UsageRow, 0, usageChunk)
	write := func() error {
		err := u.db.PutUsage(ctx, models.UsageDays, chunk)
		chunk = chunk[:0]
		return err
	}
	err := u.db.CountUsage(ctx, models.UsageDays, day, func(r models.UsageRow) error {
		if chunk = append(chunk, r); len(chunk) < usageChunk {
			return nil
		}
		return write()
	})
	if err == nil {
		err = write()
	}
	if err == nil {
		err = u.db.CloseUsageDay(ctx, day)
	}
	return err
}

// countHours counts the hours that are not final, the present one included, and writes what has
// changed of them.
func (u *Usage) countHours(ctx context.Context, next int64, now, open time.Time) error {
	present, changed := models.UsageHours.At(now), false
	final := next
	for hour := max(next, present-hoursKept+1); hour <= present; hour++ {
		more, err := u.countHour(ctx, hour)
		if err != nil {
			return err
		}
		changed = changed || more
		if end := models.UsageHours.Start(hour + 1); hour == max(final, present-hoursKept+1) && now.Sub(end) >= hourSlack && !open.Before(end) {
			final = hour + 1
		}
	}
	if final != next || changed {
		if err := u.db.ForgetUsage(ctx, models.UsageHours, present-hoursKept); err != nil {
			return err
		}
		return u.db.SetUsageHour(ctx, final, changed)
	}
	return nil
}

func (u *Usage) countHour(ctx context.Context, hour int64) (changed bool, err error) {
	known := map[models.UsageRow]bool{}
	err = u.db.Usage(ctx, models.UsageHours, hour, hour+1, func(r models.UsageRow) { known[r] = true })
	if err != nil {
		return false, err
	}
	var chunk []models.UsageRow
	write := func() error {
		changed = changed || len(chunk) > 0
		err := u.db.PutUsage(ctx, models.UsageHours, chunk)
		chunk = chunk[:0]
		return err
	}
	err = u.db.CountUsage(ctx, models.UsageHours, hour, func(r models.UsageRow) error {
		if known[r] {
			return nil
		}
		if chunk = append(chunk, r); len(chunk) < usageChunk {
			return nil
		}
		return write()
	})
	if err != nil {
		return changed, err
	}
	return changed, write()
}

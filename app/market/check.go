package market

import (
	"context"
	"time"

	"bourse/models"
)

// checkedDays is how many days back sums can be repaired: older ones have no accounts any more, of
// which those of their week could be counted again.
const checkedDays = daysKept - 2*weekDays

// Checked is one closed day beside its generations.
type Checked struct {
	Day      time.Time
	Requests int64 // by the generations
	Wrong    int   // sums that are not theirs
	Repaired bool
}

// Check compares the sums of each closed day since one with the generations themselves, and counts
// those days anew of which some are wrong, if it is asked to repair.
func (u *Usage) Check(ctx context.Context, since time.Time, repair bool, tell func(Checked)) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	state, err := u.db.UsageState(ctx)
	if err != nil {
		return err
	}
	first, err := u.db.FirstUsageDay(ctx)
	if err != nil || first == 0 {
		return err
	}
	for day := max(models.UsageDays.At(since), first); day < state.NextDay; day++ {
		c, err := u.checkDay(ctx, day)
		if err != nil {
			return err
		}
		if c.Wrong > 0 && repair && day >= state.NextDay-checkedDays {
			if err := u.repair(ctx, day, state.NextDay); err != nil {
				return err
			}
			c.Repaired = true
		}
		tell(c)
	}
	return nil
}

type sumKey struct {
	traffic         models.Traffic
	model, provider string
}

func (u *Usage) checkDay(ctx context.Context, day int64) (Checked, error) {
	c := Checked{Day: models.UsageDays.Start(day)}
	counted := map[sumKey]models.UsageDay{}
	err := u.db.CountUsage(ctx, models.UsageDays, day, func(r models.UsageRow) error {
		key := sumKey{r.Traffic, r.Model, r.Provider}
		s := counted[key]
		s.At, s.Traffic, s.Model, s.Provider, s.Accounts = day, r.Traffic, r.Model, r.Provider, s.Accounts+1
		s.Requests, s.TokensIn, s.TokensOut = s.Requests+r.Requests, s.TokensIn+r.TokensIn, s.TokensOut+r.TokensOut
		s.Reasoning, s.Cached, s.Spend = s.Reasoning+r.Reasoning, s.Cached+r.Cached, s.Spend+r.Spend
		counted[key] = s
		c.Requests += r.Requests
		return nil
	})
	if err != nil {
		return c, err
	}
	sums, err := u.db.UsageDaysOf(ctx, day, day+1)
	for _, s := range sums {
		key := sumKey{s.Traffic, s.Model, s.Provider}
		if counted[key] != s {
			c.Wrong++
		}
		delete(counted, key)
	}
	c.Wrong += len(counted) // what has no sum at all
	return c, err
}

// repair counts a day anew, and the week that it is in.
func (u *Usage) repair(ctx context.Context, day, next int64) error {
	if err := u.db.DropUsageDay(ctx, day); err != nil {
		return err
	}
	if err := u.countDay(ctx, day); err != nil {
		return err
	}
	if sunday := models.UsageWeekOf(day) + weekDays - 1; sunday != day && sunday < next {
		return u.db.CloseUsageDay(ctx, sunday)
	}
	return nil
}

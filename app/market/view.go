package market

import (
	"context"
	"fmt"
	"time"

	"bourse/models"
)

// The windows that use is ranked in.
const (
	WindowDay   = iota // the last 24 hours, the present one included
	WindowWeek         // the last seven whole days
	WindowMonth        // the last thirty
	windows
)

const (
	dayHours  = 24
	weekDays  = 7
	monthDays = 30
	// WeeksShown is how many weeks of a model's use are told.
	WeeksShown = 12
)

// View is what may be shown of what was used: sums that enough accounts stand behind, rounded to
// three digits.
type View struct {
	Version string    // changes whenever anything shown changes
	Least   int64     // figures that fewer accounts stand behind are left out
	Through time.Time // the end of the last day that is counted to its end; zero while there is none
	Windows [windows]Window
	History map[models.Traffic][]WeekCell // of whole calendar weeks, oldest first, the largest model of each first
	Models  map[string]Use                // by id: what was paid for and what was free, but nothing of the sandbox

	hour int64
	day  int64
}

// Window is a time with what was used in it.
type Window struct {
	From, To time.Time // To is zero where nothing has been counted yet
	Boards   map[models.Traffic]*Board
}

// Board is the window's board of one kind of traffic, empty where there was none.
func (w *Window) Board(t models.Traffic) *Board {
	if b := w.Boards[t]; b != nil {
		return b
	}
	return &Board{}
}

// Use is what a model page shows of the model's use. What too few accounts stand behind is Hidden.
type Use struct {
	Weeks    [WeeksShown]int64 // tokens of each, the last one last
	Accounts int64             // that paid for it in thirty days
}

// Week is how many tokens were used in the last seven days.
func (u Use) Week() int64 { return u.Weeks[WeeksShown-1] }

// Hidden stands for a figure that too few accounts stand behind.
const Hidden = -1

// look makes a new view when what was counted has changed, or when the hour has.
func (u *Usage) look(ctx context.Context, now time.Time) error {
	state, err := u.db.UsageState(ctx)
	if err != nil {
		return err
	}
	old, hour := u.View(), models.UsageHours.At(now)
	version := fmt.Sprintf("%d.%d", state.Version, hour)
	if u.known && old.Version == version {
		return nil
	}
	v := &View{Version: version, Least: u.least, hour: hour, day: state.NextDay, Through: old.Through, Windows: old.Windows, Models: old.Models, History: old.History}
	v.Windows[WindowDay], err = u.window(ctx, models.UsageHours, hour+1, dayHours, hour+1-2*dayHours)
	if err != nil {
		return err
	}
	v.Windows[WindowDay].To = now
	if !u.known || old.day != state.NextDay {
		if err := u.lookAtDays(ctx, v); err != nil {
			return err
		}
	}
	u.view.Store(v)
	u.known = true
	return nil
}

// lookAtDays fills what whole days are told of.
func (u *Usage) lookAtDays(ctx context.Context, v *View) error {
	first, err := u.db.FirstUsageDay(ctx)
	if err != nil || first == 0 {
		return err
	}
	v.Through = models.UsageDays.Start(v.day)
	for i, days := range map[int]int64{WindowWeek: weekDays, WindowMonth: monthDays} {
		if v.Windows[i], err = u.window(ctx, models.UsageDays, v.day, days, first); err != nil {
			return err
		}
	}
	if v.History, err = u.history(ctx, v.day); err != nil {
		return err
	}
	v.Models, err = u.uses(ctx, v)
	return err
}

// window ranks what was used in so many spans before one, and compares it with as many before.
func (u *Usage) window(ctx context.Context, span models.UsageSpan, to, spans, first int64) (Window, error) {
	from := max(to-spans, first)
	w := Window{From: span.Start(from), To: span.Start(to)}
	before, err := u.boards(ctx, span, from-spans, from)
	if err != nil {
		return w, err
	}
	if w.Boards, err = u.boards(ctx, span, from, to); err != nil {
		return w, err
	}
	for t, b := range w.Boards {
		b.compare(before[t])
	}
	return w, nil
}

func (u *Usage) boards(ctx context.Context, span models.UsageSpan, from, to int64) (map[models.Traffic]*Board, error) {
	c := counter{least: u.least, boards: map[models.Traffic]*Board{}, names: map[string]int32{}}
	if err := u.db.Usage(ctx, span, from, to, c.add); err != nil {
		return nil, err
	}
	c.endTraffic()
	return c.boards, nil
}

// uses reads the weeks of each model, one week after the other: all at once would have the database
// sort twelve weeks in memory.
func (u *Usage) uses(ctx context.Context, v *View) (map[string]Use, error) {
	out := map[string]Use{}
	for i := range int64(WeeksShown) {
		from := v.day - weekDays*(WeeksShown-i)
		list, err := u.db.Reach(ctx, from, from+weekDays)
		if err != nil {
			return nil, err
		}
		for _, r := range list {
			if r.Traffic == models.TrafficSandbox {
				continue
			}
			use := out[r.Model]
			week := &use.Weeks[i]
			switch {
			case tellable(u.least, r.Accounts, r.Tokens, r.Spend, r.MostTokens, r.MostSpend):
				*week = max(*week, 0) + round(r.Tokens)
			case *week == 0:
				*week = Hidden
			}
			out[r.Model] = use
		}
	}
	for _, r := range v.Windows[WindowMonth].Board(models.TrafficPaid).Rows {
		use := out[r.Model]
		use.Accounts = r.Accounts
		out[r.Model] = use
	}
	return out, nil
}

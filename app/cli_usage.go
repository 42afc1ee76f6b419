package app

import (
	"context"
	"flag"
	"fmt"
	"time"

	"bourse/app/market"
	"bourse/models"
)

// usageCheck compares the sums behind the rankings with the generations.
func (t *tool) usageCheck(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	day, repair := flags.String("since", "", ""), flags.Bool("repair", false, "")
	if _, err := arguments(flags, args); err != nil {
		return err
	}
	var since time.Time
	if *day != "" {
		var err error
		if since, err = time.Parse(time.DateOnly, *day); err != nil {
			return errUsage{fmt.Sprintf("--since %q is not a day, such as 2026-11-01", *day)}
		}
	}
	db, err := t.database(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	var days, requests, wrong int64
	err = market.NewUsage(db, time.Now, "check", t.config.UsageLeast).Check(ctx, since, *repair, func(c market.Checked) {
		days, requests = days+1, requests+c.Requests
		switch {
		case c.Repaired:
			fmt.Fprintf(t.out, "%s: %d sums were wrong and have been counted anew\n", c.Day.Format(time.DateOnly), c.Wrong)
		case c.Wrong > 0:
			wrong++
			fmt.Fprintf(t.out, "%s: %d sums are not those of the day's generations\n", c.Day.Format(time.DateOnly), c.Wrong)
		}
	})
	if err != nil {
		return err
	}
	if wrong > 0 {
		return models.Errorf(models.Internal, "Of %d days with %d requests, %d have wrong sums.", days, requests, wrong)
	}
	fmt.Fprintf(t.out, "%d days with %d requests: every sum is that of its generations\n", days, requests)
	return nil
}

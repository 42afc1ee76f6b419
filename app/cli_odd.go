package app

import (
	"context"
	"flag"
	"fmt"
	"time"
)

const (
	oddDays    = 7
	oddDaysMax = 366
)

// ledgerOdd tells the operator which providers' counts are not to be relied on, and whose price list
// has moved without ours.
func (t *tool) ledgerOdd(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	days := flags.Int("days", oddDays, "")
	if _, err := arguments(flags, args); err != nil {
		return err
	}
	if *days < 1 || *days > oddDaysMax {
		return errUsage{"--days must be from 1 to 366"}
	}
	db, err := t.database(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	list, err := db.OddUsages(ctx, time.Now().AddDate(0, 0, -*days))
	if err != nil {
		return err
	}
	if len(list) == 0 {
		fmt.Fprintf(t.out, "every count of the last %d days adds up\n", *days)
	}
	for _, o := range list {
		g := o.Last
		fmt.Fprintf(t.out, "%s at %s: %s, %d times\n  last %s at %s", o.Model, o.Tag, o.Anomaly, o.Count, g.ID, g.Created.UTC().Format(time.DateTime))
		if g.Usage.ProviderCost >= 0 {
			fmt.Fprintf(t.out, ", reported %s, by the price list %s", g.Usage.ProviderCost.USD(), g.Cost.USD())
		}
		fmt.Fprintln(t.out)
		if g.Usage.Raw != "" {
			fmt.Fprintf(t.out, "  %s\n", g.Usage.Raw)
		}
	}
	return nil
}

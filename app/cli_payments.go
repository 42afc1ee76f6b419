package app

import (
	"context"
	"flag"
	"fmt"
	"time"

	"bourse/billing"
	"bourse/models"
)

// payments opens what a command about payments works with; the second value closes it.
func (t *tool) payments(ctx context.Context) (*billing.Billing, func(), error) {
	db, err := t.database(ctx)
	if err != nil {
		return nil, nil, err
	}
	secret := t.config.SessionSecret
	if secret == "" {
		if secret, err = db.SettingOnce(ctx, "session_secret", string(models.AppendRandom(nil, 43))); err != nil {
			db.Close()
			return nil, nil, err
		}
	}
	b, err := billing.New(ctx, db, t.config.billing(secret), t.log)
	if err != nil {
		db.Close()
		return nil, nil, err
	}
	return b, func() { b.Close(); db.Close() }, nil
}

func (t *tool) stripeSetup(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	replace := flags.Bool("replace", false, "")
	if _, err := arguments(flags, args); err != nil {
		return err
	}
	hook, err := billing.SetupWebhook(ctx, t.config.billing(""), *replace)
	if hook.Secret != "" {
		fmt.Fprintf(t.errs, "%s listens at %s. Set this, it is not shown again:\n", hook.ID, hook.URL)
		fmt.Fprintf(t.out, "STRIPE_WEBHOOK_SECRET=%s\n", hook.Secret)
	}
	return err
}

func (t *tool) stripeReconcile(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	day := flags.String("since", "", "")
	if _, err := arguments(flags, args); err != nil {
		return err
	}
	since := time.Now().AddDate(0, 0, -30)
	if *day != "" {
		var err error
		if since, err = time.Parse(time.DateOnly, *day); err != nil {
			return errUsage{fmt.Sprintf("--since %q is not a day, such as 2026-11-01", *day)}
		}
	}
	b, closed, err := t.payments(ctx)
	if err != nil {
		return err
	}
	defer closed()
	run, err := b.Reconcile(ctx, since)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "since %s: %d checkouts, %d payments, %d refunds, %d disputes, %d undelivered events; %d corrected\n",
		since.UTC().Format(time.DateOnly), run.Sessions, run.Payments, run.Refunds, run.Disputes, run.Events, run.Corrected)
	if err := t.printClearing(ctx, b); err != nil {
		return err
	}
	open, err := b.Differences(ctx, true)
	if err != nil {
		return err
	}
	for _, d := range open {
		fmt.Fprintf(t.out, "%s %s %s: %s\n", d.Found().UTC().Format(time.RFC3339), d.Kind, d.ObjectID, d.Words)
	}
	if len(open) > 0 {
		return models.Errorf(models.Internal, "%d differences between payments and books", len(open))
	}
	return nil
}

// printClearing explains the payment provider's balance by the books.
func (t *tool) printClearing(ctx context.Context, b *billing.Billing) error {
	c, err := b.Clearing(ctx)
	if err != nil {
		return err
	}
	for _, name := range sortedNames(c.ByKind) {
		fmt.Fprintf(t.out, "  %-32s %s\n", name, (-c.ByKind[name]).USD())
	}
	fmt.Fprintf(t.out, "  %-32s %s\n  %-32s %s\n  %-32s %s\n", "in dispute", (-c.Disputed).USD(), "by the books the provider holds", c.Books.USD(), "by its own account", c.Provider.USD())
	return nil
}

func (t *tool) promoCreate(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	code, reason := flags.String("code", "", ""), flags.String("reason", "", "")
	uses, days := flags.Int64("uses", 1, ""), flags.Int64("days", billing.PromoDaysDefault, "")
	until := flags.String("until", "", "")
	names, err := arguments(flags, args, "USD")
	if err != nil {
		return err
	}
	terms := billing.PromoTerms{Code: *code, Uses: *uses, Days: *days, Reason: *reason}
	if terms.Amount, err = models.ParseUSD(names[0]); err != nil || terms.Amount <= 0 {
		return errUsage{fmt.Sprintf("%q is not an amount above 0 in US dollars, such as 10 or 2.50", names[0])}
	}
	if *until != "" {
		day, err := time.Parse(time.DateOnly, *until)
		if err != nil {
			return errUsage{fmt.Sprintf("--until %q is not a day, such as 2026-12-31", *until)}
		}
		terms.Expires = day.AddDate(0, 0, 1) // the day itself counts
	}
	b, closed, err := t.payments(ctx)
	if err != nil {
		return err
	}
	defer closed()
	made, err := b.CreatePromo(ctx, terms)
	if models.CodeOf(err) == models.Invalid {
		return errUsage{models.MessageOf(err)}
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(t.out, made)
	return nil
}

func (t *tool) sandboxExpire(ctx context.Context, args []string) error {
	if err := none(args); err != nil {
		return err
	}
	t.config.StripeSecretKey = "" // which would refuse this very database
	b, closed, err := t.payments(ctx)
	if err != nil {
		return err
	}
	defer closed()
	n, err := b.ExpireSandbox(ctx)
	fmt.Fprintf(t.out, "the sandbox credit of %d accounts has ended\n", n)
	return err
}

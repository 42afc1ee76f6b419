package app

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"time"

	"bourse/app/auth"
	"bourse/app/cluster"
	"bourse/billing"
	"bourse/models"
)

func (t *tool) userCreate(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	admin := flags.Bool("admin", false, "")
	names, err := arguments(flags, args, "EMAIL")
	if err != nil {
		return err
	}
	db, err := t.database(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	accounts := auth.NewAccounts(db, nil, cluster.NewLocal(time.Now), t.config.BaseURL, t.log)
	u, link, err := accounts.Create(ctx, names[0], *admin)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s %s (%s)\nSet a password within an hour: %s\n", u.ID, u.Email, u.Role, link)
	return nil
}

// user finds a person by the address given on the command line.
func (t *tool) user(ctx context.Context, db *models.DB, address string) (models.User, models.Account, error) {
	email, err := auth.NormalEmail(address)
	if err != nil {
		return models.User{}, models.Account{}, err
	}
	u, err := db.UserByEmail(ctx, email)
	if models.CodeOf(err) == models.NotFound {
		return u, models.Account{}, models.Errorf(models.NotFound, "there is no user %s; make one with: bourse user create %s", email, email)
	}
	if err != nil {
		return u, models.Account{}, err
	}
	account, err := db.AccountOfUser(ctx, u.ID)
	return u, account, err
}

func (t *tool) grant(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	reason := flags.String("reason", "", "")
	names, err := arguments(flags, args, "EMAIL", "USD")
	if err != nil {
		return err
	}
	if *reason == "" {
		return errUsage{"say why with --reason: it stands in the books for good"}
	}
	amount, err := models.ParseUSD(names[1])
	if err != nil || amount <= 0 {
		return errUsage{fmt.Sprintf("%q is not an amount above 0 in US dollars, such as 10 or 2.50", names[1])}
	}
	db, err := t.database(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	u, account, err := t.user(ctx, db, names[0])
	if err != nil {
		return err
	}
	ledger, err := billing.NewLedger(db)
	if err != nil {
		return err
	}
	defer ledger.Close()
	if err := ledger.Grant(ctx, account.ID, amount, models.NewID("grant"), *reason, "command line"); err != nil {
		return err
	}
	if account, err = db.AccountByID(ctx, account.ID); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s has $%s available\n", u.Email, account.Available().USD())
	return nil
}

func (t *tool) keyCreate(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	name := flags.String("name", "", "")
	limit := flags.String("limit", "", "")
	reset := flags.String("reset", "", "")
	names, err := arguments(flags, args, "EMAIL")
	if err != nil {
		return err
	}
	in := auth.CreateKey{Name: *name, Limit: -1, Reset: *reset, FormID: models.NewID("cli")}
	if *limit != "" {
		if in.Limit, err = models.ParseUSD(*limit); err != nil || in.Limit <= 0 {
			return errUsage{fmt.Sprintf("--limit %q is not an amount above 0 in US dollars", *limit)}
		}
	}
	db, err := t.database(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	u, account, err := t.user(ctx, db, names[0])
	if err != nil {
		return err
	}
	in.UserID, in.AccountID = u.ID, account.ID
	key, _, _, err := auth.NewKeys(db, t.log).Create(ctx, in)
	if models.CodeOf(err) == models.Invalid {
		return errUsage{models.MessageOf(err)}
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(t.out, key)
	return nil
}

func (t *tool) ledgerCheck(ctx context.Context, args []string) error {
	if err := none(args); err != nil {
		return err
	}
	db, err := t.database(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	breaches, err := db.Audit(ctx, auditHoldAge)
	if err != nil {
		return err
	}
	for _, b := range breaches {
		fmt.Fprintf(t.out, "%s: %s should be %s, is %s\n", b.Invariant, b.Row, b.Want, b.Got)
	}
	if len(breaches) > 0 {
		return models.Errorf(models.Internal, "%d rows break an invariant", len(breaches))
	}
	sums, err := db.LedgerSums(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "every invariant holds\n")
	for _, name := range sortedNames(sums) {
		fmt.Fprintf(t.out, "  %-32s %s\n", name, sums[name].USD())
	}
	return nil
}

// auditHoldAge is how old a hold may be without being a breach: its process has been dead for
// longer than it takes to notice.
const auditHoldAge = 2 * time.Minute

func sortedNames(sums map[string]models.Amount) []string { return slices.Sorted(maps.Keys(sums)) }

package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os/signal"
	"strings"
	"syscall"

	"bourse/models"
)

// Exit codes of the command line.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// tool is one run of the command line.
type tool struct {
	config Config
	out    io.Writer
	errs   io.Writer
	log    *slog.Logger
}

// command is something that the program does.
type command struct {
	name  string
	usage string // after the name
	about string
	run   func(t *tool, ctx context.Context, args []string) error
}

// commands is everything that the program does; the first is what it does without being asked.
func commands() []command {
	return []command{
		{"serve", "", "run the marketplace", (*tool).serve},
		{"user create", "EMAIL [--admin]", "make a user and print a link with which they set a password", (*tool).userCreate},
		{"grant", "EMAIL USD --reason TEXT", "give a user credit at the house's expense", (*tool).grant},
		{"key create", "EMAIL --name NAME [--limit USD] [--reset daily|weekly|monthly]", "make an API key and print it alone", (*tool).keyCreate},
		{"catalog import", "[FILE|URL [--apply] [--accept MODEL@TAG]... [--retire] [--all]]", importAbout, (*tool).catalogImport},
		{"catalog export", "[--provider SLUG]... [--model ID]...", "print the catalogue, or a part of it, as a price list that import reads", (*tool).catalogExport},
		{"probe", "PROVIDER [MODEL]", probeAbout, (*tool).probe},
		{"ledger check", "", "check every invariant of the books; exit 1 and the rows when one breaks", (*tool).ledgerCheck},
		{"ledger odd", "[--days N]", "list endpoints whose counts, or whose reported cost, did not add up in the last days (7), with what they said", (*tool).ledgerOdd},
		{"usage check", "[--since YYYY-MM-DD] [--repair]", "compare what was summed up by day with the generations; exit 1 when a sum is wrong, or count its day anew", (*tool).usageCheck},
		{"stripe setup", "[--replace]", "make the webhook endpoint at Stripe and print its secret, once", (*tool).stripeSetup},
		{"stripe reconcile", "[--since YYYY-MM-DD]", "compare payments with the books now; exit 1 and the differences when there are any", (*tool).stripeReconcile},
		{"promo create", "USD --reason TEXT [--code CODE] [--uses N] [--days N] [--until YYYY-MM-DD]", "make a code that gives credit and print it alone", (*tool).promoCreate},
		{"sandbox expire", "", "end all sandbox credit, before a live Stripe key is used on this database", (*tool).sandboxExpire},
		{"migrate", "", "bring the database's schema up to this program", (*tool).migrate},
		{"backup", "FILE", "write a consistent copy of the SQLite database while it is in use", (*tool).backup},
		{"restore", "FILE", "put a backup into an empty data folder and check its books", (*tool).restore},
		{"version", "", "print the version", (*tool).version},
	}
}

// errUsage is a command line that makes no sense; its words go to standard error with exit code 2.
type errUsage struct{ words string }

func (e errUsage) Error() string { return e.words }

// Main is the program: it runs the command that args name and returns the exit code.
func Main(args []string, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	c, rest, ok := find(args)
	if !ok {
		if len(args) > 0 && (args[0] == "help" || args[0] == "--help" || args[0] == "-h") {
			help(out)
			return exitOK
		}
		fmt.Fprintf(errs, "bourse: there is no command %q\n\n", strings.Join(args, " "))
		help(errs)
		return exitUsage
	}
	for _, a := range rest {
		if a == "--help" || a == "-h" {
			fmt.Fprintf(out, "usage: bourse %s %s\n\n%s\n", c.name, c.usage, c.about)
			return exitOK
		}
	}
	t := &tool{out: out, errs: errs, log: slog.New(slog.NewTextHandler(errs, &slog.HandlerOptions{Level: level(c.name)}))}
	var err error
	if t.config, err = environment(); err == nil {
		err = c.run(t, ctx, rest)
	}
	var usage errUsage
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		fmt.Fprintf(errs, "bourse %s: %s\nusage: bourse %s %s\n", c.name, usage.words, c.name, c.usage)
		return exitUsage
	}
	fmt.Fprintf(errs, "bourse %s: %s\n", c.name, plain(err))
	return exitFailed
}

// plain is the sentence of an error with what is behind it: the operator may read both.
func plain(err error) string {
	var known *models.Error
	if errors.As(err, &known) && known.Err == nil {
		return known.Message
	}
	return err.Error()
}

// find splits args into the command and what follows its name. No args mean the first command.
func find(args []string) (command, []string, bool) {
	all := commands()
	if len(args) == 0 {
		return all[0], nil, true
	}
	for _, c := range all {
		words := strings.Fields(c.name)
		if len(args) >= len(words) && strings.Join(args[:len(words)], " ") == c.name {
			return c, args[len(words):], true
		}
	}
	return command{}, nil, false
}

func help(w io.Writer) {
	fmt.Fprint(w, "Bourse, the open marketplace for AI models.\n\nusage: bourse [COMMAND]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-16s %s\n", c.name, c.about)
	}
	fmt.Fprint(w, "\nEach command explains itself with --help. The environment decides everything else; see README.md.\n")
}

// optional is the name of an argument that may be left out; it has to come last.
func optional(name string) string { return "[" + name + "]" }

// arguments parses flags that may stand before, between or after the positional arguments, of
// which there must be exactly as many as names, those that are optional aside.
func arguments(flags *flag.FlagSet, args []string, names ...string) ([]string, error) {
	flags.SetOutput(io.Discard)
	var found []string
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			return nil, errUsage{err.Error()}
		}
		if args = flags.Args(); len(args) > 0 {
			found, args = append(found, args[0]), args[1:]
		}
	}
	least := len(names)
	if least > 0 && strings.HasPrefix(names[least-1], "[") {
		least--
	}
	if len(found) > len(names) || len(found) < least {
		return nil, errUsage{fmt.Sprintf("it takes %d arguments (%s), not %d", len(names), strings.Join(names, " "), len(found))}
	}
	return found, nil
}

// none refuses arguments.
func none(args []string) error {
	_, err := arguments(flag.NewFlagSet("", flag.ContinueOnError), args)
	return err
}

// level is how much is logged: a tool says what it did on standard output and is quiet otherwise.
func level(name string) slog.Level {
	if name == "serve" {
		return slog.LevelInfo
	}
	return slog.LevelWarn
}

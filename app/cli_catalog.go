package app

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"bourse/app/catalog"
	"bourse/app/pricefile"
	"bourse/app/provider"
	"bourse/models"
)

// importAbout stands in the list of commands and in its own help.
const importAbout = "show what a price list would change, and change it with --apply; alone: the embedded catalogue"

const (
	fetchTime = 60 * time.Second
	// rowsShown of each kind of change are printed; --all prints every one.
	rowsShown = 20
)

// errRefused says that a list was taken, but not all of it: the lines have been told.
var errRefused = errors.New("some lines were refused")

func (t *tool) catalogImport(ctx context.Context, args []string) error {
	var choice catalog.Choice
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	apply := flags.Bool("apply", false, "")
	all := flags.Bool("all", false, "")
	flags.BoolVar(&choice.Retire, "retire", false, "")
	flags.Func("accept", "", func(name string) error {
		if !strings.Contains(name, "@") {
			return fmt.Errorf("%q is not of the form MODEL@TAG", name)
		}
		choice.Accepted = append(choice.Accepted, name)
		return nil
	})
	names, err := arguments(flags, args, optional("FILE|URL"))
	if err != nil {
		return err
	}
	if len(names) == 0 && (*apply || *all || choice.Retire || len(choice.Accepted) > 0) {
		return errUsage{"say which price list: a file or an address"}
	}
	var list *pricefile.File
	if len(names) == 1 { // before anything is opened: a wrong file touches nothing
		if list, err = readPriceList(ctx, names[0]); err != nil {
			return err
		}
	}
	c, closeDB, err := t.catalogue(ctx)
	if err != nil {
		return err
	}
	defer closeDB()
	if list == nil {
		offers := 0
		for _, e := range c.Current().Models {
			offers += len(e.Endpoints)
		}
		fmt.Fprintf(t.out, "%d models, %d offers\n", len(c.Current().Models), offers)
		return nil
	}
	d := c.Current().Compare(list)
	shown := rowsShown
	if *all {
		shown = 0
	}
	t.printDiff(d, shown)
	if err := t.takeIn(ctx, c, d, choice, *apply); err != nil {
		return err
	}
	if len(d.Refused) > 0 {
		return fmt.Errorf("%w: %d of them", errRefused, len(d.Refused))
	}
	return nil
}

// catalogue opens the database with the embedded catalogue in it.
func (t *tool) catalogue(ctx context.Context) (c *catalog.Catalog, closeDB func(), err error) {
	db, err := t.database(ctx)
	if err != nil {
		return nil, nil, err
	}
	c = catalog.New(db, provider.NewConnections(t.config.Env).Connected)
	if err := importSeeds(ctx, c); err != nil {
		db.Close()
		return nil, nil, err
	}
	return c, func() { db.Close() }, nil
}

func (t *tool) takeIn(ctx context.Context, c *catalog.Catalog, d *catalog.Diff, choice catalog.Choice, apply bool) error {
	if d.Hopeless() {
		return models.Errorf(models.Invalid, "more lines were refused than taken: something is wrong with the whole list, and nothing was changed")
	}
	if !apply {
		fmt.Fprint(t.out, "\nNothing was changed: add --apply for that.\n")
		return nil
	}
	done, err := c.TakeIn(ctx, d, choice)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "\nDone: %d new offers, %d new prices of known offers, %d offers retired, %d models written. A running server sees it within seconds.\n",
		done.New, done.Changed, done.Retired, done.Models)
	return nil
}

// readPriceList reads a file, standard input for "-", or an address.
func readPriceList(ctx context.Context, name string) (*pricefile.File, error) {
	var data []byte
	var err error
	switch {
	case strings.HasPrefix(name, "https://"), strings.HasPrefix(name, "http://"):
		data, err = fetch(ctx, name)
	case name == "-":
		data, err = io.ReadAll(io.LimitReader(os.Stdin, pricefile.BytesMax+1))
	default:
		var file *os.File
		if file, err = os.Open(name); err == nil {
			defer file.Close()
			data, err = io.ReadAll(io.LimitReader(file, pricefile.BytesMax+1))
		}
	}
	if err != nil {
		return nil, err
	}
	list, err := pricefile.Read(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return list, nil
}

func fetch(ctx context.Context, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", address, answer.Status)
	}
	return io.ReadAll(io.LimitReader(answer.Body, pricefile.BytesMax+1))
}

func (t *tool) catalogExport(ctx context.Context, args []string) error {
	var pick catalog.ExportFilter
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	flags.Func("provider", "", func(s string) error { pick.Providers = append(pick.Providers, s); return nil })
	flags.Func("model", "", func(s string) error { pick.Models = append(pick.Models, s); return nil })
	if _, err := arguments(flags, args); err != nil {
		return err
	}
	c, closeDB, err := t.catalogue(ctx)
	if err != nil {
		return err
	}
	defer closeDB()
	document, err := c.Current().Export(pick)
	if err != nil {
		return err
	}
	e := json.NewEncoder(t.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(document)
}

// Command bench measures the marketplace against a bare reverse proxy on the same machine, in
// interleaved rounds of one run, and writes a table of ratios. The machine may be noisy: a figure
// of one round means nothing, the ratio of medians of rounds that took turns means something.
//
// The fake upstream, the bare proxy and the marketplace are processes of their own; the load comes
// from this one. Everything listens on the loopback interface.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"time"
)

// options are what one run does.
type options struct {
	binary   string
	database string
	rounds   int
	round    time.Duration
	streams  int
	big      int
	out      string
	only     string
}

func main() {
	var o options
	mode := flag.String("mode", "", "upstream, bare or memory: be that process (used by the bench itself)")
	listen := flag.String("listen", "", "address of that process")
	target := flag.String("target", "", "where the bare proxy sends to, or the file that is kept in memory")
	flag.StringVar(&o.binary, "binary", "", "the marketplace's binary")
	flag.StringVar(&o.database, "database", "", "postgres://… instead of SQLite")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds of each measurement")
	flag.DurationVar(&o.round, "round", 1500*time.Millisecond, "length of a round")
	flag.IntVar(&o.streams, "streams", 5000, "streams held at once")
	flag.IntVar(&o.big, "big", 0, "generations in the database before the run; 10,000 keys come with them")
	flag.StringVar(&o.out, "out", "", "file for the table; standard output when empty")
	flag.StringVar(&o.only, "only", "", "only measurements whose name contains this")
	flag.Parse()
	var err error
	switch *mode {
	case "upstream":
		err = serveUpstream(*listen)
	case "bare":
		err = serveBare(*listen, *target)
	case "memory":
		err = serveFile(*listen, *target)
	case "":
		err = bench(o)
	default:
		err = fmt.Errorf("there is no mode %q", *mode)
	}
	if err != nil {
		log.SetFlags(0)
		log.Fatal(err)
	}
}

// bench runs everything and writes the table.
func bench(o options) error {
	if o.binary == "" {
		return fmt.Errorf("name the binary with -binary")
	}
	s, err := open(o)
	if err != nil {
		return err
	}
	defer s.close()
	t := &table{}
	for _, m := range measurements() {
		if !strings.Contains(m.name, o.only) {
			continue
		}
		began := time.Now()
		if err := m.run(s, t, o); err != nil {
			return fmt.Errorf("%s: %w\n%s", m.name, err, s.bourse.tail())
		}
		fmt.Fprintf(os.Stderr, "%s: %s\n", m.name, time.Since(began).Round(time.Second))
	}
	text := t.text(o)
	if o.out == "" {
		fmt.Print(text)
		return nil
	}
	return os.WriteFile(o.out, []byte(text), 0o644)
}

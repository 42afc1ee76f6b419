package main

import (
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// table is what a run came to.
type table struct{ lines []string }

func (t *table) add(what, bare, bourse, result, must string, met bool) {
	verdict := "met"
	if !met {
		verdict = "**missed**"
	}
	if must == "" {
		verdict = ""
	}
	line := fmt.Sprintf("| %s | %s | %s | %s | %s | %s |", what, bare, bourse, result, must, verdict)
	t.lines = append(t.lines, line)
	fmt.Println(line)
}

func (t *table) ratio(what string, r rates, unit string, must float64) {
	cell := func(rate float64, cpu time.Duration) string {
		return fmt.Sprintf("%.0f %s, %d µs", rate, unit, cpu.Microseconds())
	}
	t.add(what, cell(r.bare, r.bareCPU), cell(r.bourse, r.bourseCPU), fmt.Sprintf("%.2f", r.bourse/r.bare), fmt.Sprintf("≥ %.2f", must), r.bourse/r.bare >= must)
}

// latencyMust is how much more than the bare proxy the marketplace may add to the median.
const latencyMust = 300 * time.Microsecond

func (t *table) latency(what string, bare, bourse time.Duration, judged bool) {
	must := ""
	if judged {
		must = "bare + 0.30 ms"
	}
	t.add(what, ms(bare), ms(bourse), ms(bourse-bare)+" more", must, bourse <= bare+latencyMust)
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond)) }

func (t *table) memory(what string, value float64, unit string, must float64) {
	t.add(what, "", fmt.Sprintf("%.1f %s", value, unit), "", fmt.Sprintf("≤ %.0f %s", must, unit), value <= must)
}

// rate judges by the processor time of each call: what one core would do if it had nothing else to do.
func (t *table) rate(what string, value float64, cpu time.Duration, must float64) {
	core := float64(time.Second) / float64(max(cpu, 1))
	t.add(what, "", fmt.Sprintf("%.0f requests/s, %d µs", value, cpu.Microseconds()), fmt.Sprintf("%.0f/s on a core", core), fmt.Sprintf("≥ %.0f/s", must), core >= must)
}

// text is the table with where and when it was made.
func (t *table) text(o options) string {
	commit, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		commit = []byte("unknown")
	}
	engine := "SQLite"
	if o.database != "" {
		engine = "PostgreSQL"
	}
	head := fmt.Sprintf("## %s, %d generations in the database before\n\nCommit %s, %s, %d cores, %s; medians of %d rounds of %s that took turns. Load, upstream, yardstick and database share the cores; µs are the server's processor time for each call.\n\n",
		engine, o.big, strings.TrimSpace(string(commit)), time.Now().UTC().Format("2 Jan 2006"), runtime.NumCPU(), runtime.Version(), o.rounds, o.round)
	return head + "| what | bare reverse proxy | Bourse | ratio | must | |\n|---|---|---|---|---|---|\n" + strings.Join(t.lines, "\n") + "\n"
}

package app

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// moreRoom lets one more goroutine run than there are processors, where the ledger is a file beside
// us: the one that writes it waits for the disk much of the time, on a thread that counts as running
// until Go's monitor notices. An operator who sets GOMAXPROCS has decided.
func moreRoom(c Config) {
	if c.DatabaseURL == "" && c.Env("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
	}
}

const (
	// garbageRoom is how much may be thrown away under load before it is collected. By itself Go
	// collects when the heap has doubled, which is a few times a second when the heap is as small as
	// the catalogue, and a tenth of all the processor time.
	garbageRoom = 96 << 20
	garbageMost = 400 // percent of the live heap
	garbageLess = 100 // Go's own
	garbageStep = 20  // each change stops the world for a moment: smaller ones are not worth it
	busyCycles  = 2   // collections in a second that call for more room
	calmSeconds = 10  // without any until the room is given back
)

// garbage decides how much is thrown away before it is collected: more while there is load, and
// little when it is quiet or when the heap is large.
type garbage struct {
	env     func(name string) string
	cycles  uint64 // collections so far
	calm    int    // seconds without one
	percent int
}

// tune runs once a second. An operator who sets GOGC has decided.
func (g *garbage) tune(context.Context) error {
	if g.env("GOGC") != "" {
		return nil
	}
	read := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(read)
	cycles, live := read[0].Value.Uint64(), read[1].Value.Uint64()
	ran := cycles - g.cycles
	g.cycles = cycles
	if g.calm++; ran > 0 {
		g.calm = 0
	}
	want := g.percent
	switch {
	case ran >= busyCycles || g.percent > garbageLess && g.calm < calmSeconds:
		want = min(max(int(garbageRoom*100/max(live, 1)), garbageLess), garbageMost)
	case g.calm >= calmSeconds:
		want = garbageLess
	}
	if off := want - g.percent; off == 0 || want != garbageLess && max(off, -off) < garbageStep {
		return nil
	}
	g.percent = want
	debug.SetGCPercent(want)
	return nil
}

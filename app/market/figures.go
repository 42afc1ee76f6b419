package market

import (
	"slices"
	"strconv"
	"sync"
	"time"
)

const (
	samplesMax   = 256 // newest first to go into percentiles
	samplesLeast = 3   // fewer say nothing
	minutesKept  = 24 * 60
	uptimeLeast  = 5 // attempts, for a percentage to be shown

	fastWindow  = 5 * time.Minute  // for routing
	shownWindow = 30 * time.Minute // for people
	fastAge     = 2 * time.Second  // what routing looks at may be so old

	classLeast = 100 // attempts in a day, for the uptime to change the order
	classA     = 95.0
	classB     = 80.0
)

// Percentiles of what was measured.
type Percentiles struct{ P50, P75, P90, P99 float64 }

// Figures are what was measured of one endpoint. An uptime is in percent and negative while there
// is too little to tell; refusals for "too many" do not count.
type Figures struct {
	Uptime5m, Uptime30m, Uptime1d float64
	Samples                       int         // streams measured in the last half hour; the percentiles are of these
	Latency                       Percentiles // to the first token, in milliseconds
	Throughput                    Percentiles // tokens a second after it
}

// Speed is what routing wants to know of one endpoint.
type Speed struct {
	Known      bool
	Latency    Percentiles // milliseconds
	Throughput Percentiles // tokens a second
	// Class is how reliable it was today: 0 normal, 1 worse, 2 only when nothing else is left.
	Class int
}

// record is the memory of one endpoint's figures.
type record struct {
	mu      sync.Mutex
	minutes [minutesKept]minute
	samples [samplesMax]sample
	next    int

	fast   Speed
	fastAt time.Time
}

type minute struct {
	at       int32 // since 1970
	ok, fail int32
	probes   int32 // of the failures: tries of what was known to fail
}

type sample struct {
	at               time.Time
	latency, through float64
}

// record finds or starts the record of an endpoint that has been tried.
func (h *Health) record(name string) *record {
	h.mu.RLock()
	r := h.records[name]
	h.mu.RUnlock()
	if r != nil {
		return r
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if r = h.records[name]; r == nil {
		r = &record{}
		h.records[name] = r
	}
	return r
}

func (h *Health) known(name string) *record {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.records[name]
}

// count notes one attempt that counts for the uptime. A probe is one of an endpoint that failed.
func (h *Health) count(name string, ok, probe bool) {
	r, now := h.record(name), int32(h.now().Unix()/60)
	r.mu.Lock()
	defer r.mu.Unlock()
	m := &r.minutes[now%minutesKept]
	if m.at != now {
		*m = minute{at: now}
	}
	switch {
	case ok:
		m.ok++
	case probe:
		m.fail, m.probes = m.fail+1, m.probes+1
	default:
		m.fail++
	}
}

// Measure notes how fast one stream was: the time to its first token, and how long the others took.
func (h *Health) Measure(name string, first time.Duration, tokens int64, rest time.Duration) {
	if first <= 0 || tokens <= 1 || rest < time.Millisecond {
		return // over before it could be measured
	}
	r := h.record(name)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.samples[r.next] = sample{h.now(), float64(first) / float64(time.Millisecond), float64(tokens) / rest.Seconds()}
	r.next = (r.next + 1) % samplesMax
	if !r.fast.Known {
		r.fastAt = time.Time{} // what is known for the first time counts at once
	}
}

// Figures are what is known of an endpoint.
func (h *Health) Figures(name string) Figures {
	r := h.known(name)
	if r == nil {
		return Figures{Uptime5m: -1, Uptime30m: -1, Uptime1d: -1}
	}
	now := h.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	f := Figures{Uptime5m: r.uptime(now, 5, uptimeLeast), Uptime30m: r.uptime(now, 30, uptimeLeast), Uptime1d: r.uptime(now, minutesKept, uptimeLeast)}
	f.Latency, f.Throughput, f.Samples = r.percentiles(now.Add(-shownWindow))
	return f
}

// Minute names the present minute, for what may be shown so long.
func (h *Health) Minute() string { return strconv.FormatInt(h.now().Unix()/60, 10) }

// Speed is the part of the figures that decides about an order.
func (h *Health) Speed(name string) Speed {
	r := h.known(name)
	if r == nil {
		return Speed{}
	}
	now := h.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.fastAt) < fastAge && !r.fastAt.IsZero() {
		return r.fast
	}
	r.fastAt, r.fast = now, Speed{}
	var n int
	r.fast.Latency, r.fast.Throughput, n = r.percentiles(now.Add(-fastWindow))
	r.fast.Known = n >= samplesLeast
	switch uptime := r.reliability(now); {
	case uptime < 0 || uptime >= classA:
	case uptime >= classB:
		r.fast.Class = 1
	default:
		r.fast.Class = 2
	}
	return r.fast
}

// reliability is the uptime of a day without our own probes: they say that an outage lasts, which
// has its own consequence, and would count it against the endpoint long after its end.
func (r *record) reliability(now time.Time) float64 {
	this := int32(now.Unix() / 60)
	var ok, all int64
	for i := range int32(minutesKept) {
		if m := &r.minutes[(this-i)%minutesKept]; m.at == this-i {
			ok, all = ok+int64(m.ok), all+int64(m.ok)+int64(m.fail-m.probes)
		}
	}
	if all < classLeast {
		return -1
	}
	return 100 * float64(ok) / float64(all)
}

// uptime is the share of good attempts in so many minutes, in percent; -1 when there were fewer
// than least.
func (r *record) uptime(now time.Time, minutes int32, least int64) float64 {
	this := int32(now.Unix() / 60)
	var ok, all int64
	for i := range minutes {
		if m := &r.minutes[(this-i)%minutesKept]; m.at == this-i {
			ok, all = ok+int64(m.ok), all+int64(m.ok)+int64(m.fail)
		}
	}
	if all < least {
		return -1
	}
	return 100 * float64(ok) / float64(all)
}

func (r *record) percentiles(since time.Time) (latency, through Percentiles, n int) {
	var ls, ts [samplesMax]float64
	for i := range r.samples {
		if s := &r.samples[i]; s.at.After(since) {
			ls[n], ts[n] = s.latency, s.through
			n++
		}
	}
	if n < samplesLeast {
		return Percentiles{}, Percentiles{}, 0
	}
	return percentilesOf(ls[:n]), percentilesOf(ts[:n]), n
}

func percentilesOf(values []float64) Percentiles {
	slices.Sort(values)
	at := func(share float64) float64 { return values[int(share*float64(len(values)-1)+0.5)] }
	return Percentiles{P50: at(0.50), P75: at(0.75), P90: at(0.90), P99: at(0.99)}
}

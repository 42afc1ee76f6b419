package market_test

import (
	"testing"
	"time"

	"bourse/app/market"
)

// clock is a time that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func TestFiguresOfAnEndpoint(t *testing.T) {
	c := &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	h := market.NewHealth(c.now)
	if f := h.Figures("a"); f.Uptime5m != -1 || f.Samples != 0 || h.Speed("a").Known {
		t.Errorf("of nothing: %+v", f)
	}
	for i := range 10 {
		outcome := market.Answered
		if i < 2 {
			outcome = market.Failed
		}
		h.Observe("a", outcome, 0)
		h.Observe("a", market.Throttled, time.Second)
		h.Measure("a", time.Duration(100*(i+1))*time.Millisecond, 50, time.Second)
	}
	h.Measure("a", time.Second, 1, time.Second) // says nothing
	h.Measure("a", time.Second, 100, 0)
	f := h.Figures("a")
	if f.Uptime5m != 80 || f.Uptime30m != 80 || f.Uptime1d != 80 || f.Samples != 10 || f.Throughput.P50 != 50 || f.Latency.P50 != 600 || f.Latency.P99 != 1000 {
		t.Errorf("%+v", f)
	}
	if s := h.Speed("a"); !s.Known || s.Latency.P50 != 600 || s.Class != 0 {
		t.Errorf("%+v", s)
	}
	c.at = c.at.Add(10 * time.Minute)
	if f := h.Figures("a"); f.Uptime5m != -1 || f.Uptime30m != 80 || f.Samples != 10 || h.Speed("a").Known {
		t.Errorf("ten minutes later %+v %+v", f, h.Speed("a"))
	}
	c.at = c.at.Add(25 * time.Hour)
	if f := h.Figures("a"); f.Uptime1d != -1 || f.Samples != 0 {
		t.Errorf("a day later %+v", f)
	}
}

func TestUptimeMakesAClass(t *testing.T) {
	for share, class := range map[int]int{0: 0, 4: 0, 10: 1, 30: 2} {
		c := &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
		h := market.NewHealth(c.now)
		for i := range 200 {
			c.at = c.at.Add(time.Minute) // far apart, so that none of them is an outage
			outcome := market.Answered
			if i%100 < share {
				outcome = market.Failed
			}
			if i%100 < share && i%4 == 3 { // nor a row of them
				h.Observe("a", market.Answered, 0)
			}
			h.Observe("a", outcome, 0)
		}
		if s := h.Speed("a"); s.Class != class {
			t.Errorf("%d %% failed: class %d, want %d", share, s.Class, class)
		}
	}
}

// TestProbesDoNotCountAgainstAnEndpoint has one fail all our probes for an hour: that is shown, and
// forgotten by routing when it is well again.
func TestProbesDoNotCountAgainstAnEndpoint(t *testing.T) {
	c := &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	h := market.NewHealth(c.now)
	for range 200 {
		h.Observe("a", market.Answered, 0)
	}
	for range 5 {
		h.Observe("a", market.Failed, 0)
	}
	for range 180 {
		c.at = c.at.Add(21 * time.Second)
		if standing, _ := h.Standing("a"); standing == market.Probe {
			h.Observe("a", market.Failed, 0)
		}
	}
	if f := h.Figures("a"); f.Uptime1d > 60 {
		t.Errorf("an hour's outage is shown as %.1f %%", f.Uptime1d)
	}
	if s := h.Speed("a"); s.Class != 0 {
		t.Errorf("class %d", s.Class)
	}
}

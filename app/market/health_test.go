package market_test

import (
	"testing"
	"time"

	"bourse/app/market"
)

func TestHealth(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	h := market.NewHealth(func() time.Time { return now })
	standing := func() market.Standing { s, _ := h.Standing("a"); return s }
	if standing() != market.Stable {
		t.Fatal("an endpoint nobody has called is stable")
	}
	for range 3 {
		h.Observe("a", market.Failed, 0)
	}
	if standing() != market.Out {
		t.Fatal("three failures of three put it out")
	}
	now = now.Add(11 * time.Second)
	if standing() != market.Probe || standing() != market.Out {
		t.Fatal("after its time one request may probe it, the next not yet")
	}
	h.Observe("a", market.Failed, 0)
	now = now.Add(11 * time.Second)
	if standing() != market.Out {
		t.Fatal("a failed probe doubles the time")
	}
	now = now.Add(10 * time.Second)
	if standing() != market.Probe {
		t.Fatal("the doubled time is over")
	}
	for range 3 {
		h.Observe("a", market.Answered, 0)
	}
	if standing() != market.Stable {
		t.Fatal("three successes close it")
	}
	h.Observe("a", market.Throttled, 7*time.Second)
	if s, left := h.Standing("a"); s != market.Cooling || left != 7*time.Second {
		t.Fatalf("throttled: %v for %v", s, left)
	}
	now = now.Add(8 * time.Second)
	if standing() != market.Stable {
		t.Fatal("the hint's time is over")
	}
}

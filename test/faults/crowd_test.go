package faults

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"bourse/models"
	"bourse/test/fake"
	"bourse/test/pgtest"
)

// TestCrowd has thousands of requests in flight at once on one account at two replicas, with
// credit for a part of them: exactly those are answered and charged, the others are refused.
func TestCrowd(t *testing.T) {
	inFlight, paid := times(1_000, 10_000), times(300, 3_000)
	u := fake.New(t)
	u.Always(fake.Answer("Yes.", fake.Usage{Prompt: 10, Completion: 2}))
	env := map[string]string{"DATABASE_URL": pgtest.URL(t), "HOLD_TIMEOUT_SECONDS": "60"}
	one, two := newHouse(t, u, env), newHouse(t, u, env)
	account, key := one.customer("0.01")
	one.start()
	two.start()

	// One call shows how much is held for each; what it cost is given back.
	first := begin(key, 1, one.url)
	first.until(t, 1)
	first.end()
	var hold models.Amount
	one.books(func(db *models.DB) {
		g, err := db.GenerationByID(context.Background(), account, first.acked[0])
		if err != nil {
			t.Fatal(err)
		}
		hold = g.Hold
	})
	crowd, crowdKey := one.customer((hold * models.Amount(paid)).USD())

	release := make(chan struct{})
	usual := fake.Answer("Yes.", fake.Usage{Prompt: 10, Completion: 2})
	u.Always(func(w http.ResponseWriter, r *http.Request, q fake.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
		usual(w, r, q)
	})
	l := &load{key: crowdKey, refused: map[int]int{}, client: &http.Client{Timeout: callTime, Transport: &http.Transport{MaxIdleConnsPerHost: inFlight}}}
	urls := make(chan string, inFlight)
	for i := range inFlight {
		urls <- []string{one.url, two.url}[i%2]
	}
	l.url = func() string { return <-urls }
	var wg sync.WaitGroup
	for range inFlight {
		wg.Go(func() { l.call(false) })
	}
	one.awaitStatus(l, http.StatusPaymentRequired, inFlight-paid)
	close(release)
	wg.Wait()
	if len(l.acked) != paid || l.count(http.StatusPaymentRequired) != inFlight-paid || l.broken != 0 {
		t.Errorf("%d answered, refused %v, %d broken", len(l.acked), l.refused, l.broken)
	}
	one.settle(faultName("%d in flight, credit for %d, two replicas", inFlight, paid), crowd, l)
}

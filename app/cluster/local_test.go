package cluster_test

import (
	"testing"
	"time"

	"bourse/app/cluster"
)

func TestAllow(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	l := cluster.NewLocal(func() time.Time { return now })
	for i := range 3 {
		if ok, _ := l.Allow("a", 3, time.Minute); !ok {
			t.Fatalf("number %d of 3 is refused", i+1)
		}
	}
	ok, wait := l.Allow("a", 3, time.Minute)
	if ok || wait != 20*time.Second {
		t.Fatalf("the fourth: %v, wait %v", ok, wait)
	}
	if ok, _ := l.Allow("b", 3, time.Minute); !ok {
		t.Fatal("another name is counted apart")
	}
	now = now.Add(wait)
	if ok, _ := l.Allow("a", 3, time.Minute); !ok {
		t.Fatal("after the wait it is refused still")
	}
}

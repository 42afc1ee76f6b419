package billing_test

import (
	"context"
	"syscall"
	"testing"
	"time"

	"bourse/billing"
	"bourse/models"
)

func benchLedger(b *testing.B) (*models.DB, *billing.Ledger, string) {
	db, err := models.Open(b.Context(), models.Options{DataDir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	if err := db.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	l, err := billing.NewLedger(db)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(l.Close)
	id, err := db.CreateAccount(b.Context(), "usr-bench")
	if err != nil {
		b.Fatal(err)
	}
	if err := l.Grant(b.Context(), id, 100_000*usd, "bench", "bench", "bench"); err != nil {
		b.Fatal(err)
	}
	return db, l, id
}

// spent reports the processor time of each operation, which a busy machine changes less than the
// time that passed.
func spent(b *testing.B) func() {
	var before, after syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &before); err != nil {
		b.Fatal(err)
	}
	return func() {
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &after); err != nil {
			b.Fatal(err)
		}
		sum := after.Utime.Nano() - before.Utime.Nano() + after.Stime.Nano() - before.Stime.Nano()
		b.ReportMetric(float64(sum)/float64(b.N), "cpu-ns/op")
	}
}

func holdAndSettle(b *testing.B, l *billing.Ledger, id string) {
	g := generation(id)
	if err := l.Hold(context.Background(), fixed(g, 1000)); err != nil {
		b.Error(err)
		return
	}
	g.Cost, g.Fee, g.Finished = 800, 40, time.Now()
	if err := l.Settle(context.Background(), g); err != nil {
		b.Error(err)
	}
}

func reserveAndSettle(b *testing.B, l *billing.Ledger, id string) {
	g := generation(id)
	if _, err := l.Reserve(context.Background(), fixed(g, 1000), func() {}); err != nil {
		b.Error(err)
		return
	}
	g.Cost, g.Fee, g.Finished = 800, 40, time.Now()
	if err := l.Settle(context.Background(), g); err != nil {
		b.Error(err)
	}
}

// each runs one call after the other.
func each(b *testing.B, call func(*testing.B, *billing.Ledger, string)) {
	_, l, id := benchLedger(b)
	done := spent(b)
	for b.Loop() {
		call(b, l, id)
	}
	done()
}

// crowd runs calls from many callers at once.
func crowd(b *testing.B, call func(*testing.B, *billing.Ledger, string)) {
	_, l, id := benchLedger(b)
	b.SetParallelism(64)
	b.ResetTimer()
	defer spent(b)()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			call(b, l, id)
		}
	})
}

// BenchmarkOne is one request's money when nobody else asks: two transactions, each durable.
func BenchmarkOne(b *testing.B) { each(b, holdAndSettle) }

// BenchmarkMany is the same from 64 callers for each processor at once.
func BenchmarkMany(b *testing.B) { crowd(b, holdAndSettle) }

// BenchmarkAmpleOne is one request's money where there is plenty of it: one transaction.
func BenchmarkAmpleOne(b *testing.B) { each(b, reserveAndSettle) }

// BenchmarkAmpleMany is the same from 64 callers for each processor at once.
func BenchmarkAmpleMany(b *testing.B) { crowd(b, reserveAndSettle) }

package stripefake

import (
	"context"
	"time"
)

// move notes a movement of the marketplace's balance.
func (f *Fake) move(ctx context.Context, kind, source string, amount, fee int64) (*Txn, error) {
	t := &Txn{ID: newID("txn_test_"), Object: "balance_transaction", Amount: amount, Created: f.config.Now().Unix(), Currency: "usd", Fee: fee, Net: amount - fee,
		Source: source, Status: "available", Type: kind}
	return t, f.put(ctx, "balance_transaction", t.ID, source, t.Created, t)
}

// Payout is the provider sending an amount of the balance to the marketplace's bank.
func (f *Fake) Payout(ctx context.Context, cents int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, err := f.move(ctx, "payout", newID("po_test_"), -cents, 0)
	return err
}

func (f *Fake) listTxns(c *call) (any, *problem) {
	all, err := list[Txn](c.Context(), f, "balance_transaction", "", since(c))
	if err != nil {
		return nil, broken(err)
	}
	return cut(c, all, func(t *Txn) string { return t.ID }), nil
}

func (f *Fake) getBalance(c *call) (any, *problem) {
	all, err := list[Txn](c.Context(), f, "balance_transaction", "", time.Time{})
	if err != nil {
		return nil, broken(err)
	}
	sum := int64(0)
	for _, t := range all {
		sum += t.Net
	}
	amounts := func(n int64) []map[string]any { return []map[string]any{{"amount": n, "currency": "usd"}} }
	return map[string]any{"object": "balance", "livemode": false, "available": amounts(sum), "pending": amounts(0)}, nil
}

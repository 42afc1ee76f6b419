package billing

import (
	"context"
	"strings"

	"github.com/stripe/stripe-go/v76"

	"bourse/models"
)

// movements posts what moved the payment provider's balance beside purchases, refunds and
// disputes: its own fees, and what it sent to the bank.
func (c *comparison) movements(ctx context.Context) error {
	it := c.stripe.BalanceTransactions.List(&stripe.BalanceTransactionListParams{ListParams: listParams(ctx), CreatedRange: c.created()})
	for n := 0; n < reconcileListMost && it.Next(); n++ {
		for _, p := range c.posting(ctx, it.BalanceTransaction()) {
			if err := c.Ledger.Post(ctx, p); err != nil {
				return err
			}
		}
	}
	return wrapStripe("list its movements", it.Err())
}

// posting is what one movement of the provider's balance means for the books.
func (c *comparison) posting(ctx context.Context, txn *stripe.BalanceTransaction) []Posting {
	acc := booksFor(c.Live(), "")
	source := ""
	if txn.Source != nil {
		source = txn.Source.ID
	}
	move := func(kind, to string, amount int64) Posting {
		return Posting{Kind: kind, Ref: txn.ID, Note: string(txn.Type) + " " + source, Actor: txn.ID,
			Entries: []models.LedgerEntry{{AccountID: to, Amount: cents(amount)}, {AccountID: acc.clearing, Amount: -cents(amount)}}}
	}
	var out []Posting
	if txn.Fee != 0 {
		cost := acc.cost
		if strings.HasPrefix(source, "du_") || strings.HasPrefix(source, "dp_") {
			cost = acc.disputeCost
		}
		out = append(out, move("provider-fee", cost, -txn.Fee))
	}
	switch txn.Type {
	case stripe.BalanceTransactionTypeCharge, stripe.BalanceTransactionTypePayment, stripe.BalanceTransactionTypeRefund, stripe.BalanceTransactionTypePaymentRefund,
		stripe.BalanceTransactionTypeRefundFailure, stripe.BalanceTransactionTypePaymentFailureRefund, stripe.BalanceTransactionTypeAdjustment:
		// The amounts of these are posted with their purchases.
	case stripe.BalanceTransactionTypePayout, stripe.BalanceTransactionTypePayoutCancel, stripe.BalanceTransactionTypePayoutFailure:
		out = append(out, move("payout", acc.bank, txn.Amount))
	case stripe.BalanceTransactionTypeStripeFee, stripe.BalanceTransactionTypeStripeFxFee, stripe.BalanceTransactionTypeTaxFee:
		out = append(out, move("provider-cost", acc.cost, txn.Amount))
	default:
		c.note(ctx, models.PaymentDifference{Kind: "unexplained", ObjectID: txn.ID,
			Words: "The payment provider moved $" + signedDollars(txn.Amount) + " as " + string(txn.Type) + ", which the books do not explain."})
	}
	return out
}

func signedDollars(n int64) string {
	if n < 0 {
		return "−" + dollars(-n)
	}
	return dollars(n)
}

// Clearing is what the books and the payment provider say of the money that it holds for us.
type Clearing struct {
	Books    models.Amount            // by the clearing account and what disputes hold back
	Disputed models.Amount            // the part of it that banks have taken and not kept yet
	Provider models.Amount            // its balance
	ByKind   map[string]models.Amount // what the clearing account is made of
}

// Clearing reads both sides. The books hold the provider's debt to us as a negative amount.
func (b *Billing) Clearing(ctx context.Context) (Clearing, error) {
	var c Clearing
	acc := booksFor(b.Live(), "")
	var err error
	if c.ByKind, err = b.db.LedgerSumsByKind(ctx, acc.clearing); err != nil {
		return c, err
	}
	for _, sum := range c.ByKind {
		c.Books -= sum
	}
	disputed, err := b.db.LedgerSumsByKind(ctx, acc.disputes)
	if err != nil {
		return c, err
	}
	for _, sum := range disputed {
		c.Disputed += sum
	}
	c.Books -= c.Disputed
	params := &stripe.BalanceParams{}
	params.Context = ctx
	balance, err := b.stripe.Balance.Get(params)
	if err != nil {
		return c, stripeError("show its balance", err)
	}
	for _, list := range [][]*stripe.Amount{balance.Available, balance.Pending} {
		for _, a := range list {
			if a.Currency == stripe.CurrencyUSD {
				c.Provider += cents(a.Amount)
			}
		}
	}
	return c, nil
}

// balance compares what the books say the provider holds with what it says. In the test mode
// others' tests share the balance, and nothing of it is money.
func (c *comparison) balance(ctx context.Context) error {
	if c.TestMode() {
		return nil
	}
	k, err := c.Clearing(ctx)
	if err != nil {
		return err
	}
	if k.Books == k.Provider {
		c.resolved(ctx, "clearing", "balance")
		return nil
	}
	c.note(ctx, models.PaymentDifference{Kind: "clearing", ObjectID: "balance",
		Words: "By the books the payment provider holds $" + k.Books.USD() + " for us, by its own account $" + k.Provider.USD() + "."})
	return nil
}

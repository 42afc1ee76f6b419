package app

import (
	"strings"
	"time"

	"bourse/billing"
	"bourse/models"
)

// PaymentTerms are the operator's terms for buying credit and giving it back.
type PaymentTerms struct {
	ProcessingBps       int64 // a line of its own at the checkout
	ProcessingCents     int64
	Tax                 bool // the payment provider computes tax and asks for tax numbers
	TaxCode             string
	Invoices            bool
	RefundDays          int64
	FirstDayCents       int64
	CardFailuresPerHour int64
	AutoAfter           time.Duration
}

const (
	firstDayUsual     = 10_000 // cents
	cardFailuresUsual = 3
	autoAfterUsual    = 24 // hours
	processingMost    = 2000
)

// readPaymentTerms reads them from the environment.
func readPaymentTerms(env func(name string) string) (PaymentTerms, error) {
	t := PaymentTerms{TaxCode: env("STRIPE_TAX_CODE")}
	hours := int64(0)
	for _, n := range []struct {
		name               string
		into               *int64
		usual, least, most int64
	}{
		{"PROCESSING_BPS", &t.ProcessingBps, 0, 0, processingMost},
		{"PROCESSING_CENTS", &t.ProcessingCents, 0, 0, processingMost},
		{"REFUND_DAYS", &t.RefundDays, billing.RefundDaysDefault, 0, 365},
		{"FIRST_DAY_MAX_CENTS", &t.FirstDayCents, firstDayUsual, 0, 99_999_999},
		{"CARD_FAILURES_PER_HOUR", &t.CardFailuresPerHour, cardFailuresUsual, 0, 1000},
		{"AUTO_TOPUP_AFTER_HOURS", &hours, autoAfterUsual, 0, 8760},
	} {
		var err error
		if *n.into, err = number(env, n.name, n.usual, n.least, n.most); err != nil {
			return t, err
		}
	}
	t.AutoAfter = time.Duration(hours) * time.Hour
	for name, into := range map[string]*bool{"STRIPE_TAX": &t.Tax, "STRIPE_INVOICES": &t.Invoices} {
		var err error
		if *into, err = truth(env, name, name == "STRIPE_INVOICES"); err != nil {
			return t, err
		}
	}
	return t, nil
}

// billing is the configuration of payments. The limits against those who try other people's cards
// mean nothing where no money moves.
func (c Config) billing(secret string) billing.Config {
	p := c.Payments
	b := billing.Config{
		StripeSecretKey: c.StripeSecretKey, StripeWebhookSecret: c.StripeWebhookSecret, StripeURL: c.Env("STRIPE_URL"), BaseURL: c.BaseURL, InstallationSecret: secret,
		FeeBps: c.FeeBps, SandboxPaysAll: c.SandboxPaysAll, MinCents: c.TopUpMinCents, MaxCents: c.TopUpMaxCents,
		ProcessingBps: p.ProcessingBps, ProcessingCents: p.ProcessingCents, AutomaticTax: p.Tax, TaxCode: p.TaxCode, Invoices: p.Invoices, RefundDays: p.RefundDays,
	}
	if c.StripeSecretKey != "" {
		b.FirstDayCents, b.CardFailuresPerHour, b.AutoAfter = p.FirstDayCents, p.CardFailuresPerHour, p.AutoAfter
	}
	return b
}

// checkStripeURL refuses to send a live key anywhere but to Stripe.
func (c Config) checkStripeURL() error {
	if c.Env("STRIPE_URL") != "" && strings.Contains(c.StripeSecretKey, "_live_") {
		return models.Errorf(models.Invalid, "STRIPE_URL is for tests: it does not go with a live key")
	}
	return nil
}

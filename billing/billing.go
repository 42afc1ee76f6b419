// Package billing is where money is understood: prices become charges, requests become holds and
// settlements, payments become credits. Nothing else moves money. It knows no HTTP handlers and
// no pages.
package billing

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"

	"bourse/billing/stripefake"
	"bourse/models"
)

// Config is how money comes in.
type Config struct {
	StripeSecretKey     string // "" = the sandbox
	StripeWebhookSecret string
	BaseURL             string // of this marketplace, without a slash at the end
	InstallationSecret  string // the sandbox's webhook secret is derived from it
	FeeBps              int64
	SandboxPaysAll      bool // the operator lets sandbox credit pay for real providers
	MinCents, MaxCents  int64

	ProcessingBps   int64 // a line of its own at the checkout: so much of the credit,
	ProcessingCents int64 // and so much for each purchase
	AutomaticTax    bool
	TaxCode         string // of the credit, "" = the payment provider's default
	Invoices        bool
	RefundDays      int64 // how long unused credit can be given back; 0 = it cannot

	FirstDayCents       int64         // the most that an account buys in its first day; 0 = no limit
	CardFailuresPerHour int64         // after so many, no new checkout; 0 = no limit
	AutoAfter           time.Duration // how old the first payment must be for automatic ones

	// DeliverSandbox posts a sandbox event to the webhook route of this very process.
	DeliverSandbox func(ctx context.Context, body []byte, signature string) error
	// Letter sends a letter; nil sends none.
	Letter func(to, subject, body string) error

	// Allow counts one more under a name and reports whether that is within the limit; nil allows all.
	Allow func(name string, limit int, per time.Duration) (bool, time.Duration)

	Transport http.RoundTripper // to the payment provider; nil = the network
	StripeURL string            // "" = Stripe's own
	Now       func() time.Time  // nil = time.Now
}

// The usual bounds of one purchase, and the usual days for giving back.
const (
	MinCentsDefault   = 1000
	MaxCentsDefault   = 1_000_000
	RefundDaysDefault = 14
)

// Billing is the payments side; Ledger is the money side.
type Billing struct {
	Ledger  *Ledger
	Sandbox *stripefake.Fake // nil when a Stripe key is set
	config  Config
	db      *models.DB
	stripe  *client.API
	log     *slog.Logger
	now     func() time.Time

	converging coalesce[models.TopUp]
}

const stripeTimeout = 30 * time.Second

// New connects billing to its database and to Stripe, or to the sandbox when there is no key. A
// Stripe key without a webhook secret, and a live key over sandbox credit, are refused.
func New(ctx context.Context, db *models.DB, c Config, log *slog.Logger) (*Billing, error) {
	b := &Billing{config: c, db: db, log: log, now: c.Now}
	if b.now == nil {
		b.now = time.Now
	}
	if c.StripeSecretKey == "" {
		b.config.StripeWebhookSecret = sandboxSecret(c.InstallationSecret)
		b.Sandbox = stripefake.New(stripefake.Config{
			Store:    stripefake.Store{Put: db.PutSandboxObject, Get: db.SandboxObject, List: db.SandboxObjects},
			PagesURL: c.BaseURL + "/sandbox/", WebhookSecret: b.config.StripeWebhookSecret, Deliver: c.DeliverSandbox, Now: c.Now,
		})
		c.Transport = b.Sandbox
		c.StripeSecretKey = "sk_test_sandbox"
	} else if err := b.checkKey(ctx); err != nil {
		return nil, err
	}
	b.stripe = stripeClient(c)
	var err error
	b.Ledger, err = NewLedger(db)
	return b, err
}

// stripeClient speaks to the payment provider as the configuration says.
func stripeClient(c Config) *client.API {
	backend := &stripe.BackendConfig{LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}, HTTPClient: &http.Client{Timeout: stripeTimeout, Transport: c.Transport}}
	if c.StripeURL != "" {
		backend.URL = stripe.String(c.StripeURL)
	}
	if c.Transport != nil {
		backend.MaxNetworkRetries = stripe.Int64(0) // in this process nothing gets better by waiting
	}
	api := stripe.GetBackendWithConfig(stripe.APIBackend, backend)
	return client.New(c.StripeSecretKey, &stripe.Backends{API: api, Connect: api, Uploads: api})
}

func (b *Billing) checkKey(ctx context.Context) error {
	if !strings.HasPrefix(b.config.StripeWebhookSecret, "whsec_") {
		return models.Errorf(models.Invalid, "STRIPE_SECRET_KEY is set without STRIPE_WEBHOOK_SECRET (it begins with whsec_): without it anybody could credit themselves. bourse stripe setup makes one")
	}
	if !b.Live() {
		return nil
	}
	sandbox, err := b.db.HasSandboxTopUps(ctx)
	if err != nil {
		return err
	}
	if sandbox {
		return models.Errorf(models.Invalid, "this database holds sandbox credit, which no money was paid for: end it with bourse sandbox expire, or give the live Stripe key a database of its own")
	}
	return nil
}

// Close drains the ledger.
func (b *Billing) Close() { b.Ledger.Close() }

// Live reports whether payments move real money.
func (b *Billing) Live() bool {
	return strings.HasPrefix(b.config.StripeSecretKey, "sk_live_") || strings.HasPrefix(b.config.StripeSecretKey, "rk_live_")
}

// TestMode reports whether payments go to Stripe's test mode, where cards are not real.
func (b *Billing) TestMode() bool { return b.Sandbox == nil && !b.Live() }

// FeeBps is the platform's fee in basis points of a generation's cost.
func (b *Billing) FeeBps() int64 { return b.config.FeeBps }

// Bounds are the least and the most that one purchase may be, in cents.
func (b *Billing) Bounds() (minCents, maxCents int64) { return b.config.MinCents, b.config.MaxCents }

// Processing is the line that a purchase of so many cents has for the payment itself, and its two
// parts; 0 when the operator asks for none.
func (b *Billing) Processing(cents int64) int64 {
	return (cents*b.config.ProcessingBps+9_999)/10_000 + b.config.ProcessingCents
}

// ProcessingRate is what the processing line is made of: basis points of the credit, and cents.
func (b *Billing) ProcessingRate() (bps, cents int64) {
	return b.config.ProcessingBps, b.config.ProcessingCents
}

// Taxed reports whether tax is added at the checkout.
func (b *Billing) Taxed() bool { return b.config.AutomaticTax }

// NeedsRealCredit reports whether a provider of this kind must be paid with credit that did not
// come from the sandbox.
func (b *Billing) NeedsRealCredit(providerKind string) bool {
	return providerKind != "demo" && providerKind != "local" && !b.config.SandboxPaysAll
}

func sandboxSecret(installation string) string {
	mac := hmac.New(sha256.New, []byte(installation))
	mac.Write([]byte("sandbox webhook"))
	return "whsec_" + hex.EncodeToString(mac.Sum(nil))
}

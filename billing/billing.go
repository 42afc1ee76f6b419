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
	// DeliverSandbox posts a sandbox event to the webhook route of this very process.
	DeliverSandbox func(ctx context.Context, body []byte, signature string) error
}

// The usual bounds of one purchase.
const (
	MinCentsDefault = 1000
	MaxCentsDefault = 1_000_000
)

// Billing is the payments side; Ledger is the money side.
type Billing struct {
	Ledger  *Ledger
	Sandbox *stripefake.Fake // nil when a Stripe key is set
	config  Config
	db      *models.DB
	stripe  *client.API
	log     *slog.Logger
}

// New connects billing to its database and to Stripe, or to the sandbox when there is no key. A
// Stripe key without a webhook secret, and a live key over sandbox credit, are refused.
func New(ctx context.Context, db *models.DB, c Config, log *slog.Logger) (*Billing, error) {
	b := &Billing{config: c, db: db, log: log}
	backend := &stripe.BackendConfig{LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}}
	if c.StripeSecretKey == "" {
		b.config.StripeWebhookSecret = sandboxSecret(c.InstallationSecret)
		b.Sandbox = stripefake.New(stripefake.Config{
			Store:         stripefake.Store{Put: db.PutSandboxObject, Get: db.SandboxObject},
			CheckoutURL:   c.BaseURL + "/sandbox/checkout/",
			WebhookSecret: b.config.StripeWebhookSecret,
			Deliver:       c.DeliverSandbox,
		})
		backend.HTTPClient = &http.Client{Transport: b.Sandbox}
		c.StripeSecretKey = "sk_test_sandbox"
	} else {
		if !strings.HasPrefix(c.StripeWebhookSecret, "whsec_") {
			return nil, models.Errorf(models.Invalid, "STRIPE_SECRET_KEY is set without STRIPE_WEBHOOK_SECRET (it begins with whsec_): without it anybody could credit themselves")
		}
		if b.Live() {
			sandbox, err := db.HasSandboxTopUps(ctx)
			if err != nil {
				return nil, err
			}
			if sandbox {
				return nil, models.Errorf(models.Invalid, "this database holds sandbox credit: a live Stripe key needs a database of its own")
			}
		}
		backend.HTTPClient = &http.Client{Timeout: 30 * time.Second}
	}
	api := stripe.GetBackendWithConfig(stripe.APIBackend, backend)
	b.stripe = client.New(c.StripeSecretKey, &stripe.Backends{API: api, Connect: api, Uploads: api})
	var err error
	b.Ledger, err = NewLedger(db)
	return b, err
}

// Close drains the ledger.
func (b *Billing) Close() { b.Ledger.Close() }

// Live reports whether payments move real money.
func (b *Billing) Live() bool {
	return strings.HasPrefix(b.config.StripeSecretKey, "sk_live_") || strings.HasPrefix(b.config.StripeSecretKey, "rk_live_")
}

// FeeBps is the platform's fee in basis points of a generation's cost.
func (b *Billing) FeeBps() int64 { return b.config.FeeBps }

// Bounds are the least and the most that one purchase may be, in cents.
func (b *Billing) Bounds() (minCents, maxCents int64) { return b.config.MinCents, b.config.MaxCents }

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

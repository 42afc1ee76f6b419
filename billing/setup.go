package billing

import (
	"context"

	"github.com/stripe/stripe-go/v76"

	"bourse/models"
)

// Hook is a webhook endpoint at the payment provider.
type Hook struct {
	ID     string
	URL    string
	Secret string // told once, when it is made
}

// SetupWebhook makes the endpoint to which the payment provider sends its events, in the version
// of the API that this program reads. One that is there already for the same address is a
// Conflict, unless it is to be replaced: its secret cannot be had again.
func SetupWebhook(ctx context.Context, c Config, replace bool) (Hook, error) {
	if c.StripeSecretKey == "" {
		return Hook{}, models.Errorf(models.Invalid, "STRIPE_SECRET_KEY is not set")
	}
	api := stripeClient(c)
	address := c.BaseURL + "/webhooks/stripe"
	var old []string
	it := api.WebhookEndpoints.List(&stripe.WebhookEndpointListParams{ListParams: listParams(ctx)})
	for it.Next() {
		if it.WebhookEndpoint().URL == address {
			old = append(old, it.WebhookEndpoint().ID)
		}
	}
	if err := it.Err(); err != nil {
		return Hook{}, stripeError("list webhook endpoints", err)
	}
	if len(old) > 0 && !replace {
		return Hook{}, models.Errorf(models.Conflict, "there is an endpoint for %s already (%s), and its secret is told only once: replace it with --replace", address, old[0])
	}
	params := &stripe.WebhookEndpointParams{URL: stripe.String(address), EnabledEvents: stripe.StringSlice(WebhookEvents), APIVersion: stripe.String(stripe.APIVersion),
		Description: stripe.String("Bourse")}
	params.Context = ctx
	made, err := api.WebhookEndpoints.New(params)
	if err != nil {
		return Hook{}, stripeError("make a webhook endpoint", err)
	}
	if made.Secret == "" {
		return Hook{}, models.Errorf(models.Unavailable, "Stripe made the endpoint %s and did not tell its secret: remove it and try again", made.ID)
	}
	for _, id := range old { // after the new one is there, so that no event finds none
		params := &stripe.WebhookEndpointParams{}
		params.Context = ctx
		if _, err := api.WebhookEndpoints.Del(id, params); err != nil {
			return Hook{made.ID, made.URL, made.Secret}, stripeError("remove the old webhook endpoint", err)
		}
	}
	return Hook{made.ID, made.URL, made.Secret}, nil
}

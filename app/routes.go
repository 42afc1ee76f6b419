package app

import (
	"io"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"bourse/app/api"
	"bourse/app/web"
	"bourse/app/wire"
	"bourse/billing"
	"bourse/static"
	"bourse/views"
)

const (
	pathAPI           = "/api/v1"
	pathChat          = pathAPI + "/chat/completions"
	pathStripeWebhook = "/webhooks/stripe"
)

// routes is every address of the site.
func (a *App) routes(p *web.Server, j *api.Server) http.Handler {
	e := echo.New()
	e.IPExtractor = echo.ExtractIPDirect()
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		if strings.HasPrefix(c.Request().URL.Path, "/api/") {
			j.HandleError(err, c)
			return
		}
		p.HandleError(err, c)
	}
	e.Use(p.Headers)

	programs(e, j)
	people(e, p)

	mux := http.NewServeMux()
	mux.Handle("/", e)
	mux.Handle("/s/", static.Handler())
	mux.HandleFunc("POST "+pathChat, a.proxy.ChatCompletions)
	mux.HandleFunc("POST "+pathStripeWebhook, a.stripeWebhook)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		if err := a.DB.Ping(r.Context()); err != nil {
			http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok\n") // nobody waits for it any more
	})
	return mux
}

// programs are the addresses that answer JSON.
func programs(e *echo.Echo, j *api.Server) {
	g := e.Group(pathAPI)
	g.GET("/models", j.Models)
	g.GET("/models/count", j.CountModels)
	g.GET("/embeddings/models", j.EmbeddingModels)
	g.GET("/models/:author/:slug/endpoints", j.ModelEndpoints)
	g.GET("/models/:author/:slug", j.Model)
	g.GET("/models/:id", j.Model)
	g.GET("/model/:author/:slug", j.Model)
	g.GET("/endpoints/zdr", j.ZeroRetentionEndpoints)
	g.GET("/providers", j.Providers)
	g.GET("/key", j.Key, j.WithKey)
	g.GET("/auth/key", j.Key, j.WithKey)
	g.GET("/credits", j.Credits, j.WithKey)
	g.GET("/balance", j.Balance, j.WithKey)
	g.GET("/generation", j.Generation, j.WithKey)
}

// people are the pages.
func people(e *echo.Echo, p *web.Server) {
	public := e.Group("", p.SameOrigin, p.LimitForm, p.Sessions)
	public.GET(views.PathHome, p.Home)
	public.GET(views.PathModels, p.ModelsIndex)
	public.GET(views.PathModels+"/:author/:slug", p.Model)
	public.GET(views.PathSignUp, p.SignUpForm)
	public.POST(views.PathSignUp, p.SignUp)
	public.GET(views.PathSignIn, p.SignInForm)
	public.POST(views.PathSignIn, p.SignIn)
	public.POST(views.PathSignOut, p.SignOut)
	public.GET(views.PathVerify, p.Verify)
	public.GET(views.PathReset, p.ResetRequestForm)
	public.POST(views.PathReset, p.ResetRequest)
	public.GET(views.PathResetNew, p.ResetForm)
	public.POST(views.PathResetNew, p.Reset)
	public.POST(views.PathTheme, p.SetTheme)
	public.POST(views.PathKeyboard, p.SetKeyboard)
	public.GET(views.PathDevMail, p.DevMail)
	public.GET("/_gallery", p.Gallery)
	public.GET("/_gallery/:name", p.Gallery)

	// A guard of each route and not of a group: a group would ask strangers who they are even where
	// there is nothing.
	public.POST(views.PathVerifyAgain, p.VerifyAgain, p.SignedIn)
	public.GET(views.PathCredits, p.CreditsIndex, p.SignedIn)
	public.POST(views.PathCredits, p.BuyCredits, p.SignedIn)
	public.GET(views.PathCreditsReturn, p.CreditsReturn, p.SignedIn)
	public.GET(views.PathSandboxCheckout+":id", p.CheckoutForm, p.SignedIn)
	public.POST(views.PathSandboxCheckout+":id", p.Checkout, p.SignedIn)
	public.GET(views.PathKeys, p.KeysIndex, p.SignedIn)
	public.GET(views.PathKeysNew, p.KeyForm, p.SignedIn)
	public.POST(views.PathKeysNew, p.KeyCreate, p.SignedIn, p.NoStore)
	public.GET(views.PathKey+":id/revoke", p.KeyRevokeForm, p.SignedIn)
	public.POST(views.PathKey+":id/revoke", p.KeyRevoke, p.SignedIn)
	public.GET(views.PathActivity, p.ActivityIndex, p.SignedIn)
	public.GET(views.PathGeneration+":id", p.Receipt, p.SignedIn)
	public.GET(views.PathSettings, p.Settings, p.SignedIn)
	public.POST(views.PathProfile, p.SaveProfile, p.SignedIn)
	public.POST(views.PathPassword, p.ChangePassword, p.SignedIn)
	public.POST(views.PathSession+":id/revoke", p.RevokeSession, p.SignedIn)
}

// stripeWebhook hands the raw event to billing.
func (a *App) stripeWebhook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, billing.WebhookBytesMax))
	if err != nil {
		wire.WriteError(w, wire.TooLarge(billing.WebhookBytesMax), "")
		return
	}
	if err := a.Billing.Webhook(r.Context(), body, r.Header.Get("Stripe-Signature")); err != nil {
		a.Log.Warn("webhook refused", "error", err)
		wire.WriteError(w, wire.FromModels(err), "")
		return
	}
	_, _ = io.WriteString(w, "{}\n") // they have it
}

package app

import (
	"io"
	"net/http"
	"slices"
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
	pathGenai         = "/api/v1beta" // what clients of Gemini's API add to a base URL
	pathStripeWebhook = "/webhooks/stripe"
)

// guard says who may call a route. There is no default: a route without one is not mounted.
type guard int

const (
	public    guard = iota + 1 // anybody
	signedIn                   // a person with a session; others are sent to sign in
	withKey                    // a program with a working API key
	manager                    // a program with a key that manages keys
	developer                  // anybody, in development only: the handler answers 404 elsewhere
	operator                   // who runs this installation; others are not told that there is anything
)

// route is one address of the site.
type route struct {
	method  string
	path    string
	guard   guard
	handler echo.HandlerFunc
}

// pages are the addresses for people. Every GET answers HEAD as well.
func pages(p *web.Server) []route {
	return []route{
		{"GET", views.PathHome, public, p.Home},
		{"GET", views.PathModels, public, p.ModelsIndex},
		{"GET", views.PathModels + "/:author/:slug", public, p.Model},
		{"GET", views.PathSignUp, public, p.SignUpForm},
		{"POST", views.PathSignUp, public, p.SignUp},
		{"GET", views.PathSignIn, public, p.SignInForm},
		{"POST", views.PathSignIn, public, p.SignIn},
		{"POST", views.PathSignOut, public, p.SignOut},
		{"GET", views.PathVerify, public, p.Verify},
		{"GET", views.PathReset, public, p.ResetRequestForm},
		{"POST", views.PathReset, public, p.ResetRequest},
		{"GET", views.PathResetNew, public, p.ResetForm},
		{"POST", views.PathResetNew, public, p.Reset},
		{"POST", views.PathTheme, public, p.SetTheme},
		{"POST", views.PathKeyboard, public, p.SetKeyboard},
		{"POST", views.PathDensity, public, p.SetDensity},
		{"GET", views.PathDevMail, developer, p.DevMail},
		{"GET", "/_gallery", developer, p.Gallery},
		{"GET", "/_gallery/:name", developer, p.Gallery},

		{"GET", views.PathConsent, signedIn, p.ConsentForm},
		{"POST", views.PathConsent, signedIn, p.NoStore(p.Consent)},
		{"POST", views.PathVerifyAgain, signedIn, p.VerifyAgain},
		{"GET", views.PathCredits, signedIn, p.CreditsIndex},
		{"POST", views.PathCredits, signedIn, p.BuyCredits},
		{"GET", views.PathStatement, signedIn, p.Statement},
		{"GET", views.PathStatement + ".csv", signedIn, p.StatementCSV},
		{"GET", views.PathStatement + ".jsonl", signedIn, p.StatementJSONL},
		{"GET", views.PathCreditsReturn, signedIn, p.CreditsReturn},
		{"GET", views.PathSandboxCheckout + ":id", signedIn, p.CheckoutForm},
		{"POST", views.PathSandboxCheckout + ":id", signedIn, p.Checkout},
		{"GET", views.PathKeys, signedIn, p.KeysIndex},
		{"GET", views.PathKeysNew, signedIn, p.KeyForm},
		{"POST", views.PathKeysNew, signedIn, p.NoStore(p.KeyCreate)},
		{"GET", views.PathKey + ":id/edit", signedIn, p.KeyEditForm},
		{"POST", views.PathKey + ":id/edit", signedIn, p.KeyEdit},
		{"GET", views.PathKey + ":id/revoke", signedIn, p.KeyRevokeForm},
		{"POST", views.PathKey + ":id/revoke", signedIn, p.KeyRevoke},
		{"GET", views.PathActivity, signedIn, p.ActivityIndex},
		{"GET", views.PathGeneration + ":id", signedIn, p.Receipt},
		{"GET", views.PathGeneration + ":id/receipt.json", signedIn, p.ReceiptJSON},
		{"GET", views.PathSettings, signedIn, p.Settings},
		{"POST", views.PathProfile, signedIn, p.SaveProfile},
		{"POST", views.PathPassword, signedIn, p.ChangePassword},
		{"POST", views.PathSession + ":id/revoke", signedIn, p.RevokeSession},
		{"GET", views.PathAlerts, signedIn, p.AlertsIndex},
		{"POST", views.PathAlerts, signedIn, p.SetAlert},
		{"GET", views.PathAlert + ":id/remove", public, p.AlertRemoveForm}, // guarded by the id, which only its owner has
		{"POST", views.PathAlert + ":id/remove", public, p.AlertRemove},
		{"GET", views.PathOwnKeys, signedIn, p.OwnKeysIndex},
		{"POST", views.PathOwnKeys, signedIn, p.OwnKeyAdd},
		{"POST", views.PathOwnKey + ":id", signedIn, p.OwnKeyDo},
	}
}

// lists are the addresses of the price list beyond the models themselves, all of them public.
func lists(p *web.Server) []route {
	return []route{
		{"GET", views.PathModels + ".csv", public, p.ModelsCSV},
		{"GET", views.PathModels + ".rss", public, p.ModelsRSS},
		{"GET", views.PathSearch, public, p.Search},
		{"GET", "/sitemap.xml", public, p.Sitemap},
		{"GET", "/robots.txt", public, p.Robots},
		{"GET", views.PathDocs, public, p.DocsIndex},
		{"GET", views.PathDocs + "/:name", public, p.DocsPage},
		{"GET", "/llms.txt", public, p.LLMs},
		{"GET", "/llms-full.txt", public, p.LLMsFull},
		{"GET", views.PathCompare, public, p.Compare},
		{"GET", views.PathCompare + "/*", public, p.Compare},
		{"GET", views.PathProviders, public, p.ProvidersIndex},
		{"GET", views.PathProviders + "/:slug", public, p.Provider},
		{"GET", views.PathAuthors, public, p.AuthorsIndex},
		{"GET", views.PathMarket, public, p.Market},
		{"GET", views.PathMarket + ".json", public, p.MarketJSON},
		{"GET", views.PathMarket + "/:file", public, p.MarketCSV},
		{"GET", views.PathRankings, public, p.Rankings},
		{"GET", views.PathRankings + ".csv", public, p.RankingsCSV},
		{"GET", views.PathRankings + ".json", public, p.RankingsJSON},
		{"GET", views.PathPrices, public, p.Prices},
		{"GET", views.PathPrices + ".json", public, p.PricesJSON},
		{"GET", views.PathPrices + ".csv", public, p.PricesCSV},
		{"GET", views.PathPrices + ".rss", public, p.PricesRSS},
		{"GET", views.PathModels + "/:author/:slug/prices.csv", public, p.ModelPricesCSV},
		{"GET", views.PathModels + "/:author/:slug/prices.rss", public, p.ModelPricesRSS},
	}
}

// playground are the addresses of the page that calls models. Their bodies hold conversations, and
// so may be longer than those of other forms.
func playground(p *web.Server) []route {
	return []route{
		{"GET", views.PathChat, public, p.ChatPage},
		{"POST", views.PathChat, signedIn, p.ChatForm},
		{"POST", views.PathChat + "/stream", signedIn, p.ChatStream},
		{"GET", views.PathChat + "/cost/:id", signedIn, p.ChatCost},
	}
}

// payments are the addresses about money that comes in and goes back.
func payments(p *web.Server) []route {
	return []route{
		{"GET", views.PathAuto, signedIn, p.AutoTopUp},
		{"POST", views.PathAuto, signedIn, p.SetAutoTopUp},
		{"GET", views.PathPayments, signedIn, p.Payments},
		{"GET", views.PathPayments + "/:id", signedIn, p.Payment},
		{"GET", views.PathPayments + "/:id/refund", signedIn, p.RefundForm},
		{"POST", views.PathPayments + "/:id/refund", signedIn, p.Refund},
		{"POST", views.PathConfirm, signedIn, p.ConfirmTopUp},
		{"POST", views.PathPortal, signedIn, p.CardPages},
		{"POST", views.PathCode, signedIn, p.RedeemCode},
		{"POST", views.PathLow, signedIn, p.SetLowMark},
		{"GET", views.PathSandboxPayment + ":id", signedIn, p.SandboxPayment},
		{"POST", views.PathSandboxPayment + ":id", signedIn, p.SandboxPay},
		{"GET", views.PathSandboxPortal + ":id", signedIn, p.SandboxPortal},
		{"POST", views.PathSandboxPortal + ":id", signedIn, p.SandboxRemoveCard},
		{"GET", views.PathAdminPayments, operator, p.AdminPayments},
		{"POST", views.PathAdminPayments + "/compare", operator, p.AdminCompare},
		{"POST", views.PathAdminPayments + "/resolve", operator, p.AdminResolve},
		{"POST", views.PathAdminPayments + "/release", operator, p.AdminRelease},
	}
}

// programs are the addresses that answer JSON, under /api/v1.
func programs(j *api.Server) []route {
	return []route{
		{"GET", "/models", public, j.Models},
		{"GET", "/models/count", public, j.CountModels},
		{"GET", "/models/user", withKey, j.UserModels},
		{"GET", "/embeddings/models", public, j.EmbeddingModels},
		{"GET", "/models/:author/:slug/endpoints", public, j.ModelEndpoints},
		{"GET", "/models/:author/:slug", public, j.Model},
		{"GET", "/models/:id", public, j.Model},
		{"GET", "/model/:author/:slug", public, j.Model},
		{"GET", "/endpoints/zdr", public, j.ZeroRetentionEndpoints},
		{"GET", "/providers", public, j.Providers},
		{"GET", "/datasets/rankings-daily", public, j.RankingsDaily},
		{"GET", "/key", withKey, j.Key},
		{"GET", "/auth/key", withKey, j.Key},
		{"GET", "/credits", withKey, j.Credits},
		{"GET", "/balance", withKey, j.Balance},
		{"GET", "/generation", withKey, j.Generation},
		{"GET", "/keys", manager, j.ListKeys},
		{"POST", "/keys", manager, j.CreateKey},
		{"GET", "/keys/:hash", manager, j.ReadKey},
		{"PATCH", "/keys/:hash", manager, j.ChangeKey},
		{"DELETE", "/keys/:hash", manager, j.DeleteKey},
		{"GET", "/activity", manager, j.Activity},
		{"POST", "/auth/keys/code", withKey, j.CreateAuthCode},
		{"POST", "/auth/keys", public, j.ExchangeAuthCode}, // guarded by the code it is about
		{"GET", "/openapi.json", public, j.OpenAPI},
	}
}

// genai are the addresses of Gemini's clients apart from inference, under /api/v1beta.
func genai(j *api.Server) []route {
	return []route{
		{"GET", "/models", public, j.GenaiModels},
		{"GET", "/models/*", public, j.GenaiModel},
	}
}

// inference are the doors of the hot path, under /api/v1.
func (a *App) inference() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"/chat/completions":      a.proxy.ChatCompletions,
		"/completions":           a.proxy.Completions,
		"/embeddings":            a.proxy.Embeddings,
		"/responses":             a.proxy.Responses,
		"/messages":              a.proxy.Messages,
		"/messages/count_tokens": a.proxy.CountTokens,
	}
}

// routes mounts every address. The hot path and the webhook are plain handlers outside of Echo,
// so that nothing made for pages can ever wrap a stream or read a raw body.
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
	guards := map[guard][]echo.MiddlewareFunc{public: {}, developer: {}, signedIn: {p.SignedIn}, withKey: {j.WithKey}, manager: {j.WithManagementKey}, operator: {p.Operator}}
	mount(e.Group(pathAPI, j.PlainAddress), programs(j), guards)
	mount(e.Group(pathGenai, j.PlainGenaiAddress), genai(j), guards)
	mount(e.Group("", p.SameOrigin, p.LimitForm, p.Sessions), slices.Concat(pages(p), lists(p), payments(p)), guards)
	mount(e.Group("", p.SameOrigin, p.LimitChat, p.Sessions), playground(p), guards)

	mux := http.NewServeMux()
	mux.Handle("/", e)
	mux.Handle("/s/", static.Handler())
	for path, handler := range a.inference() {
		mux.HandleFunc("POST "+pathAPI+path, handler) // guarded by the key it asks for itself
	}
	mux.HandleFunc("POST "+pathGenai+"/models/{call...}", a.proxy.Genai) // the same
	mux.HandleFunc("POST "+pathStripeWebhook, a.stripeWebhook)           // guarded by the event's signature
	mux.HandleFunc("GET /healthz", a.alive)
	mux.HandleFunc("GET /readyz", a.ready)
	return p.Ready(anyOrigin(mux))
}

// mount adds the routes, each behind its guard. The guard stands on the route and not on a group:
// a group would ask strangers who they are even where there is nothing.
func mount(g *echo.Group, list []route, guards map[guard][]echo.MiddlewareFunc) {
	for _, r := range list {
		chain, ok := guards[r.guard]
		if !ok {
			panic("route " + r.path + " says nobody may call it")
		}
		g.Add(r.method, r.path, r.handler, chain...)
		if r.method == http.MethodGet {
			g.HEAD(r.path, r.handler, chain...)
		}
	}
}

// alive says that the process answers at all.
func (a *App) alive(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, "ok\n") // nobody waits for it any more
}

// ready says whether this process can take requests: it is not draining, and the database stores
// what it is given.
func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	if a.draining.Load() {
		http.Error(w, "draining", http.StatusServiceUnavailable)
		return
	}
	if err := a.readiness.check(r.Context(), a.DB.Writable); err != nil {
		a.Log.Error("not ready", "err", err)
		http.Error(w, "the database does not take anything", http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ready\n") // nobody waits for it any more
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

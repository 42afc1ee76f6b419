package app

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"bourse/app/alert"
	"bourse/app/api"
	"bourse/app/auth"
	"bourse/app/catalog"
	"bourse/app/cluster"
	"bourse/app/docs"
	"bourse/app/mail"
	"bourse/app/provider"
	"bourse/app/proxy"
	"bourse/app/routing"
	"bourse/app/web"
	"bourse/billing"
	"bourse/models"
	"bourse/views"
)

func (a *App) openAccounts(context.Context) error {
	var err error
	if a.Mail, err = mail.New(a.Config.SMTPURL, a.Config.MailFrom, a.Log); err != nil {
		return err
	}
	a.onClose(a.Mail.Close)
	a.limits = cluster.NewLocal(time.Now)
	a.Accounts = auth.NewAccounts(a.DB, a.Mail, a.limits, a.Config.BaseURL, a.Log)
	a.Keys = auth.NewKeys(a.DB, a.Log)
	a.Alerts = &alert.Alerts{DB: a.DB, Catalog: a.Catalog, BaseURL: a.Config.BaseURL, Log: a.Log, Now: a.now, Letter: billing.OrderLetter}
	return a.openOwnKeys()
}

func (a *App) openProxy(context.Context) error {
	a.proxy = &proxy.Proxy{
		Keys: a.Keys, Catalog: a.Catalog, Health: a.Health, Client: a.client, Sticky: routing.NewSticky(a.now), Budget: routing.NewBudget(a.now), Billing: a.Billing, BaseURL: a.Config.BaseURL,
		Limits: a.limits, DB: a.DB, Free: proxy.FreeLimits{PerMinute: int(a.Config.FreePerMinute), PerDay: int(a.Config.FreePerDay),
			PerDayPaid: int(a.Config.FreePerDayPaid), PaidFrom: models.Amount(a.Config.FreePaidFromCents) * models.NanoPerCent},
		Own: a.Own, OwnTarget: a.ownTarget,
		Replica: models.NewID("rep"), Log: a.Log,
		Target: func(o *catalog.Offer) (provider.Target, bool) { return a.connections.Target(o.Provider, &o.Endpoint) },
	}
	return nil
}

func (a *App) openServer(context.Context) error {
	pages, err := docs.New(docs.Facts{BaseURL: a.Config.BaseURL, OpenAPI: api.Document(), Fee: views.Percent(a.Config.FeeBps),
		Model: web.ExampleModel(a.Catalog.Current()), Sandbox: a.Billing.Sandbox != nil}, web.CodeBlock)
	if err != nil {
		return err
	}
	site := &web.Server{
		Config: web.Config{BaseURL: a.Config.BaseURL, Seller: a.Config.Seller, Development: a.Config.Development, Sandbox: a.Billing.Sandbox != nil,
			FeeBPS: a.Config.FeeBps, Secure: strings.HasPrefix(a.Config.BaseURL, "https://"), Secret: []byte(a.secret)},
		DB: a.DB, Catalog: a.Catalog, Health: a.Health, Usage: a.Usage, Log: a.Log, Accounts: a.Accounts, Keys: a.Keys, Billing: a.Billing, Mail: a.Mail, Docs: pages, Ask: a.proxy.ChatAs, Alerts: a.Alerts,
		Own: web.OwnKeys{OwnKeys: a.Own, Providers: a.ownableProviders, Try: a.tryOwnKey},
	}
	data := &api.Server{Catalog: a.Catalog, Health: a.Health, Usage: a.Usage, Billing: a.Billing, Keys: a.Keys, DB: a.DB, Log: a.Log, FeeBPS: a.Config.FeeBps,
		FreeToday: func(ctx context.Context, account string) (limit, used int, err error) {
			use, err := a.proxy.FreeToday(ctx, account)
			return use.Limit, use.Used, err
		}}
	a.server = &http.Server{
		Handler: a.routes(site, data), ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: headerBytes,
		ErrorLog: slog.NewLogLogger(a.Log.Handler(), slog.LevelWarn),
	}
	return nil
}

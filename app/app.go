// Package app is the roof: it opens everything in order, knows every route and every job, and
// closes in reverse.
package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"bourse/app/alert"
	"bourse/app/auth"
	"bourse/app/catalog"
	"bourse/app/cluster"
	"bourse/app/demo"
	"bourse/app/mail"
	"bourse/app/market"
	"bourse/app/provider"
	"bourse/app/proxy"
	"bourse/billing"
	"bourse/models"
)

const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 120 * time.Second
	headerBytes   = 64 << 10
	// drainTime is how long running requests may take after we were asked to stop.
	drainTime = 60 * time.Second
	// localFindTime bounds the search for local model servers at start.
	localFindTime = 2 * time.Second
)

// App is the whole marketplace, opened.
type App struct {
	Config   Config
	Log      *slog.Logger
	DB       *models.DB
	Catalog  *catalog.Catalog
	Accounts *auth.Accounts
	Keys     *auth.Keys
	Billing  *billing.Billing
	Mail     *mail.Sender
	Health   *market.Health
	Own      *auth.OwnKeys
	Usage    *market.Usage
	Alerts   *alert.Alerts

	connections *provider.Connections
	client      *provider.Client
	demo        *demo.Server
	found       extras // what was found at start
	limits      *cluster.Local
	proxy       *proxy.Proxy
	secret      string
	listener    net.Listener
	server      *http.Server
	readiness   readiness
	counting    sync.Mutex
	usedThrough time.Time // until when the catalogue knows what was used
	draining    atomic.Bool
	closers     []func()
}

// New opens everything in order and listens, but answers nothing before Run. On an error what was
// opened is closed again.
func New(ctx context.Context, c Config, log *slog.Logger) (*App, error) {
	a := &App{Config: c, Log: log}
	for _, step := range []func(context.Context) error{
		a.openDatabase, a.openListener, a.openCatalogue, a.openProviders, a.openBilling, a.openAccounts, a.openProxy, a.openServer,
	} {
		if err := step(ctx); err != nil {
			a.Close()
			return nil, err
		}
	}
	return a, nil
}

// URL is the address at which this process answers, for tests and the sandbox's own webhook.
func (a *App) URL() string {
	_, port, _ := net.SplitHostPort(a.listener.Addr().String())
	return "http://127.0.0.1:" + port
}

// Run serves until ctx ends, then drains: no new requests, running streams end, every charge is
// durable. It closes the App.
func (a *App) Run(ctx context.Context) error {
	defer a.Close()
	jobsDone := make(chan struct{})
	jobsCtx, stopJobs := context.WithCancel(ctx)
	defer stopJobs()
	go func() {
		defer close(jobsDone)
		runJobs(jobsCtx, a.jobs(), a.Log)
	}()
	failed := make(chan error, 1)
	go func() { failed <- a.server.Serve(a.listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	a.draining.Store(true)
	a.Log.Info("stopping: running requests may end", "running", a.proxy.Running())
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	err := a.server.Shutdown(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		a.Log.Warn("requests cut at the end of the drain time", "running", a.proxy.Running())
		err = a.server.Close() // their contexts end, and each settles what it produced
		a.waitIdle(settleGrace)
	}
	<-jobsDone
	return err
}

// settleGrace is how long cut requests may take to settle.
const settleGrace = 10 * time.Second

func (a *App) waitIdle(limit time.Duration) {
	t := time.NewTicker(20 * time.Millisecond)
	defer t.Stop()
	end := time.After(limit)
	for a.proxy.Running() > 0 {
		select {
		case <-t.C:
		case <-end:
			return
		}
	}
}

// Close closes what was opened, the last first.
func (a *App) Close() {
	for i := len(a.closers) - 1; i >= 0; i-- {
		a.closers[i]()
	}
	a.closers = nil
}

// now is the time by which endpoints are judged.
func (a *App) now() time.Time {
	if a.Config.Now != nil {
		return a.Config.Now()
	}
	return time.Now()
}

func (a *App) onClose(f func()) { a.closers = append(a.closers, f) }

func (a *App) openDatabase(ctx context.Context) error {
	var err error
	if a.DB, err = models.Open(ctx, models.Options{URL: a.Config.DatabaseURL, DataDir: a.Config.DataDir}); err != nil {
		return err
	}
	a.onClose(func() { a.DB.Close() })
	if err := a.DB.Migrate(ctx); err != nil {
		return err
	}
	a.secret = a.Config.SessionSecret
	if a.secret == "" {
		a.secret, err = a.DB.SettingOnce(ctx, "session_secret", string(models.AppendRandom(nil, 43)))
	}
	return err
}

func (a *App) openListener(ctx context.Context) error {
	var err error
	if a.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", a.Config.Addr); err != nil {
		return fmt.Errorf("listen on %s: %w (set PORT to another one)", a.Config.Addr, err)
	}
	a.onClose(func() { a.listener.Close() })
	return nil
}

func (a *App) openCatalogue(ctx context.Context) error {
	a.connections = provider.NewConnections(a.Config.Env)
	a.Catalog = catalog.New(a.DB, a.connections.Connected)
	return importSeeds(ctx, a.Catalog)
}

func (a *App) openProviders(ctx context.Context) error {
	a.client = provider.NewClient()
	a.client.AllowPrivate = a.Config.AllowPrivate
	a.onClose(a.client.Close)
	a.Health = market.NewHealth(a.now)
	a.Usage = market.NewUsage(a.DB, time.Now, models.NewID("rep"), a.Config.UsageLeast)
	found := &a.found
	if a.Config.Demo {
		var err error
		if a.demo, err = demo.Start(ctx); err != nil {
			return fmt.Errorf("start the demo provider: %w", err)
		}
		a.onClose(func() { a.demo.Close() })
		if err := found.addDemo(a.demo, a.connections); err != nil {
			return err
		}
	}
	if err := a.findLocal(ctx, found); err != nil {
		return err
	}
	for _, problem := range a.connections.Problems(found.known(a.Catalog)) {
		a.Log.Warn(problem)
	}
	if err := a.Catalog.SetExtra(ctx, found.models, found.endpoints, found.providers); err != nil {
		return err
	}
	once, cancel := context.WithTimeout(ctx, resaleFirstTime)
	defer cancel()
	if err := a.refreshResale(once); err != nil {
		a.Log.Warn("the reseller is not on the market yet: its list comes later", "err", err)
	}
	return nil
}

func (a *App) openBilling(ctx context.Context) error {
	var err error
	c := a.Config.billing(a.secret)
	c.DeliverSandbox = a.deliverSandbox
	c.Letter = func(to, subject, body string) error {
		return a.Mail.Send(mail.Letter{To: to, Subject: subject, Body: body})
	}
	c.Allow = func(name string, limit int, per time.Duration) (bool, time.Duration) {
		return a.limits.Allow(name, limit, per)
	}
	a.Billing, err = billing.New(ctx, a.DB, c, a.Log)
	if err != nil {
		return err
	}
	a.onClose(a.Billing.Close)
	if a.DB.Dialect() == models.SQLite {
		// One process serves a SQLite file: whatever is open now was left by one that died.
		n, err := a.Billing.Ledger.Expire(ctx, 0)
		if err != nil {
			return fmt.Errorf("take back old holds: %w", err)
		}
		if n > 0 {
			a.Log.Warn("holds of a dead process taken back", "count", n)
		}
	}
	return nil
}

// deliverSandbox posts a sandbox event to our own webhook route, over a real connection.
func (a *App) deliverSandbox(ctx context.Context, body []byte, signature string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL()+pathStripeWebhook, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Stripe-Signature", signature)
	answer, err := (&http.Client{Timeout: 20 * time.Second}).Do(req)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
		return fmt.Errorf("webhook answered %d: %s", answer.StatusCode, text)
	}
	return nil
}

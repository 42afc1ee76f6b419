package app

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"bourse/billing"
	"bourse/models"
)

// Config is everything that the environment decides. Each value has a default that works on a
// fresh machine.
type Config struct {
	Env func(name string) string // os.Getenv; providers' own variables are read through it too
	// Now is the clock by which endpoints are judged; nil is the machine's.
	Now func() time.Time

	Addr                string // host:port to listen on
	BaseURL             string // how browsers reach the site, without a slash at the end
	DataDir             string
	DatabaseURL         string
	SessionSecret       string // "" = made once and kept in the database
	StripeSecretKey     string
	StripeWebhookSecret string
	SMTPURL             string
	MailFrom            string
	Seller              string // who sells, as receipts say it
	FeeBps              int64
	SandboxPaysAll      bool
	TopUpMinCents       int64
	TopUpMaxCents       int64
	Payments            PaymentTerms
	FreePerMinute       int64 // requests of one account to models that cost nothing
	FreePerDay          int64
	FreePerDayPaid      int64 // for accounts that have bought for FreePaidFromCents
	FreePaidFromCents   int64
	UsageLeast          int64         // accounts that have to stand behind a figure of the rankings
	EncryptionKeys      string        // seal people's own keys; the first is current
	AllowPrivate        bool          // people's own base URLs may be in private networks
	CompatibleURLs      string        // OpenAI-compatible servers of the operator's own
	FindLocal           bool          // look for local model servers on their usual ports
	Demo                bool          // run the built-in demo provider
	Development         bool          // letters are shown at /dev/mail
	HoldTimeout         time.Duration // a hold without a sign of life for so long is taken back
}

// ReadConfig reads the environment. A value that makes no sense is an error that names it.
func ReadConfig(env func(name string) string) (Config, error) {
	c := Config{
		Env: env, DataDir: or(env("DATA_DIR"), "./data"), DatabaseURL: env("DATABASE_URL"), SessionSecret: env("SESSION_SECRET"),
		StripeSecretKey: env("STRIPE_SECRET_KEY"), StripeWebhookSecret: env("STRIPE_WEBHOOK_SECRET"), SMTPURL: env("SMTP_URL"),
		CompatibleURLs: env("OPENAI_COMPATIBLE_URLS"), EncryptionKeys: env("ENCRYPTION_KEYS"),
	}
	var err error
	if c.Addr, err = address(env("ADDR"), env("PORT")); err != nil {
		return c, err
	}
	_, port, _ := net.SplitHostPort(c.Addr)
	c.BaseURL = strings.TrimRight(or(env("BASE_URL"), "http://localhost:"+port), "/")
	if u, err := url.Parse(c.BaseURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.Path != "" {
		return c, models.Errorf(models.Invalid, "BASE_URL is %q: give http:// or https:// and a host, without a path", c.BaseURL)
	}
	host, _ := url.Parse(c.BaseURL)
	c.Seller = or(env("SELLER"), host.Host)
	c.MailFrom = or(env("MAIL_FROM"), "Bourse <no-reply@"+host.Hostname()+">")
	c.Development = c.SMTPURL == "" && loopback(host.Hostname())
	if c.FeeBps, err = number(env, "FEE_BPS", billing.FeeBpsDefault, 0, billing.FeeBpsMax); err != nil {
		return c, err
	}
	if c.TopUpMinCents, err = number(env, "TOPUP_MIN_CENTS", billing.MinCentsDefault, 50, billing.MaxCentsDefault); err != nil {
		return c, err
	}
	if c.TopUpMaxCents, err = number(env, "TOPUP_MAX_CENTS", billing.MaxCentsDefault, c.TopUpMinCents, 99_999_999); err != nil {
		return c, err
	}
	if c.Payments, err = readPaymentTerms(env); err != nil {
		return c, err
	}
	if err := c.checkStripeURL(); err != nil {
		return c, err
	}
	if c.UsageLeast, err = number(env, "USAGE_MIN_ACCOUNTS", usageLeastUsual, 1, 1000); err != nil {
		return c, err
	}
	for name, n := range map[string]struct {
		into  *int64
		usual int64
	}{"FREE_PER_MINUTE": {&c.FreePerMinute, 20}, "FREE_PER_DAY": {&c.FreePerDay, 50}, "FREE_PER_DAY_PAID": {&c.FreePerDayPaid, 1000},
		"FREE_PAID_FROM_CENTS": {&c.FreePaidFromCents, 1000}} {
		if *n.into, err = number(env, name, n.usual, 0, 1_000_000_000); err != nil {
			return c, err
		}
	}
	seconds, err := number(env, "HOLD_TIMEOUT_SECONDS", int64(billing.HoldAgeMax/time.Second), 2, 3600)
	if err != nil {
		return c, err
	}
	c.HoldTimeout = time.Duration(seconds) * time.Second
	for name, into := range map[string]*bool{"SANDBOX_PAYS_ALL": &c.SandboxPaysAll, "FIND_LOCAL": &c.FindLocal, "DEMO": &c.Demo, "ALLOW_PRIVATE_UPSTREAMS": &c.AllowPrivate} {
		if *into, err = truth(env, name, name == "FIND_LOCAL" || name == "DEMO"); err != nil {
			return c, err
		}
	}
	if c.SessionSecret != "" && len(c.SessionSecret) < secretBytesMin {
		return c, models.Errorf(models.Invalid, "SESSION_SECRET has %d characters; use at least %d random ones", len(c.SessionSecret), secretBytesMin)
	}
	return c, nil
}

const secretBytesMin = 32

// usageLeastUsual accounts have to stand behind a figure of the rankings.
const usageLeastUsual = 5

// InForce lists what the environment set, by name, for the log at start: never the values of secrets.
func (c Config) InForce() []any {
	database := "SQLite in " + c.DataDir
	if c.DatabaseURL != "" {
		database = "PostgreSQL"
	}
	payments := "sandbox: no money moves"
	switch {
	case strings.Contains(c.StripeSecretKey, "_live_"):
		payments = "Stripe, live"
	case c.StripeSecretKey != "":
		payments = "Stripe, test mode"
	}
	mail := "SMTP"
	switch {
	case c.Development:
		mail = "not sent: shown at " + c.BaseURL + "/dev/mail"
	case c.SMTPURL == "":
		mail = "not sent: written to the log (set SMTP_URL)"
	}
	return []any{"database", database, "payments", payments, "mail", mail,
		"fee", fmt.Sprintf("%d.%02d %%", c.FeeBps/100, c.FeeBps%100), "session_secret", kept(c.SessionSecret)}
}

func kept(secret string) string {
	if secret == "" {
		return "kept in the database"
	}
	return "from SESSION_SECRET"
}

// address is ADDR, or every interface at PORT, or at 8080.
func address(addr, port string) (string, error) {
	if addr == "" {
		if port == "" {
			port = "8080"
		}
		if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
			return "", models.Errorf(models.Invalid, "PORT is %q: give a number from 0 to 65535", port)
		}
		return ":" + port, nil
	}
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return "", models.Errorf(models.Invalid, "ADDR is %q: give host:port, such as 127.0.0.1:8080", addr)
	}
	return addr, nil
}

func number(env func(string) string, name string, usual, least, most int64) (int64, error) {
	s := env(name)
	if s == "" {
		return usual, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < least || n > most {
		return 0, models.Errorf(models.Invalid, "%s is %q: give a whole number from %d to %d", name, s, least, most)
	}
	return n, nil
}

func truth(env func(string) string, name string, usual bool) (bool, error) {
	s := env(name)
	if s == "" {
		return usual, nil
	}
	b, err := strconv.ParseBool(s)
	if err != nil {
		return false, models.Errorf(models.Invalid, "%s is %q: give true or false", name, s)
	}
	return b, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func or(s, usual string) string {
	if s == "" {
		return usual
	}
	return s
}

// environment is the process's own.
func environment() (Config, error) { return ReadConfig(os.Getenv) }

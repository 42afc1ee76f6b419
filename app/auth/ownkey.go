package auth

import (
	"context"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"bourse/models"
)

const (
	ownKeyMin      = 8
	ownKeyMax      = 4_096
	ownURLMax      = 512
	ownHintShown   = 4
	ownCacheLife   = 10 * time.Second
	ownCacheMax    = 50_000 // accounts
	ownTroubleMax  = 300
	ownKeyPlaceFmt = "provider_key "
)

// OwnKey is a person's own key at a provider, ready for use.
type OwnKey struct {
	Provider string // slug
	BaseURL  string // "" is the provider's usual one
	Key      string
}

// OwnKeys are the keys that people bring along: their providers are paid by themselves.
type OwnKeys struct {
	db    *models.DB
	vault *Vault // nil when no encryption key is set: then nothing can be kept
	log   *slog.Logger
	now   func() time.Time
	// AllowPrivate takes base URLs in private networks and without encryption.
	allowPrivate bool

	mu    sync.Mutex
	cache map[string]ownCached // by account
}

type ownCached struct {
	keys  []OwnKey
	until time.Time
}

// NewOwnKeys makes the rule. Without a vault no key can be kept.
func NewOwnKeys(db *models.DB, vault *Vault, allowPrivate bool, log *slog.Logger) *OwnKeys {
	return &OwnKeys{db: db, vault: vault, allowPrivate: allowPrivate, log: log, now: time.Now, cache: map[string]ownCached{}}
}

// Kept reports whether keys can be kept at all.
func (o *OwnKeys) Kept() bool { return o.vault != nil }

// Of returns an account's keys in the order of their use. They are kept in memory for a few
// seconds, so that the hot path needs no SQL.
func (o *OwnKeys) Of(ctx context.Context, accountID string) ([]OwnKey, error) {
	if o.vault == nil {
		return nil, nil
	}
	now := o.now()
	o.mu.Lock()
	c, ok := o.cache[accountID]
	o.mu.Unlock()
	if ok && now.Before(c.until) {
		return c.keys, nil
	}
	rows, err := o.db.ProviderKeys(ctx, accountID)
	if err != nil {
		return nil, err
	}
	keys := make([]OwnKey, 0, len(rows))
	for _, row := range rows {
		secret, err := o.open(ctx, row)
		if err != nil {
			o.log.Error("a key of a customer cannot be opened: is its encryption key still set?", "id", row.ID, "err", err)
			continue
		}
		keys = append(keys, OwnKey{Provider: row.Provider, BaseURL: row.BaseURL, Key: secret})
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.cache) >= ownCacheMax {
		clear(o.cache)
	}
	o.cache[accountID] = ownCached{keys, now.Add(ownCacheLife)}
	return keys, nil
}

// open unseals a key, and seals it again when that was done with an older master key.
func (o *OwnKeys) open(ctx context.Context, row models.ProviderKey) (string, error) {
	secret, stale, err := o.vault.Open(row.Sealed, ownKeyPlaceFmt+row.ID)
	if err == nil && stale {
		if err := o.db.ResealProviderKey(ctx, row.ID, row.Sealed, o.vault.Seal(secret, ownKeyPlaceFmt+row.ID)); err != nil {
			o.log.Warn("a key of a customer stays under the older encryption key", "id", row.ID, "err", err)
		}
	}
	return secret, err
}

// List lists an account's keys in the order of their use, without the keys themselves.
func (o *OwnKeys) List(ctx context.Context, accountID string) ([]models.ProviderKey, error) {
	return o.db.ProviderKeys(ctx, accountID)
}

// Add keeps a key behind those that are there.
func (o *OwnKeys) Add(ctx context.Context, accountID string, k OwnKey) (models.ProviderKey, error) {
	if o.vault == nil {
		return models.ProviderKey{}, models.Errorf(models.Invalid, "Keys cannot be kept here: the operator has set no ENCRYPTION_KEYS.")
	}
	k.Key = strings.TrimSpace(k.Key)
	if len(k.Key) < ownKeyMin || len(k.Key) > ownKeyMax || strings.ContainsFunc(k.Key, unprintable) {
		return models.ProviderKey{}, models.FieldError("key", "Enter the key as the provider shows it: at least %d letters, digits and signs.", ownKeyMin)
	}
	base, err := o.CheckURL(k.BaseURL)
	if err != nil {
		return models.ProviderKey{}, err
	}
	row := models.ProviderKey{ID: models.NewID("own"), AccountID: accountID, Provider: k.Provider, BaseURL: base,
		Hint: "…" + k.Key[len(k.Key)-ownHintShown:], CreatedUs: o.now().UnixMicro()}
	row.Sealed = o.vault.Seal(k.Key, ownKeyPlaceFmt+row.ID)
	if err := o.db.InsertProviderKey(ctx, row); err != nil {
		return row, err
	}
	o.forget(accountID)
	return row, nil
}

func unprintable(r rune) bool { return r <= ' ' || r > '~' }

// CheckURL cleans a base URL that a person has entered. An address in a private network is refused
// here where it can be seen, and again when the connection is made, where it cannot be hidden.
func (o *OwnKeys) CheckURL(text string) (string, error) {
	text = strings.TrimRight(strings.TrimSpace(text), "/")
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	if err != nil || len(text) > ownURLMax || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || (u.Scheme != "https" && !(o.allowPrivate && u.Scheme == "http")) {
		return "", models.FieldError("base_url", "Enter an address that begins with https://, without a question mark in it.")
	}
	if ip := net.ParseIP(u.Hostname()); !o.allowPrivate && (ip != nil && !models.PublicIP(ip) || u.Hostname() == "localhost") {
		return "", models.FieldError("base_url", "This address is in a private network.")
	}
	return text, nil
}

// Remove forgets a key.
func (o *OwnKeys) Remove(ctx context.Context, accountID, id string) error {
	defer o.forget(accountID)
	return o.db.DeleteProviderKey(ctx, accountID, id)
}

// Move puts a key one place up or down.
func (o *OwnKeys) Move(ctx context.Context, accountID, id string, up bool) error {
	list, err := o.db.ProviderKeys(ctx, accountID)
	if err != nil {
		return err
	}
	ids := make([]string, 0, len(list))
	at := -1
	for i, k := range list {
		ids = append(ids, k.ID)
		if k.ID == id {
			at = i
		}
	}
	other := at + 1
	if up {
		other = at - 1
	}
	if at < 0 {
		return models.Errorf(models.NotFound, "There is no such key.")
	}
	if other < 0 || other >= len(ids) {
		return nil // it stands at the end already
	}
	ids[at], ids[other] = ids[other], ids[at]
	defer o.forget(accountID)
	return o.db.OrderProviderKeys(ctx, accountID, ids)
}

// Open returns one key in clear, to be tried.
func (o *OwnKeys) Open(ctx context.Context, accountID, id string) (OwnKey, error) {
	row, err := o.db.ProviderKeyOf(ctx, accountID, id)
	if err != nil {
		return OwnKey{}, err
	}
	if o.vault == nil {
		return OwnKey{}, models.Errorf(models.Invalid, "%s", ErrSealed.Error())
	}
	secret, err := o.open(ctx, row)
	if err != nil {
		return OwnKey{}, models.Errorf(models.Invalid, "This key cannot be opened any more. Remove it and add it again.")
	}
	return OwnKey{Provider: row.Provider, BaseURL: row.BaseURL, Key: secret}, nil
}

// Tested writes down what a test of a key found; "" that all is well.
func (o *OwnKeys) Tested(ctx context.Context, accountID, id, trouble string) error {
	if len(trouble) > ownTroubleMax {
		trouble = strings.ToValidUTF8(trouble[:ownTroubleMax], "") + "…"
	}
	return o.db.ProviderKeyTested(ctx, accountID, id, trouble, o.now())
}

func (o *OwnKeys) forget(accountID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.cache, accountID)
}

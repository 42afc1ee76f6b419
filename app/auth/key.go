package auth

import (
	"context"
	"hash/crc32"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"bourse/models"
)

const (
	keyPrefix    = "sk-brs-v1-"
	keyRandom    = 43
	keyChecksum  = 6
	keyLength    = len(keyPrefix) + keyRandom + keyChecksum
	keyNameMax   = 80
	cacheLife    = 5 * time.Second // a key that another process revoked works for so long at most
	cacheMax     = 50_000
	touchedMax   = 50_000
	perMinuteMax = 1_000_000
	keyLimitMost = models.Amount(1_000_000) * models.NanoPerUSD
)

// Identity is who a key belongs to and what it may do.
type Identity struct {
	KeyID, KeyName, KeyHash string
	KeyHint                 string // what may be shown of the key
	UserID, AccountID       string
	LimitNano               models.Amount // -1 when it has none
	LimitReset              string        // kind of window, "" for in all
	PerMinute               int64         // requests; 0 for as many as it likes
	ExpiresAt               *time.Time
	IsManagement            bool
}

// Playground is somebody who calls models from a page instead of with a key. It stands in the
// books as a key of its own, without a limit, so that its calls can be told from those of programs.
func Playground(userID, accountID string) Identity {
	return Identity{KeyID: PlaygroundKey(userID), KeyName: PlaygroundName, UserID: userID, AccountID: accountID, LimitNano: -1}
}

// PlaygroundName is what lists call the playground where they name keys.
const PlaygroundName = "Playground"

// PlaygroundKey is the id under which a person's calls from the playground are booked.
func PlaygroundKey(userID string) string { return "playground-" + userID }

// Keys are the API keys. What a working key says is kept for a few seconds, so that the hot path
// needs no SQL; that a key does not work is never kept, so a new one works at once.
type Keys struct {
	db  *models.DB
	log *slog.Logger
	now func() time.Time

	mu      sync.RWMutex
	drops   uint64 // how often something was dropped from the cache
	cache   map[string]cached
	touched map[string]time.Time
}

type cached struct {
	who   Identity
	until time.Time
}

// NewKeys makes the rule.
func NewKeys(db *models.DB, log *slog.Logger) *Keys {
	return &Keys{db: db, log: log, now: time.Now, cache: map[string]cached{}, touched: map[string]time.Time{}}
}

// CreateKey is what somebody enters for a new key.
type CreateKey struct {
	UserID, AccountID string
	FormID            string // made with the form; sending it twice is one key
	Name              string
	Limit             models.Amount // -1 for none
	Reset             string        // "", daily, weekly, monthly
	PerMinute         int64         // requests; 0 for as many as it likes
	ExpiresAt         *time.Time
	Management        bool // for managing keys and not for calling models
}

// Create makes a key and returns it in clear, the only time that it can be seen. When the form was
// sent before, the key made then is returned without its text, and again is set.
func (k *Keys) Create(ctx context.Context, in CreateKey) (plain string, made models.APIKey, again bool, err error) {
	in.Name = strings.TrimSpace(in.Name)
	if err := in.check(); err != nil {
		return "", made, false, err
	}
	switch {
	case in.ExpiresAt != nil && !in.ExpiresAt.After(k.now()):
		return "", made, false, models.FieldError("expires", "Choose a day that lies ahead.")
	case in.FormID == "" || len(in.FormID) > 64:
		return "", made, false, models.Errorf(models.Invalid, "The form is incomplete. Open the page again.")
	}
	if in.Limit < 0 {
		in.Reset = ""
	}
	have, err := k.db.KeysOfUser(ctx, in.UserID)
	if err != nil {
		return "", made, false, err
	}
	if len(have) >= models.KeysMax {
		return "", made, false, models.Errorf(models.Conflict, "An account has at most %d keys.", models.KeysMax)
	}
	plain = newKey()
	made = models.APIKey{
		ID: models.NewID("key"), UserID: in.UserID, AccountID: in.AccountID, FormID: in.FormID, Name: in.Name, Hash: hashOf(plain),
		Hint: plain[:len(keyPrefix)+4] + "…" + plain[keyLength-4:], Limit: in.Limit, LimitReset: in.Reset, PerMinute: in.PerMinute, CreatedUs: k.now().UnixMicro(),
		Management: in.Management,
	}
	if in.ExpiresAt != nil {
		made.ExpiresUs = in.ExpiresAt.UnixMicro()
	}
	made, again, err = k.db.InsertKey(ctx, made)
	if err != nil || again {
		return "", made, again, err
	}
	k.log.Info("key created", "key", made.ID, "user", in.UserID)
	return plain, made, false, nil
}

// check says what is wrong with a key's name or limits.
func (in *CreateKey) check() error {
	switch {
	case in.Name == "":
		return models.FieldError("name", "Give the key a name, such as the program that will use it.")
	case utf8.RuneCountInString(in.Name) > keyNameMax:
		return models.FieldError("name", "Use at most %d characters.", keyNameMax)
	case !oneLine(in.Name):
		return models.FieldError("name", "Use letters, digits and signs on one line.")
	case in.Limit == 0 || in.Limit < -1 || in.Limit > keyLimitMost:
		return models.FieldError("limit", "The limit must be more than 0 and at most %s US dollars; leave it empty for none.", keyLimitMost.USD())
	case in.Reset != "" && in.Reset != models.WindowDaily && in.Reset != models.WindowWeekly && in.Reset != models.WindowMonthly:
		return models.FieldError("reset", "The limit is for all time, or begins anew daily, weekly or monthly.")
	case in.PerMinute < 0 || in.PerMinute > perMinuteMax:
		return models.FieldError("per_minute", "Write a whole number from 1 to %d; leave it empty for no limit.", perMinuteMax)
	}
	return nil
}

func (k *Keys) drop(hash string) {
	k.mu.Lock()
	delete(k.cache, hash)
	k.drops++
	k.mu.Unlock()
}

// newKey mints the text of a key: 256 bits of randomness, and a checksum so that a slip of the
// hand, or a scanner that found one in a repository, needs no database.
func newKey() string {
	b := append(make([]byte, 0, keyLength), keyPrefix...)
	b = models.AppendRandom(b, keyRandom)
	return string(appendChecksum(b))
}

func appendChecksum(b []byte) []byte {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	sum := crc32.ChecksumIEEE(b)
	var out [keyChecksum]byte
	for i := keyChecksum - 1; i >= 0; i-- {
		out[i] = digits[sum%62]
		sum /= 62
	}
	return append(b, out[:]...)
}

// wellFormed reports whether the text can be a key at all.
func wellFormed(key string) bool {
	if len(key) != keyLength || !strings.HasPrefix(key, keyPrefix) {
		return false
	}
	body := key[:keyLength-keyChecksum]
	return string(appendChecksum(append(make([]byte, 0, keyLength), body...))) == key
}

// Verify says who a key belongs to. What is missing, mistyped, unknown, revoked or expired is
// Unauthorized, and the message says which; a database that is away is not.
func (k *Keys) Verify(ctx context.Context, key string) (Identity, error) {
	if key == "" {
		return Identity{}, models.Errorf(models.Unauthorized, "No API key. Send the header Authorization: Bearer %s…", keyPrefix)
	}
	if !wellFormed(key) {
		return Identity{}, models.Errorf(models.Unauthorized, "This is not an API key of this site, or it is mistyped. Keys begin with %s.", keyPrefix)
	}
	hash := hashOf(key)
	now := k.now()
	k.mu.RLock()
	hit, ok := k.cache[hash]
	drops := k.drops
	k.mu.RUnlock()
	if !ok || now.After(hit.until) {
		row, err := k.db.KeyByHash(ctx, hash)
		if models.CodeOf(err) == models.NotFound {
			return Identity{}, models.Errorf(models.Unauthorized, "This API key is unknown here.")
		}
		if err != nil {
			return Identity{}, &models.Error{Code: models.Unavailable, Message: "The key cannot be checked now. Try again in a moment.", Err: err}
		}
		if row.RevokedUs != 0 {
			return Identity{}, models.Errorf(models.Unauthorized, "This API key was revoked on %s.", row.Revoked().Format("2 Jan 2006"))
		}
		if row.DisabledUs != 0 {
			return Identity{}, models.Errorf(models.Unauthorized, "This API key is disabled. Its owner can enable it again.")
		}
		hit = cached{identityOf(row), now.Add(cacheLife)}
		k.keep(hash, hit, drops)
	}
	if e := hit.who.ExpiresAt; e != nil && !now.Before(*e) {
		return Identity{}, models.Errorf(models.Unauthorized, "This API key expired on %s.", e.Format("2 Jan 2006"))
	}
	k.touch(hit.who.KeyID, now)
	return hit.who, nil
}

func identityOf(row models.APIKey) Identity {
	who := Identity{KeyID: row.ID, KeyName: row.Name, KeyHash: row.Hash, KeyHint: row.Hint, IsManagement: row.Management, UserID: row.UserID, AccountID: row.AccountID,
		LimitNano: row.Limit, LimitReset: row.LimitReset, PerMinute: row.PerMinute}
	if row.ExpiresUs != 0 {
		at := row.Expires()
		who.ExpiresAt = &at
	}
	return who
}

// keep remembers what a row said, unless something was dropped since the row was read: it may have
// been this very key, revoked meanwhile.
func (k *Keys) keep(hash string, c cached, drops uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.drops != drops {
		return
	}
	if len(k.cache) >= cacheMax {
		clear(k.cache) // rare; what is needed comes back at once
	}
	k.cache[hash] = c
}

// touch notes that a key was used. Flush writes it down.
func (k *Keys) touch(id string, now time.Time) {
	k.mu.RLock()
	last, ok := k.touched[id]
	k.mu.RUnlock()
	if ok && now.Sub(last) < time.Second {
		return
	}
	k.mu.Lock()
	if len(k.touched) < touchedMax {
		k.touched[id] = now
	}
	k.mu.Unlock()
}

// Flush writes down when keys were last used.
func (k *Keys) Flush(ctx context.Context) error {
	k.mu.Lock()
	used := k.touched
	k.touched = map[string]time.Time{}
	k.mu.Unlock()
	if len(used) == 0 {
		return nil
	}
	return k.db.TouchKeys(ctx, used)
}

// List lists a person's keys, newest first.
func (k *Keys) List(ctx context.Context, userID string) ([]models.APIKey, error) {
	list, err := k.db.KeysOfUser(ctx, userID)
	for i := range list {
		k.addUse(&list[i])
	}
	return list, err
}

// ByID reads one key of a person; another's is NotFound.
func (k *Keys) ByID(ctx context.Context, userID, id string) (models.APIKey, error) {
	row, err := k.db.KeyOfUser(ctx, userID, id)
	k.addUse(&row)
	return row, err
}

// addUse puts in a use that has not been written down yet.
func (k *Keys) addUse(row *models.APIKey) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if at, ok := k.touched[row.ID]; ok {
		row.LastUsedUs = max(row.LastUsedUs, at.UnixMicro())
	}
}

// Revoke ends a key for good, in this process at once and in others within seconds.
func (k *Keys) Revoke(ctx context.Context, userID, id string) error {
	row, err := k.db.KeyOfUser(ctx, userID, id)
	if err != nil {
		return err
	}
	if err := k.db.RevokeKey(ctx, userID, id, k.now()); err != nil {
		return err
	}
	k.drop(row.Hash)
	k.log.Info("key revoked", "key", id, "user", userID)
	return nil
}

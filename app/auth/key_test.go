package auth

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bourse/models"
	"bourse/models/modelstest"
)

// ring is somebody's keys, with a clock that the test holds.
type ring struct {
	*Keys
	db    *models.DB
	owner models.User
	clock *atomic.Int64
}

func newRing(t *testing.T, db *models.DB) *ring {
	t.Helper()
	w := newWorld(t, db)
	r := &ring{db: db, owner: w.person("owner@example.com"), clock: &w.clock}
	r.Keys = r.replica(w)
	return r
}

// replica is another process on the same database.
func (r *ring) replica(w *world) *Keys {
	k := NewKeys(r.db, slog.New(slog.NewTextHandler(io.Discard, nil)))
	k.now = w.at
	return k
}

func (r *ring) form(name string) CreateKey {
	return CreateKey{UserID: r.owner.ID, AccountID: "acc-1", FormID: models.NewID("form"), Name: name, Limit: -1}
}

func TestKeys(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		r := newRing(t, db)
		ctx := t.Context()
		in := r.form("laptop")
		in.Limit, in.Reset = 10*models.NanoPerUSD, models.WindowDaily
		plain, made, again, err := r.Create(ctx, in)
		if err != nil || again {
			t.Fatal(again, err)
		}
		who, err := r.Verify(ctx, plain)
		if err != nil || who.KeyID != made.ID || who.UserID != r.owner.ID || who.LimitNano != in.Limit || who.LimitReset != in.Reset {
			t.Fatalf("%+v %v", who, err)
		}
		if strings.Contains(made.Hash+made.Hint, plain[len(keyPrefix)+4:keyLength-4]) {
			t.Error("the row has the key")
		}
		t.Run("one form is one key", func(t *testing.T) {
			in := r.form("twice")
			var shown atomic.Int64
			var wg sync.WaitGroup
			ids := make([]string, 10)
			for i := range ids {
				wg.Go(func() {
					plain, made, again, err := r.Create(context.Background(), in)
					if err != nil || again != (plain == "") {
						t.Errorf("again %t, shown %t: %v", again, plain != "", err)
					}
					if ids[i] = made.ID; !again {
						shown.Add(1)
					}
				})
			}
			wg.Wait()
			for _, id := range ids {
				if id != ids[0] {
					t.Errorf("%s and %s", ids[0], id)
				}
			}
			if shown.Load() != 1 {
				t.Errorf("shown %d times", shown.Load())
			}
		})
		t.Run("revoked here, at once", func(t *testing.T) {
			if _, err := r.Verify(ctx, plain); err != nil {
				t.Fatal(err)
			}
			if err := r.Revoke(ctx, "usr-another", made.ID); models.CodeOf(err) != models.NotFound {
				t.Errorf("by somebody else: %v", err)
			}
			if err := r.Revoke(ctx, r.owner.ID, made.ID); err != nil {
				t.Fatal(err)
			}
			_, err := r.Verify(ctx, plain)
			if models.CodeOf(err) != models.Unauthorized || !strings.Contains(err.Error(), "revoked on") {
				t.Errorf("%v", err)
			}
		})
		t.Run("its end", func(t *testing.T) {
			in := r.form("short")
			at := time.UnixMicro(r.clock.Load()).Add(2 * time.Second)
			in.ExpiresAt = &at
			plain, _, _, err := r.Create(ctx, in)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.Verify(ctx, plain); err != nil {
				t.Fatal(err)
			}
			r.clock.Add(2_000_000) // within the life of the cache
			_, err = r.Verify(ctx, plain)
			if models.CodeOf(err) != models.Unauthorized || !strings.Contains(err.Error(), "expired on") {
				t.Errorf("%v", err)
			}
		})
		t.Run("when it was used", func(t *testing.T) {
			plain, made, _, err := r.Create(ctx, r.form("used"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.Verify(ctx, plain); err != nil {
				t.Fatal(err)
			}
			before, err := r.ByID(ctx, r.owner.ID, made.ID)
			if err != nil || before.LastUsedUs == 0 {
				t.Errorf("%+v %v", before, err)
			}
			if err := r.Flush(ctx); err != nil {
				t.Fatal(err)
			}
			if row, err := db.KeyOfUser(ctx, r.owner.ID, made.ID); err != nil || row.LastUsedUs != before.LastUsedUs {
				t.Errorf("%+v %v", row, err)
			}
		})
	})
}

func TestRevokedElsewhere(t *testing.T) {
	w := newWorld(t, modelstest.Open(t, models.Options{DataDir: t.TempDir()}))
	r := &ring{db: w.db, owner: w.person("owner@example.com"), clock: &w.clock}
	here, there := r.replica(w), r.replica(w)
	plain, made, _, err := there.Create(t.Context(), r.form("shared"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := here.Verify(t.Context(), plain); err != nil {
		t.Fatalf("a new key works everywhere at once: %v", err)
	}
	if err := there.Revoke(t.Context(), r.owner.ID, made.ID); err != nil {
		t.Fatal(err)
	}
	w.pass(cacheLife + time.Millisecond)
	if cacheLife > 5*time.Second {
		t.Errorf("a revoked key may work for %s", cacheLife)
	}
	if _, err := here.Verify(t.Context(), plain); models.CodeOf(err) != models.Unauthorized {
		t.Errorf("%s later: %v", cacheLife, err)
	}
}

// TestRevokedWhileRead plays the moment between reading a row and remembering it.
func TestRevokedWhileRead(t *testing.T) {
	w := newWorld(t, modelstest.Open(t, models.Options{DataDir: t.TempDir()}))
	r := &ring{db: w.db, owner: w.person("owner@example.com"), clock: &w.clock}
	k := r.replica(w)
	plain, made, _, err := k.Create(t.Context(), r.form("raced"))
	if err != nil {
		t.Fatal(err)
	}
	read, drops := cached{identityOf(made), w.at().Add(cacheLife)}, k.drops
	if err := k.Revoke(t.Context(), r.owner.ID, made.ID); err != nil {
		t.Fatal(err)
	}
	k.keep(hashOf(plain), read, drops)
	if _, err := k.Verify(t.Context(), plain); models.CodeOf(err) != models.Unauthorized {
		t.Errorf("what was read before the key was revoked is believed after it: %v", err)
	}
}

func TestKeyForms(t *testing.T) {
	r := newRing(t, modelstest.Open(t, models.Options{DataDir: t.TempDir()}))
	past := time.UnixMicro(r.clock.Load()).Add(-time.Second)
	for name, c := range map[string]struct {
		spoil func(*CreateKey)
		field string
	}{
		"no name":               {func(in *CreateKey) { in.Name = "  " }, "name"},
		"a long name":           {func(in *CreateKey) { in.Name = strings.Repeat("é", keyNameMax+1) }, "name"},
		"two lines":             {func(in *CreateKey) { in.Name = "a\nb" }, "name"},
		"a zero byte":           {func(in *CreateKey) { in.Name = "a\x00b" }, "name"},
		"no text":               {func(in *CreateKey) { in.Name = "\xff\xfe" }, "name"},
		"a limit of nothing":    {func(in *CreateKey) { in.Limit = 0 }, "limit"},
		"a limit below nothing": {func(in *CreateKey) { in.Limit = -2 }, "limit"},
		"a limit without sense": {func(in *CreateKey) { in.Limit = keyLimitMost + 1 }, "limit"},
		"a reset of no kind":    {func(in *CreateKey) { in.Limit, in.Reset = 1, "hourly" }, "reset"},
		"a pace below nothing":  {func(in *CreateKey) { in.PerMinute = -1 }, "per_minute"},
		"an end that is past":   {func(in *CreateKey) { in.ExpiresAt = &past }, "expires"},
		"no form":               {func(in *CreateKey) { in.FormID = "" }, ""},
		"a long form":           {func(in *CreateKey) { in.FormID = strings.Repeat("x", 65) }, ""},
	} {
		in := r.form("key")
		c.spoil(&in)
		plain, _, _, err := r.Create(t.Context(), in)
		var e *models.Error
		if plain != "" || models.CodeOf(err) != models.Invalid {
			t.Errorf("%s: %q %v", name, plain, err)
		} else if e = err.(*models.Error); e.Field != c.field {
			t.Errorf("%s: it is about %q", name, e.Field)
		}
	}
	if list, err := r.List(t.Context(), r.owner.ID); err != nil || len(list) != 0 {
		t.Errorf("%d keys were made, %v", len(list), err)
	}
}

func TestKeyText(t *testing.T) {
	r := newRing(t, modelstest.Open(t, models.Options{DataDir: t.TempDir()}))
	for _, c := range []struct{ key, says string }{
		{"", "No API key"}, {"sk-other", "mistyped"}, {strings.Repeat("x", 1<<20), "mistyped"}, {newKey() + " ", "mistyped"}, {newKey(), "unknown"},
	} {
		if _, err := r.Verify(t.Context(), c.key); models.CodeOf(err) != models.Unauthorized || !strings.Contains(err.Error(), c.says) || len(err.Error()) > 200 {
			t.Errorf("%.60q: %.200v", c.key, err)
		}
	}
	good := newKey()
	for i := len(keyPrefix); i < keyLength; i++ {
		slip := []byte(good)
		if slip[i]++; wellFormed(string(slip)) {
			t.Fatalf("a slip at %d is not noticed", i)
		}
		if i+1 < keyLength && slip[i] != good[i+1] {
			swapped := []byte(good)
			swapped[i], swapped[i+1] = good[i+1], good[i]
			if string(swapped) != good && wellFormed(string(swapped)) {
				t.Fatalf("letters that changed places at %d are not noticed", i)
			}
		}
	}
}

func FuzzWellFormed(f *testing.F) {
	f.Add(newKey())
	f.Add(keyPrefix)
	f.Add("")
	f.Add(strings.Repeat("\x00", keyLength))
	f.Fuzz(func(t *testing.T, s string) {
		if !wellFormed(s) {
			// Its own checksum makes any text of the right length a key.
			if len(s) == keyRandom {
				if whole := string(appendChecksum(append([]byte(keyPrefix), s...))); !wellFormed(whole) {
					t.Fatalf("%q is none", whole)
				}
			}
			return
		}
		if len(s) != keyLength || !strings.HasPrefix(s, keyPrefix) {
			t.Fatalf("%q was taken", s)
		}
	})
}

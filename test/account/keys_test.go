// Package account tests what programs do with an account over the API: its keys, its activity,
// and getting a key with a person's consent.
package account

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"bourse/models"
	"bourse/test/harness"
)

const demo = "bourse/demo"

type key struct {
	Hash, Name, Label string
	Disabled          bool
	Limit             *models.Amount
	Remaining         *models.Amount `json:"limit_remaining"`
	Reset             *string        `json:"limit_reset"`
	Usage             models.Amount
	Created           string  `json:"created_at"`
	Updated           *string `json:"updated_at"`
	Expires           *string `json:"expires_at"`
	Workspace         string  `json:"workspace_id"`
}

type keyAnswer struct {
	Key  string
	Data key
}

// chat is the status that a key gets when it calls the demo.
func chat(h *harness.House, key string) int {
	return h.Chat(key, harness.Ask(demo, map[string]any{"max_tokens": 20})).Status
}

func TestKeysAreManagedByAKey(t *testing.T) {
	h := harness.Start(t, nil)
	p := h.Person("owner@example.com", models.NanoPerUSD)
	boss := h.ManagementKey(p)
	stranger := h.ManagementKey(h.Person("stranger@example.com", 0))

	a := h.Do(http.MethodPost, "/api/v1/keys", boss, map[string]any{"name": "robot", "limit": 0.5, "limit_reset": "weekly",
		"expires_at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "include_byok_in_limit": true})
	var made keyAnswer
	a.JSON(t, &made)
	k := made.Data
	if a.Status != http.StatusCreated || !strings.HasPrefix(made.Key, "sk-brs-v1-") || len(k.Hash) != 64 || k.Name != "robot" ||
		k.Limit == nil || *k.Limit != models.NanoPerUSD/2 || *k.Remaining != *k.Limit || *k.Reset != "weekly" || k.Expires == nil ||
		k.Workspace == "" || !strings.HasPrefix(made.Key, strings.Split(k.Label, "…")[0]) || a.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if status := chat(h, made.Key); status != http.StatusOK {
		t.Fatalf("the new key: %d", status)
	}
	path := "/api/v1/keys/" + k.Hash
	read := func() key {
		t.Helper()
		var one keyAnswer
		a := h.Do(http.MethodGet, path, boss, nil)
		a.JSON(t, &one)
		if bytes.Contains(a.Body, []byte(made.Key)) {
			t.Error("the text of a key is shown again")
		}
		return one.Data
	}
	if now := read(); now.Usage <= 0 || *now.Remaining != *now.Limit-now.Usage {
		t.Errorf("%+v", now)
	}

	for _, c := range []struct {
		change string
		status int
		works  int
	}{
		{`{"disabled":true}`, 200, 401}, {`{"disabled":false,"name":"robot 2"}`, 200, 200}, {`{"limit":0.000000001}`, 200, 402},
		{`{"limit":null}`, 200, 200}, {`{"limit":"ten"}`, 400, 200}, {`{"limit":-1}`, 400, 200}, {`{"limit":-0.000000001}`, 400, 200}, {`{"limit_reset":"hourly","limit":1}`, 400, 200},
		{`{"name":""}`, 400, 200}, {`[]`, 400, 200}, {`null`, 400, 200}, {`{"limit":0.0000000001}`, 400, 200},
	} {
		if a := h.Do(http.MethodPatch, path, boss, c.change); a.Status != c.status {
			t.Errorf("%s: %d %s", c.change, a.Status, a.Body)
		}
		if status := chat(h, made.Key); status != c.works {
			t.Errorf("after %s the key got %d", c.change, status)
		}
	}
	if now := read(); now.Name != "robot 2" || now.Limit != nil || now.Updated == nil || now.Reset != nil {
		t.Errorf("%+v", now)
	}
	for _, method := range []string{http.MethodGet, http.MethodPatch, http.MethodDelete} {
		if a := h.Do(method, path, stranger, `{"name":"mine"}`); a.Status != http.StatusNotFound {
			t.Errorf("%s of somebody else's key: %d", method, a.Status)
		}
		if a := h.Do(method, path, made.Key, `{"name":"mine"}`); a.Status != http.StatusForbidden {
			t.Errorf("%s by a key that manages nothing: %d", method, a.Status)
		}
	}
	if a := h.Do(http.MethodDelete, path, boss, nil); a.Status != http.StatusOK || strings.TrimSpace(string(a.Body)) != `{"deleted":true}` {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := h.Do(http.MethodDelete, path, boss, nil); a.Status != http.StatusNotFound || chat(h, made.Key) != http.StatusUnauthorized {
		t.Errorf("after deletion: %d", a.Status)
	}
}

func TestAManagementKeyCallsNoModel(t *testing.T) {
	h := harness.Start(t, nil)
	boss := h.ManagementKey(h.Person("owner@example.com", models.NanoPerUSD))
	for _, door := range []string{"chat/completions", "completions", "responses", "embeddings", "messages"} {
		a := h.Do(http.MethodPost, "/api/v1/"+door, boss, harness.Ask(demo, nil))
		if a.Status != http.StatusForbidden || !bytes.Contains(a.Body, []byte("management key")) {
			t.Errorf("%s: %d %s", door, a.Status, a.Body)
		}
	}
	var about struct {
		Data struct {
			Management bool `json:"is_management_key"`
		}
	}
	h.Do(http.MethodGet, "/api/v1/key", boss, nil).JSON(t, &about)
	if !about.Data.Management {
		t.Error("the key does not say that it manages")
	}
}

func TestKeysAreListedByPages(t *testing.T) {
	h := harness.Start(t, nil)
	p := h.Person("owner@example.com", 0)
	boss := h.ManagementKey(p)
	const more = 104 // and one made with the person
	for i := range more {
		if a := h.Do(http.MethodPost, "/api/v1/keys", boss, map[string]any{"name": fmt.Sprintf("k%d", i)}); a.Status != http.StatusCreated {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	list := func(query string) []key {
		t.Helper()
		var l struct{ Data []key }
		h.Do(http.MethodGet, "/api/v1/keys"+query, boss, nil).JSON(t, &l)
		return l.Data
	}
	first, second := list(""), list("?offset=100")
	if len(first) != 100 || len(second) != more+1-100 || first[0].Name != fmt.Sprintf("k%d", more-1) {
		t.Fatalf("%d and %d keys, the first %+v", len(first), len(second), first[0])
	}
	h.Do(http.MethodPatch, "/api/v1/keys/"+first[0].Hash, boss, `{"disabled":true}`)
	if all, on := list("?include_disabled=true"), list(""); all[0].Hash != first[0].Hash || !all[0].Disabled || on[0].Hash != first[1].Hash {
		t.Error("a disabled key is listed wrongly")
	}
	if a := h.Do(http.MethodGet, "/api/v1/keys?offset=-1", boss, nil); a.Status != http.StatusBadRequest {
		t.Errorf("a negative offset: %d", a.Status)
	}
}

func TestAPersonMakesAManagementKeyOnThePage(t *testing.T) {
	h := harness.Start(t, nil)
	b := h.SignUp(t, "owner@example.com")
	page := b.Submit(t, "/keys/new", "", map[string][]string{"name": {"boss"}, "use": {"manage"}})
	boss := page.Doc.Find(`[data-testid="key"]`).AttrOr("value", "")
	if a := h.Do(http.MethodGet, "/api/v1/keys", boss, nil); a.Status != http.StatusOK || !strings.Contains(page.Doc.Text(), "/api/v1/keys") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	ordinary := b.MakeKey(t, "robot", "")
	rows := b.Open(t, "/keys")
	if n := rows.Doc.Find(`[data-testid="key"]:contains("management")`).Length(); n != 1 {
		t.Errorf("%d keys are marked", n)
	}
	edit := rows.Doc.Find(`[data-testid="key"]:contains("robot") a:contains("Edit")`).AttrOr("href", "")
	b.Submit(t, edit, "", map[string][]string{"works": {"disabled"}})
	if chat(h, ordinary) != http.StatusUnauthorized {
		t.Error("a disabled key works")
	}
	if rows := b.Open(t, "/keys"); rows.Doc.Find(`[data-testid="key"]:contains("disabled")`).Length() != 1 {
		t.Error("a disabled key is not marked")
	}
	b.Submit(t, edit, "", map[string][]string{"works": {""}})
	if h.Do(http.MethodGet, "/api/v1/key", ordinary, nil).Status != http.StatusOK {
		t.Error("an enabled key does not work")
	}
}

package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"bourse/billing"
	"bourse/models"
)

func TestKeyPages(t *testing.T) {
	h := newHouse(t)
	p, eve := h.newcomer("ada@example.com"), h.newcomer("eve@example.com")
	form, _ := p.open("/keys/new").Find("main input[name=form]").Attr("value")
	page := p.send("/keys/new", "form", form, "name", "laptop", "limit", "10.50", "reset", "monthly")
	key, _ := page.Find("[data-testid=key]").Attr("value")
	who, err := h.keys.Verify(t.Context(), key)
	if err != nil || who.LimitNano != 10_500_000_000 || who.LimitReset != "monthly" {
		t.Fatalf("%d: %+v %v", page.status, who, err)
	}
	t.Run("it is shown once, with a command, and kept by no cache", func(t *testing.T) {
		if !strings.Contains(page.Find("pre").Text(), key) {
			t.Error("no curl command with the key in it")
		}
		if page.header.Get("Cache-Control") != "no-store" {
			t.Error(page.header.Get("Cache-Control"))
		}
		if strings.Contains(p.open("/keys").Text(), key) {
			t.Error("the list shows it")
		}
	})
	t.Run("the form sent twice makes one key", func(t *testing.T) {
		again := p.send("/keys/new", "form", form, "name", "laptop", "limit", "10.50")
		again.says(t, "already")
		if n := p.open("/keys").Find("[data-testid=key]").Length(); n != 1 {
			t.Errorf("%d keys", n)
		}
	})
	t.Run("what cannot be read is named", func(t *testing.T) {
		for _, limit := range []string{"ten", "0", "-1", "-0.000000001", "1,5", "99999999"} {
			if page := p.send("/keys/new", "form", "f"+limit, "name", "x", "limit", limit); page.Find("#limit-error").Length() != 1 {
				t.Errorf("limit %s: %d", limit, page.status)
			}
		}
		if page := p.send("/keys/new", "form", "g", "name", "", "expires", "soon"); page.Find("#expires-error").Length() != 1 {
			t.Errorf("status %d", page.status)
		}
	})
	t.Run("somebody else's key is not found", func(t *testing.T) {
		if page := eve.open("/keys/" + who.KeyID + "/revoke"); page.status != http.StatusNotFound {
			t.Errorf("status %d", page.status)
		}
		if page := eve.send("/keys/"+who.KeyID+"/revoke", "name", "laptop"); page.status != http.StatusNotFound {
			t.Errorf("status %d", page.status)
		}
		if page := eve.open("/activity?key=" + who.KeyID); page.status != http.StatusNotFound {
			t.Errorf("status %d", page.status)
		}
		if _, err := h.keys.Verify(t.Context(), key); err != nil {
			t.Error(err)
		}
	})
	t.Run("one that is in use is revoked by its name", func(t *testing.T) {
		if page := p.send("/keys/"+who.KeyID+"/revoke", "name", "desktop"); page.status != http.StatusUnprocessableEntity {
			t.Errorf("status %d", page.status)
		}
		p.send("/keys/"+who.KeyID+"/revoke", "name", "laptop").says(t, "revoked")
		if _, err := h.keys.Verify(t.Context(), key); models.CodeOf(err) != models.Unauthorized || !strings.Contains(err.Error(), "revoked") {
			t.Errorf("%v", err)
		}
	})
}

func TestTopUp(t *testing.T) {
	h := newHouse(t)
	p, eve := h.newcomer("ada@example.com"), h.newcomer("eve@example.com")
	form, _ := p.open("/credits").Find("main input[name=form]").Attr("value")
	checkout := p.send("/credits", "form", form, "amount", "own", "own", "10")
	if checkout.Find("[data-testid=checkout]").Length() != 1 {
		t.Fatalf("%s (%d)", checkout.path, checkout.status)
	}
	t.Run("the form sent twice is one purchase", func(t *testing.T) {
		if again := p.send("/credits", "form", form, "amount", "own", "own", "10"); again.path != checkout.path {
			t.Errorf("%s and %s", checkout.path, again.path)
		}
	})
	t.Run("amounts out of bounds are named", func(t *testing.T) {
		for _, own := range []string{"", "1", "ten", "10.005", "1000000", "-10"} {
			if page := p.send("/credits", "form", "f"+own, "amount", "own", "own", own); page.Find("#own-error").Length() != 1 {
				t.Errorf("%q: %d", own, page.status)
			}
		}
	})
	t.Run("a checkout is its buyer's alone", func(t *testing.T) {
		if page := eve.open(checkout.path); page.status != http.StatusNotFound {
			t.Errorf("status %d", page.status)
		}
	})
	t.Run("declined, then paid, and paid once", func(t *testing.T) {
		if page := p.send(checkout.path, "action", "decline"); page.Find("[data-testid=declined]").Length() != 1 {
			t.Errorf("declined: %s (%d)", page.path, page.status)
		}
		paid := p.send(checkout.path, "action", "pay")
		if state, _ := paid.Find("[data-testid=top-up]").Attr("data-state"); state != "credited" {
			t.Errorf("state %q at %s (%d)", state, paid.path, paid.status)
		}
		p.send(checkout.path, "action", "pay")
		page := p.open("/credits")
		if got := page.Find("[data-testid=available]").Text(); got != "$10.00" {
			t.Errorf("available %s", got)
		}
		if n := page.Find("[data-testid=ledger] tbody tr").Length(); n != 1 {
			t.Errorf("%d entries", n)
		}
	})
	t.Run("abandoned, and nothing came", func(t *testing.T) {
		form, _ := eve.open("/credits").Find("main input[name=form]").Attr("value")
		checkout := eve.send("/credits", "form", form, "amount", "25")
		page := eve.send(checkout.path, "action", "abandon")
		if state, _ := page.Find("[data-testid=top-up]").Attr("data-state"); state != "abandoned" {
			t.Errorf("state %q at %s", state, page.path)
		}
		if got := eve.open("/credits").Find("[data-testid=available]").Text(); got != "$0.00" {
			t.Errorf("available %s", got)
		}
	})
}

func TestReceiptPage(t *testing.T) {
	h := newHouse(t)
	p, eve := h.newcomer("ada@example.com"), h.newcomer("eve@example.com")
	user, err := h.db.UserByEmail(t.Context(), "ada@example.com")
	if err != nil {
		t.Fatal(err)
	}
	account, err := h.db.AccountOfUser(t.Context(), user.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.bill.Ledger.Grant(t.Context(), account.ID, models.NanoPerUSD, "g1", "for a test", "test"); err != nil {
		t.Fatal(err)
	}
	price := models.PriceVersion{ID: "pv-test", Model: "acme/one", Tag: "acme", EffectiveFrom: time.Now(), Source: "test",
		Pricing: models.Pricing{Rates: models.Rates{models.UnitInput: 2_500_000, models.UnitOutput: 10_000_001}}}
	if err := h.db.AddPriceVersions(t.Context(), []models.PriceVersion{price}); err != nil {
		t.Fatal(err)
	}
	g := &models.Generation{ID: models.NewID("gen"), AccountID: account.ID, Model: "acme/one", Provider: "acme", Tag: "acme", PriceVersion: price.ID,
		FeeBps: 500, APIType: "completions", RealCredit: true, Created: time.Now()}
	if err := h.bill.Ledger.Hold(t.Context(), &billing.Hold{Generation: g, Amount: 50_000_000, Least: 50_000_000, KeyLimit: -1}); err != nil {
		t.Fatal(err)
	}
	g.Usage = models.Usage{Input: 100, Output: 7, Source: models.UsageUpstream, ProviderCost: -1}
	charge, err := billing.Price(price.Pricing, g.Usage, g.FeeBps, false)
	if err != nil {
		t.Fatal(err)
	}
	g.CostPico, g.Cost, g.Fee, g.Finished = charge.CostPico, charge.Cost, charge.Fee, time.Now()
	if err := h.bill.Ledger.Settle(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	page := p.open("/activity/" + g.ID)
	for id, want := range map[string]string{"provider-cost": "$0.00032", "fee": "$0.000016", "total": "$0.000336"} {
		if got := page.Find("[data-testid=" + id + "]").Text(); got != want {
			t.Errorf("%s is %s, want %s", id, got, want)
		}
	}
	page.says(t, "$0.000320000007 rounded to a nano-dollar")
	if n := page.Find("[data-testid=receipt] tbody tr").Length(); n != 2 {
		t.Errorf("%d lines", n)
	}
	list := p.open("/activity?from=2020-01-01&model=acme/one")
	if list.Find("[data-testid=spent]").Text() != "$0.000336" || list.Find("[data-testid=generation]").Length() != 1 {
		t.Errorf("spent %s", list.Find("[data-testid=spent]").Text())
	}
	if page := eve.open("/activity/" + g.ID); page.status != http.StatusNotFound {
		t.Errorf("somebody else reads it: %d", page.status)
	}
	if page := p.open("/activity?from=yesterday"); page.Find("#from-error").Length() != 1 {
		t.Error("a day that is none is not named")
	}
}

func TestDevMail(t *testing.T) {
	h := newHouse(t)
	h.newcomer("ada@example.com")
	page := h.person().open("/dev/mail")
	link, _ := page.Find("[data-testid=mail-link]").First().Attr("href")
	if !regexp.MustCompile(`/verify\?token=\w{43}$`).MatchString(link) {
		t.Errorf("link %q", link)
	}
	req, _ := http.NewRequest(http.MethodGet, h.url+"/dev/mail", nil)
	req.Header.Set("X-Forwarded-For", "203.0.113.9")
	if page := h.person().look(http.DefaultClient.Do(req)); page.status != http.StatusNotFound {
		t.Errorf("by way of a proxy it answers %d", page.status)
	}
}

package money

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"bourse/models"
	"bourse/test/harness"
)

// TestPaymentPages walks the pages about payments as their owner, as somebody else, and with
// everything that does not belong into their fields.
func TestPaymentPages(t *testing.T) {
	h := harness.Start(t, map[string]string{"PROCESSING_BPS": "290", "PROCESSING_CENTS": "30", "STRIPE_TAX": "true", "SELLER": "Bourse Ltd, London"})
	operator, buyer, other := h.SignUp(t, "operator@example.com"), h.SignUp(t, "buyer@example.com"), h.SignUp(t, "other@example.com")
	buyer.TopUp(t, "20")
	user, err := h.DB.UserByEmail(t.Context(), "buyer@example.com")
	if err != nil {
		t.Fatal(err)
	}
	account, err := h.DB.AccountOfUser(t.Context(), user.ID)
	if err != nil {
		t.Fatal(err)
	}
	tops, err := h.DB.TopUps(t.Context(), account.ID, 10)
	if err != nil || len(tops) != 1 {
		t.Fatalf("%d purchases, %v", len(tops), err)
	}
	receipt := "/credits/payments/" + tops[0].ID

	t.Run("the receipt", func(t *testing.T) {
		page := buyer.Open(t, receipt)
		// 20.00 + 0.88 processing, and 19 per cent of tax on both.
		if got := page.Text("total"); got != "$24.84" {
			t.Errorf("total %q", got)
		}
		file := string(buyer.Download(t, receipt+".txt"))
		for _, want := range []string{"Bourse Ltd, London", "$20.00", "$0.88", "$3.96", "$24.84", "Visa ending in 4242", tops[0].PaymentIntent} {
			if !strings.Contains(file, want) {
				t.Errorf("the file does not say %s:\n%s", want, file)
			}
		}
	})
	t.Run("others", func(t *testing.T) {
		for _, path := range []string{receipt, receipt + ".txt", receipt + "/refund", "/credits/return?topup=" + tops[0].ID, "/sandbox/payment/" + tops[0].PaymentIntent} {
			if page := other.Open(t, path); page.Status != http.StatusNotFound {
				t.Errorf("%s: %d", path, page.Status)
			}
		}
		for path, form := range map[string]url.Values{
			receipt + "/refund":                         {"form": {"x"}, "amount": {"1"}},
			"/sandbox/payment/" + tops[0].PaymentIntent: {"action": {"dispute"}},
			"/credits/confirm":                          {"topup": {tops[0].ID}},
		} {
			if page := other.Send(t, path, form); page.Status != http.StatusNotFound {
				t.Errorf("%s: %d", path, page.Status)
			}
		}
		for _, b := range []*harness.Browser{buyer, other, h.Visit(t, "")} {
			if page := b.Open(t, "/admin/payments"); page.Status == http.StatusOK && page.URL.Path == "/admin/payments" {
				t.Errorf("%s sees everybody's payments", b.Email)
			}
		}
		if page := operator.Open(t, "/admin/payments"); page.Status != http.StatusOK || !strings.Contains(page.Text("admin-payments"), account.ID) {
			t.Errorf("the operator: %d", page.Status)
		}
	})
	t.Run("bad amounts", func(t *testing.T) {
		bad := []string{"", "0", "-1", "4.999", "1e9", "1e2", "NaN", "Inf", "10 EUR", "€10", "１０", "10,00", "0x10", "99999999999999999999", "1000000000", "<b>", "10;DROP TABLE topup"}
		for _, amount := range bad {
			if page := buyer.Submit(t, "/credits", "/credits", url.Values{"amount": {"own"}, "own": {amount}, "again": {"yes"}}); page.Status < 400 || page.Doc.Find("#own-error").Length() != 1 {
				t.Errorf("buying %q: %d at %s", amount, page.Status, page.URL)
			}
			if page := buyer.Submit(t, receipt+"/refund", "", url.Values{"amount": {amount}}); page.Status < 400 || page.Doc.Find("#amount-error").Length() != 1 {
				t.Errorf("giving back %q: %d at %s", amount, page.Status, page.URL)
			}
			if amount != "" {
				buyer.Send(t, "/sandbox/payment/"+tops[0].PaymentIntent, url.Values{"action": {"refund"}, "amount": {amount}})
			}
			if amount != "" && amount != "0" {
				if page := buyer.Send(t, "/credits/low", url.Values{"low": {amount}}); page.Status < 400 || page.Doc.Find("#low-error").Length() != 1 {
					t.Errorf("a mark of %q: %d", amount, page.Status)
				}
			}
		}
		if got := h.Available(harness.Person{Account: account}); got != 20*models.NanoPerUSD {
			t.Errorf("after all of it %s are there", got.USD())
		}
	})
	t.Run("codes", func(t *testing.T) {
		for _, code := range []string{"", "x", "NO-SUCH-CODE", strings.Repeat("A", 60), "'; --"} {
			if page := buyer.Send(t, "/credits/code", url.Values{"code": {code}}); page.Status != http.StatusUnprocessableEntity {
				t.Errorf("%q: %d", code, page.Status)
			}
		}
		last := 0
		for range 12 {
			last = buyer.Send(t, "/credits/code", url.Values{"code": {"GUESSED"}}).Status
		}
		if last != http.StatusTooManyRequests {
			t.Errorf("the twelfth guess: %d", last)
		}
	})
	t.Run("no automatic top-up where tax is computed at the checkout", func(t *testing.T) {
		if page := buyer.Send(t, "/credits/auto", url.Values{"on": {"yes"}, "below": {"5"}, "each": {"10"}, "cap": {"20"}}); page.Status < 400 {
			t.Errorf("%d", page.Status)
		}
	})
	t.Run("given back, with its tax and without the processing", func(t *testing.T) {
		page := buyer.Submit(t, receipt+"/refund", "", url.Values{"amount": {"20"}})
		if page.Status != http.StatusOK || !strings.Contains(page.Text("events"), "$23.79") {
			t.Errorf("%d %s", page.Status, page.Text("events"))
		}
		if got := h.Available(harness.Person{Account: account}); got != 0 {
			t.Errorf("%s are left", got.USD())
		}
		if again := buyer.Open(t, receipt+"/refund"); again.URL.Path != receipt || !strings.Contains(again.Text("no-refund"), "went back") {
			t.Errorf("a second time: %s %s", again.URL.Path, again.Text("no-refund"))
		}
	})
}

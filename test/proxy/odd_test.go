package proxy

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"bourse/app/wire"
	"bourse/models"
	"bourse/test/fake"
	"bourse/test/harness"
)

// TestOddCounts: a provider whose own figure, or whose counts, do not add up is charged by the list,
// and what it said is on record for the operator. A figure that is near enough is not.
func TestOddCounts(t *testing.T) {
	up := fake.New(t)
	h := harness.Start(t, map[string]string{"XAI_API_KEY": up.Key, "XAI_BASE_URL": up.URL})
	customer := h.Person("customer@example.com", enoughCredit)
	var offer, model = models.Endpoint{}, ""
	for _, o := range h.App.Catalog.Current().Provider("xai").Offers {
		if o.ProviderModelID == "grok-4.3" {
			offer, model = o.Endpoint, o.Model
		}
	}
	in, out := offer.Pricing.Rates[models.UnitInput], offer.Pricing.Rates[models.UnitOutput]
	list := models.Amount((1000*int64(in) + 100*int64(out)) / 1000)
	answer := func(usage string) fake.Behaviour {
		return fake.Raw(200, "application/json", `{"choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100`+usage+`}}`)
	}
	ticks := func(a models.Amount) string {
		return `,"cost_in_usd_ticks":` + models.Amount(a*10*models.NanoPerUSD).USD()
	}
	for _, c := range []struct {
		name, usage, anomaly string
	}{
		{"the list's price", ticks(list), ""},
		{"one percent more", ticks(list * 101 / 100), ""},
		{"three percent more", ticks(list * 103 / 100), wire.AnomalyReported},
		{"half", ticks(list / 2), wire.AnomalyReported},
		{"more in the cache than was read", `,"prompt_tokens_details":{"cached_tokens":900,"cache_write_tokens":900}`, wire.AnomalyCache},
	} {
		up.Then(answer(c.usage))
		before := h.Available(customer)
		a := h.Chat(customer.Key, harness.Ask(model, map[string]any{"max_tokens": 500, "provider": map[string]any{"only": []string{"xai"}}}))
		s := look(t, a, false)
		if spent := before - h.Available(customer); spent != list+(list*5+50)/100 {
			t.Errorf("%s: debited %s, want %s and the fee: %s", c.name, spent.USD(), list.USD(), a.Body)
		}
		g, err := h.DB.GenerationByID(t.Context(), customer.Account.ID, s.id)
		if err != nil {
			t.Fatal(err)
		}
		if g.Usage.Anomaly != c.anomaly || strings.Contains(g.Usage.Raw, "prompt_tokens") != (c.anomaly != "") {
			t.Errorf("%s: %+v", c.name, g.Usage)
		}
	}
	b := h.Visit(t, "customer@example.com")
	b.Submit(t, "/sign-in", "", url.Values{"email": {"customer@example.com"}, "password": {harness.Password}})
	newest, err := h.DB.Generations(t.Context(), models.GenerationFilter{AccountID: customer.Account.ID, Limit: 2})
	if err != nil || len(newest) != 2 {
		t.Fatal(err)
	}
	if page := b.Open(t, "/activity/"+newest[1].ID); !strings.Contains(page.Text("anomaly"), "reports a cost of $"+(list/2).USD()) {
		t.Errorf("the receipt says %q", page.Text("anomaly"))
	}
	odd, err := h.DB.OddUsages(t.Context(), time.Now().Add(-time.Hour))
	if err != nil || len(odd) != 2 || odd[0].Anomaly != wire.AnomalyReported || odd[0].Count != 2 || odd[0].Tag != "xai" || odd[0].Last.Usage.ProviderCost != list/2 {
		t.Errorf("%+v %v", odd, err)
	}
	if odd, err = h.DB.OddUsages(t.Context(), time.Now().Add(time.Hour)); err != nil || len(odd) != 0 {
		t.Errorf("%+v %v", odd, err)
	}
	h.Audit()
}

package proxy

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"bourse/test/fake"
	"bourse/test/harness"
)

// TestVectorsOfAnotherProvider has one provider fail half-way and another answer: the books owe the
// price to the one that answered and nothing more.
func TestVectorsOfAnotherProvider(t *testing.T) {
	first, second := fake.New(t), fake.New(t)
	h := harness.Start(t, map[string]string{"COHERE_API_KEY": first.Key, "COHERE_BASE_URL": first.URL, "AWS_BEARER_TOKEN_BEDROCK": second.Key, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": second.URL})
	customer := h.Person("customer@example.com", enoughCredit)
	first.Then(embedTexts)
	fails := fake.Raw(http.StatusInternalServerError, "application/json", `{"message":"internal"}`)
	first.Always(func(w http.ResponseWriter, r *http.Request, q fake.Request) {
		select { // late, so that something was delivered before and will be billed
		case <-time.After(300 * time.Millisecond):
			fails(w, r, q)
		case <-r.Context().Done():
		}
	})
	second.Always(embedTexts)
	model := ""
	for _, o := range h.App.Catalog.Current().Provider("cohere").Offers {
		if o.ProviderModelID == "embed-v4.0" {
			model = o.Model
		}
	}
	inputs := strings.Split(strings.Repeat("word ", 199)+"word", " ")
	before := h.Available(customer)
	a := h.Do(http.MethodPost, "/api/v1/embeddings", customer.Key, map[string]any{"model": model, "input": inputs,
		"provider": map[string]any{"order": []string{"cohere", "amazon-bedrock"}}})
	if a.Status != http.StatusOK || len(first.Seen()) < 2 || len(second.Seen()) == 0 {
		t.Fatalf("%d %s, asked %d and %d times", a.Status, a.Body, len(first.Seen()), len(second.Seen()))
	}
	sums, err := h.DB.LedgerSums(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	paid := before - h.Available(customer)
	owed := sums["provider:amazon-bedrock:payable"]
	if paid == 0 || owed+sums["revenue:platform_fee"] != paid || sums["expense:absorbed"] != 0 || sums["provider:cohere:payable"] != 0 {
		t.Errorf("paid %s: %v", paid.USD(), sums)
	}
	h.Audit()
}

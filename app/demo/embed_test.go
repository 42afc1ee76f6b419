package demo_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"bourse/app/demo"
)

func embed(t *testing.T, s *demo.Server, body string) (int, [][]float64, int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/embeddings", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.Key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var a struct {
		Data  []struct{ Embedding []float64 }
		Usage struct {
			Prompt int `json:"prompt_tokens"`
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	var vectors [][]float64
	for _, d := range a.Data {
		vectors = append(vectors, d.Embedding)
	}
	return resp.StatusCode, vectors, a.Usage.Prompt
}

func TestTextsThatShareWordsAreNear(t *testing.T) {
	s := start(t)
	status, v, tokens := embed(t, s, `{"model":"bourse/demo-embedding","input":["the price of a token","prices of tokens","a red bicycle"]}`)
	if status != 200 || len(v) != 3 || tokens < 8 {
		t.Fatalf("%d, %d vectors, %d tokens", status, len(v), tokens)
	}
	dot := func(a, b []float64) (sum float64) {
		for i := range a {
			sum += a[i] * b[i]
		}
		return sum
	}
	if one := dot(v[0], v[0]); one < 0.999 || one > 1.001 || dot(v[0], v[1]) < dot(v[0], v[2])+0.2 {
		t.Errorf("lengths %f, near %f, far %f", one, dot(v[0], v[1]), dot(v[0], v[2]))
	}
	if _, v, _ := embed(t, s, `{"model":"bourse/demo-embedding","input":"  ","dimensions":8}`); len(v) != 1 || len(v[0]) != 8 {
		t.Errorf("%v", v)
	}
}

func TestBadEmbeddingRequests(t *testing.T) {
	s := start(t)
	for body, want := range map[string]int{`{`: 400, `{"model":"bourse/demo-embedding"}`: 400, `{"model":"bourse/demo-embedding","input":[]}`: 400, `{"model":"bourse/demo-embedding","input":[1]}`: 400,
		`{"model":"bourse/demo","input":"a"}`: 404, `{"model":"bourse/demo-embedding","input":"a","dimensions":0}`: 400,
		`{"model":"bourse/demo-embedding","input":"` + strings.Repeat("zq ", 9000) + `"}`: 400} {
		if got, _, _ := embed(t, s, body); got != want {
			t.Errorf("%.60s: %d, want %d", body, got, want)
		}
	}
}

package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"bourse/models"
	"bourse/test/harness"
)

const documentName = "openapi.json"

// contract is the document that the house serves, with its schemas made strict: an answer may not
// have a member that the document does not name.
type contract struct {
	house    *harness.House
	paths    map[string]map[string]map[string]any // path, method, operation
	compiler *jsonschema.Compiler
}

func readContract(t *testing.T, h *harness.House) *contract {
	t.Helper()
	a := h.Do(http.MethodGet, "/api/v1/openapi.json", "", nil)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.Body))
	if err != nil || a.Status != http.StatusOK {
		t.Fatal(a.Status, err)
	}
	tighten(document)
	c := &contract{house: h, compiler: jsonschema.NewCompiler()}
	c.compiler.DefaultDraft(jsonschema.Draft2020)
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource(documentName, document); err != nil {
		t.Fatal(err)
	}
	var plain struct {
		Paths map[string]map[string]map[string]any
	}
	a.JSON(t, &plain)
	c.paths = plain.Paths
	return c
}

// tighten closes every object whose members are listed.
func tighten(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, listed := v["properties"].(map[string]any); listed && v["type"] != nil && v["additionalProperties"] == nil {
			v["additionalProperties"] = false
		}
		for _, inner := range v {
			tighten(inner)
		}
	case []any:
		for _, inner := range v {
			tighten(inner)
		}
	}
}

// schema compiles what a JSON pointer within the document leads to, where nil is a part of it that
// is not there.
func (c *contract) schema(t *testing.T, at ...string) *jsonschema.Schema {
	t.Helper()
	var pointer strings.Builder
	for _, part := range at {
		pointer.WriteString("/" + url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(part)))
	}
	s, err := c.compiler.Compile(documentName + "#" + pointer.String())
	if err != nil {
		t.Fatalf("%v: %v", at, err)
	}
	return s
}

func fits(s *jsonschema.Schema, text []byte) error {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

// example is one request to an address of the document.
type example struct {
	method, path string // as the document writes it
	at           string // the address, when it differs
	key          string
	body         any
	status       int
}

// check sends the example and compares request and answer with the document.
func (c *contract) check(t *testing.T, e example) harness.Answer {
	t.Helper()
	method := strings.ToLower(e.method)
	operation := c.paths[e.path][method]
	if operation == nil {
		t.Errorf("%s %s is not described", e.method, e.path)
		return harness.Answer{}
	}
	if at := e.at; at == "" {
		e.at = e.path
	}
	if e.body != nil && e.status < http.StatusBadRequest {
		text, err := json.Marshal(e.body)
		if err != nil {
			t.Fatal(err)
		}
		if err := fits(c.schema(t, "paths", e.path, method, "requestBody", "content", "application/json", "schema"), text); err != nil {
			t.Errorf("%s %s: the request: %v", e.method, e.path, err)
		}
	}
	a := c.house.Do(e.method, "/api/v1"+e.at, e.key, e.body)
	if a.Status != e.status || a.Err != nil {
		t.Errorf("%s %s: %d %s %v", e.method, e.at, a.Status, a.Body, a.Err)
		return a
	}
	status := fmt.Sprint(a.Status)
	responses, _ := operation["responses"].(map[string]any)
	response, _ := responses[status].(map[string]any)
	if response == nil {
		t.Errorf("%s %s: status %s is not described", e.method, e.path, status)
		return a
	}
	at := []string{"paths", e.path, method, "responses", status}
	if ref, shared := response["$ref"].(string); shared {
		at = strings.Split(strings.TrimPrefix(ref, "#/"), "/")
	}
	kind, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if err != nil {
		t.Errorf("%s %s: %v", e.method, e.path, err)
		return a
	}
	schema := c.schema(t, append(at, "content", kind, "schema")...)
	parts := [][]byte{a.Body}
	if kind == "text/event-stream" {
		parts = nil
		for _, data := range a.Events(t) {
			if data != "[DONE]" {
				parts = append(parts, []byte(data))
			}
		}
	}
	for _, part := range parts {
		if err := fits(schema, part); err != nil {
			t.Errorf("%s %s: %s: %v", e.method, e.at, part[:min(len(part), 600)], err)
		}
	}
	return a
}

// TestEveryRouteIsDescribed compares the routes table with the document.
func TestEveryRouteIsDescribed(t *testing.T) {
	h := harness.Start(t, nil)
	c := readContract(t, h)
	var described []string
	ids := map[string]bool{}
	for path, operations := range c.paths {
		for method, operation := range operations {
			described = append(described, strings.ToUpper(method)+" "+path)
			id, _ := operation["operationId"].(string)
			if id == "" || ids[id] || operation["summary"] == nil {
				t.Errorf("%s %s has no id of its own or no summary", method, path)
			}
			ids[id] = true
		}
	}
	sort.Strings(described)
	routes := h.APIRoutes()
	for _, route := range routes {
		if !slices.Contains(described, route) {
			t.Errorf("%s is not described", route)
		}
	}
	for _, route := range described {
		if !slices.Contains(routes, route) {
			t.Errorf("%s is described and does not exist", route)
		}
	}
}

// TestAnswersKeepTheContract calls every address of the document, with and without a key, rightly
// and wrongly, and compares what comes with what is written.
func TestAnswersKeepTheContract(t *testing.T) {
	h := harness.Start(t, nil)
	c := readContract(t, h)
	p := h.Person("owner@example.com", models.NanoPerUSD)
	boss := h.ManagementKey(p)
	poor := h.Person("poor@example.com", 0).Key
	const model, vectors = "bourse/demo", "bourse/demo-embedding"
	talk := []any{map[string]any{"role": "user", "content": "What is a hold?"}}
	with := func(more map[string]any) map[string]any {
		body := map[string]any{"model": model, "max_tokens": 30}
		for name, value := range more {
			body[name] = value
		}
		return body
	}
	chat := with(map[string]any{"messages": talk})
	tool := []any{map[string]any{"type": "function", "function": map[string]any{"name": "look", "parameters": map[string]any{"type": "object"}}}}
	answered := c.check(t, example{"POST", "/chat/completions", "", p.Key, chat, 200})
	var generation struct{ ID string }
	answered.JSON(t, &generation)
	var made struct{ Data struct{ Hash string } }
	c.check(t, example{"POST", "/keys", "", boss, map[string]any{"name": "robot", "limit": 1, "limit_reset": "daily", "expires_at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}, 201}).JSON(t, &made)
	var code struct{ Data struct{ ID string } }
	c.check(t, example{"POST", "/auth/keys/code", "", p.Key, map[string]any{"callback_url": "https://app.example.com/", "limit": 1}, 200}).JSON(t, &code)
	key := "/keys/" + made.Data.Hash
	tested := map[string]bool{"POST /keys": true, "POST /auth/keys/code": true}
	for _, e := range []example{
		{"POST", "/chat/completions", "", p.Key, with(map[string]any{"messages": talk, "stream": true, "temperature": 0.5, "provider": map[string]any{"sort": "price"}}), 200},
		{"POST", "/chat/completions", "", p.Key, with(map[string]any{"messages": talk, "tools": tool, "tool_choice": "required"}), 200},
		{"POST", "/chat/completions", "", p.Key, with(map[string]any{"messages": talk, "tools": tool, "tool_choice": "required", "stream": true}), 200},
		{"POST", "/chat/completions", "", p.Key, with(nil), 400},
		{"POST", "/chat/completions", "", p.Key, with(map[string]any{"messages": talk, "model": "nobody/nothing"}), 404},
		{"POST", "/chat/completions", "", poor, chat, 402},
		{"POST", "/chat/completions", "", boss, chat, 403},
		{"POST", "/completions", "", p.Key, with(map[string]any{"prompt": "A hold is"}), 200},
		{"POST", "/completions", "", p.Key, with(map[string]any{"prompt": "A hold is", "stream": true}), 200},
		{"POST", "/completions", "", p.Key, with(nil), 400},
		{"POST", "/embeddings", "", p.Key, map[string]any{"model": vectors, "input": []string{"a", "b"}}, 200},
		{"POST", "/embeddings", "", p.Key, map[string]any{"model": vectors, "input": "a", "encoding_format": "base64"}, 200},
		{"POST", "/embeddings", "", p.Key, map[string]any{"model": vectors, "input": ""}, 400},
		{"POST", "/responses", "", p.Key, map[string]any{"model": model, "input": "What is a hold?", "max_output_tokens": 30}, 200},
		{"POST", "/responses", "", p.Key, map[string]any{"model": model, "input": "What is a hold?", "stream": true}, 200},
		{"POST", "/responses", "", p.Key, map[string]any{"model": model, "input": 7}, 400},
		{"POST", "/messages", "", p.Key, with(map[string]any{"messages": talk}), 200},
		{"POST", "/messages", "", p.Key, with(map[string]any{"messages": talk, "stream": true}), 200},
		{"POST", "/messages", "", p.Key, with(map[string]any{"messages": 7}), 400},
		{"POST", "/messages", "", poor, with(map[string]any{"messages": talk}), 402},
		{"POST", "/messages/count_tokens", "", p.Key, with(map[string]any{"messages": talk}), 200},
		{"POST", "/messages/count_tokens", "", p.Key, with(nil), 400},

		{"GET", "/models", "", "", nil, 200}, {"GET", "/models", "/models?limit=0", "", nil, 400}, {"GET", "/models", "/models?q=llama&sort=newest&limit=3", "", nil, 200},
		{"GET", "/models/count", "", "", nil, 200}, {"GET", "/models/user", "", p.Key, nil, 200}, {"GET", "/embeddings/models", "", "", nil, 200},
		{"GET", "/models/{author}/{slug}", "/models/" + model, "", nil, 200}, {"GET", "/models/{author}/{slug}", "/models/nobody/nothing", "", nil, 404},
		{"GET", "/model/{author}/{slug}", "/model/" + model, "", nil, 200}, {"GET", "/models/{id}", "/models/bourse%2Fdemo", "", nil, 200},
		{"GET", "/models/{author}/{slug}/endpoints", "/models/" + model + "/endpoints", "", nil, 200}, {"GET", "/endpoints/zdr", "", "", nil, 200},
		{"GET", "/datasets/rankings-daily", "", "", nil, 200}, {"GET", "/datasets/rankings-daily", "/datasets/rankings-daily?category=coding", "", nil, 400},
		{"GET", "/providers", "", "", nil, 200}, {"GET", "/openapi.json", "", "", nil, 200},

		{"GET", "/key", "", p.Key, nil, 200}, {"GET", "/auth/key", "", p.Key, nil, 200}, {"GET", "/credits", "", p.Key, nil, 200}, {"GET", "/balance", "", p.Key, nil, 200},
		{"GET", "/generation", "/generation?id=" + generation.ID, p.Key, nil, 200}, {"GET", "/generation", "/generation?id=gen-0", p.Key, nil, 404}, {"GET", "/generation", "", p.Key, nil, 400},
		{"GET", "/activity", "", boss, nil, 200}, {"GET", "/activity", "/activity?date=never", boss, nil, 400}, {"GET", "/activity", "", p.Key, nil, 403},
		{"GET", "/keys", "", boss, nil, 200}, {"GET", "/keys", "", p.Key, nil, 403}, {"POST", "/keys", "", boss, map[string]any{"name": ""}, 400},
		{"GET", "/keys/{hash}", key, boss, nil, 200}, {"GET", "/keys/{hash}", "/keys/0", boss, nil, 404},
		{"PATCH", "/keys/{hash}", key, boss, map[string]any{"disabled": true, "limit": nil}, 200}, {"PATCH", "/keys/{hash}", key, boss, map[string]any{"limit": "x"}, 400},
		{"DELETE", "/keys/{hash}", key, boss, nil, 200}, {"DELETE", "/keys/{hash}", key, boss, nil, 404},
		{"POST", "/auth/keys", "", "", map[string]any{"code": code.Data.ID}, 200}, {"POST", "/auth/keys", "", "", map[string]any{"code": code.Data.ID}, 403}, {"POST", "/auth/keys", "", "", map[string]any{}, 400},
	} {
		c.check(t, e)
		if e.status < http.StatusBadRequest {
			tested[e.method+" "+e.path] = true
		}
	}
	for path, operations := range c.paths {
		for method, operation := range operations {
			name := strings.ToUpper(method) + " " + path
			if !tested[name] {
				t.Errorf("%s is not tested", name)
			}
			if _, public := operation["security"].([]any); !public || len(operation["security"].([]any)) > 0 {
				c.check(t, example{strings.ToUpper(method), path, strings.NewReplacer("{hash}", "0").Replace(path), "", map[string]any{}, 401})
			}
		}
	}
}

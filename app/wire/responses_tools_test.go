package wire_test

import (
	"slices"
	"strings"
	"testing"

	"bourse/app/wire"
)

// TestToolsOfAgents is what an agent sends that was made for OpenAI: tools in namespaces become
// functions of flat names and come back as they were, a grammar is told in words, and what would
// run at OpenAI is left out and named.
func TestToolsOfAgents(t *testing.T) {
	s := wire.NewResponsesSkin()
	r, fault := s.Parse([]byte(`{"model":"m","tool_choice":{"type":"web_search"},"tools":[
		{"type":"function","name":"run","parameters":{"type":"object"}},
		{"type":"namespace","name":"agents","tools":[{"type":"function","name":"spawn"},{"type":"function","name":"` + strings.Repeat("long", 20) + `"}]},
		{"type":"custom","name":"patch","description":"Edits.","format":{"type":"grammar","syntax":"lark","definition":"start: x"}},
		{"type":"web_search","external_web_access":false},{"type":"web_search"},{"type":"local_shell"}],
		"input":[{"role":"user","content":"Go"},{"type":"web_search_call","id":"ws","status":"completed"},
		{"type":"function_call","call_id":"c1","namespace":"agents","name":"spawn","arguments":"{}"},{"type":"function_call_output","call_id":"c1","output":"ok"}]}`))
	if fault != nil {
		t.Fatal(fault)
	}
	if want := []string{"tools.web_search", "tools.local_shell", "input.web_search_call"}; !slices.Equal(r.Ignored, want) {
		t.Errorf("ignored %v, want %v", r.Ignored, want)
	}
	up := object(t, string(r.AppendUpstream(nil, wire.UpstreamOptions{Model: "up"})))
	var names []string
	for _, tool := range up["tools"].([]any) {
		f := tool.(map[string]any)["function"].(map[string]any)
		names = append(names, f["name"].(string))
		if f["name"] == "patch" && !strings.Contains(f["description"].(string), "grammar (lark):\nstart: x") {
			t.Errorf("the grammar is not told: %q", f["description"])
		}
	}
	if len(names) != 4 || names[0] != "run" || names[1] != "agents__spawn" || len(names[2]) != 64 || names[3] != "patch" || up["tool_choice"] != nil {
		t.Errorf("tools %v, choice %v", names, up["tool_choice"])
	}
	call := up["messages"].([]any)[1].(map[string]any)["tool_calls"].([]any)[0].(map[string]any)["function"].(map[string]any)
	if call["name"] != "agents__spawn" {
		t.Errorf("an earlier call is of %v", call["name"])
	}
	s.Begin(head(), 1)
	out := string(s.Chunk(nil, []byte(`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"agents__spawn","arguments":"{}"}}]}}]}`)))
	if !strings.Contains(out, `"name":"spawn","namespace":"agents"`) || strings.Contains(out, "agents__spawn") {
		t.Errorf("the client is told %s", out)
	}
}

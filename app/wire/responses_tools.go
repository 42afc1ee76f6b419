package wire

import (
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// responsesTool is a tool as the client of the Responses API knows it, which providers know as a
// function of one flat name.
type responsesTool struct {
	namespace, name string
	custom          bool // takes free text
}

const functionNameMax = 64

// functionName is the flat name of a tool: its own, or behind its namespace where it has one.
func functionName(namespace, name string) string {
	if namespace == "" {
		return name
	}
	flat := strings.TrimRight(namespace, "_") + "__" + name
	if len(flat) <= functionNameMax {
		return flat
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(flat)) // it never fails
	sum := "_" + strconv.FormatUint(uint64(h.Sum32()), 36)
	return flat[:functionNameMax-len(sum)] + sum
}

// readTools reads the tools that the client itself carries out. Those that would run at OpenAI are
// left out, and said to be: the model does without them.
func (q *responsesRequest) readTools() {
	q.tools = map[string]responsesTool{}
	var list []byte
	for _, tool := range q.root.Get("tools").Array() {
		if tool.Get("type").String() != "namespace" {
			list = q.tool(list, tool, "")
			continue
		}
		for _, inner := range tool.Get("tools").Array() {
			list = q.tool(list, inner, tool.Get("name").String())
		}
	}
	if len(list) == 0 {
		return
	}
	q.out.raw("tools", "["+string(list)+"]")
	q.out.copy("parallel_tool_calls", q.root.Get("parallel_tool_calls"))
	choice := q.root.Get("tool_choice")
	switch name := choice.Get("name"); {
	case choice.Type == gjson.String:
		q.out.copy("tool_choice", choice)
	case name.Type == gjson.String:
		flat := appendString(nil, functionName(choice.Get("namespace").String(), name.String()))
		q.out.raw("tool_choice", `{"type":"function","function":{"name":`+string(flat)+`}}`)
	case choice.Get("type").String() == "allowed_tools" && choice.Get("mode").String() == "required":
		q.out.raw("tool_choice", `"required"`)
	}
}

// tool appends a function; a tool that takes free text becomes one of a single text.
func (q *responsesRequest) tool(list []byte, tool gjson.Result, namespace string) []byte {
	kind, name := tool.Get("type").String(), tool.Get("name").String()
	if kind != "function" && kind != "custom" {
		q.ignore("tools." + clip(kind, nameShownMax))
		return list
	}
	flat := functionName(namespace, name)
	q.tools[flat] = responsesTool{namespace, name, kind == "custom"}
	var f objectWriter
	f.text("name", flat)
	if kind == "function" {
		f.copy("description", tool.Get("description"))
		f.copy("parameters", tool.Get("parameters"))
		f.copy("strict", tool.Get("strict"))
	} else {
		description := tool.Get("description").String()
		if grammar := tool.Get("format.definition").String(); grammar != "" {
			description += "\n\nThe input is free text of this grammar (" + tool.Get("format.syntax").String() + "):\n" + grammar
		}
		f.text("description", description)
		f.raw("parameters", `{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}`)
	}
	list = append(orComma(list), `{"type":"function","function":`...)
	return append(append(list, f.done()...), '}')
}

// ignore notes what is left out of the request.
func (q *responsesRequest) ignore(what string) {
	for _, have := range q.ignored {
		if have == what {
			return
		}
	}
	q.ignored = append(q.ignored, headerText(what))
}

// headerText keeps of a client's word what may stand in a header.
func headerText(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || r == ',' {
			return '_'
		}
		return r
	}, s)
}

// elsewhere reports the items of tools that ran, or were to run, at OpenAI: nothing here can go on
// from them.
func elsewhere(kind string) bool {
	return strings.HasSuffix(kind, "_call") || strings.HasSuffix(kind, "_output") || strings.HasPrefix(kind, "mcp_")
}

package wire

import "github.com/tidwall/gjson"

// appendTools writes the functions and which of them may be called. A schema is taken for strict
// there unless it is said that it is not.
func (u *responsesUpstream) appendTools(dst []byte) ([]byte, *Error) {
	if !u.o.supports("tools") {
		return dst, nil
	}
	var list []byte
	for i, tool := range u.member("tools").Array() {
		f := tool.Get("function")
		if tool.Get("type").String() != "function" || !f.IsObject() {
			return nil, Invalid("tools", "tools[%d] is of a type that this provider does not take: use function.", i)
		}
		var o objectWriter
		o.raw("type", `"function"`)
		o.raw("name", orRaw(f.Get("name"), `""`))
		o.copy("description", f.Get("description"))
		if parameters := f.Get("parameters"); parameters.IsObject() {
			o.copy("parameters", parameters)
		} else {
			o.raw("parameters", `{"type":"object","properties":{}}`)
		}
		strict := "false"
		if f.Get("strict").Type == gjson.True {
			strict = "true"
		}
		o.raw("strict", strict)
		list = append(orComma(list), o.done()...)
	}
	if len(list) == 0 {
		return dst, nil
	}
	dst = append(append(append(dst, `,"tools":[`...), list...), ']')
	switch choice := u.member("tool_choice"); {
	case choice.Get("function.name").Type == gjson.String:
		dst = append(append(append(dst, `,"tool_choice":{"type":"function","name":`...), choice.Get("function.name").Raw...), '}')
	case choice.String() == "any":
		dst = append(dst, `,"tool_choice":"required"`...)
	case choice.Type == gjson.String:
		dst = append(append(dst, `,"tool_choice":`...), choice.Raw...)
	}
	if parallel := u.member("parallel_tool_calls"); parallel.IsBool() {
		dst = append(append(dst, `,"parallel_tool_calls":`...), parallel.Raw...)
	}
	return dst, nil
}

// appendText writes the form of the answer.
func (u *responsesUpstream) appendText(dst []byte) []byte {
	var text objectWriter
	format := u.member("response_format")
	switch kind := format.Get("type").String(); {
	case !u.o.supports("response_format") && !u.o.supports("structured_outputs"):
	case kind == "json_object":
		text.raw("format", `{"type":"json_object"}`)
	case kind == "json_schema":
		var o objectWriter
		o.raw("type", `"json_schema"`)
		o.raw("name", orRaw(format.Get("json_schema.name"), `"answer"`))
		for _, name := range [...]string{"description", "schema", "strict"} {
			o.copy(name, format.Get("json_schema."+name))
		}
		text.bytes("format", o.done())
	}
	if v := u.member("verbosity"); v.Type == gjson.String && u.o.supports("verbosity") {
		text.copy("verbosity", v)
	}
	if len(text.b) == 0 {
		return dst
	}
	return append(append(dst, `,"text":`...), text.done()...)
}

// appendReasoning writes how much the model is to think, asks for a summary when the client wants
// to read it, and for the thinking itself in the form that can be sent back.
func (u *responsesUpstream) appendReasoning(dst []byte) []byte {
	if !u.o.supports("reasoning") && !u.o.supports("reasoning_effort") {
		return dst // a model that does not think refuses all of it
	}
	if effort := u.r.ReasoningEffort; effort != "" {
		var o objectWriter
		o.text("effort", effort)
		if u.r.ReasoningRequested && !u.r.ReasoningExclude && !u.o.NoSummary {
			o.raw("summary", `"auto"`)
		}
		dst = append(append(dst, `,"reasoning":`...), o.done()...)
	}
	return append(dst, `,"include":["reasoning.encrypted_content"]`...)
}

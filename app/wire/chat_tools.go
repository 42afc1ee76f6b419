package wire

import "strconv"

// checkTools counts the tools and refuses kinds that would run, and cost, at the provider.
func checkTools(r *ChatRequest, u rule, value []byte) *Error {
	w := walker{b: value}
	if !w.open('[') {
		return wrongType(u.name, "an array of tools", value)
	}
	for first := true; w.element(&first); r.Tools++ {
		at := "tools[" + strconv.Itoa(r.Tools) + "]"
		if r.Tools == toolsMax {
			return Invalid(u.name, "tools has more than %d entries.", toolsMax)
		}
		if !w.open('{') {
			return wrongType(at, "an object with a type", w.value())
		}
		var kind []byte
		for head := true; ; {
			name, ok := w.member(&head)
			if !ok {
				break
			}
			inner := w.value()
			switch string(name) {
			case "type":
				kind = inner
			case "cache_control":
				r.cleanMessage = true
			}
		}
		switch name := string(unquote(kind)); {
		case kind == nil || !isString(kind):
			return Invalid(at+".type", "%s.type is missing: use function.", at)
		case name != "function" && name != "custom":
			return Invalid(at+".type", "%s.type %q runs at the provider and is not offered: use function.",
				at, clip(name, nameShownMax))
		}
	}
	r.schemaBytes += int64(len(value))
	if r.Tools > 0 {
		r.use("tools")
	}
	return nil
}

func checkFunctions(r *ChatRequest, u rule, value []byte) *Error {
	w := walker{b: value}
	if !w.open('[') {
		return wrongType(u.name, "an array of functions", value)
	}
	for first := true; w.element(&first); r.Tools++ {
		w.value()
	}
	r.schemaBytes += int64(len(value))
	if r.Tools > 0 {
		r.use("tools")
	}
	return nil
}

// checkToolChoice asks for support only where the choice forces something.
func checkToolChoice(r *ChatRequest, u rule, value []byte) *Error {
	if value[0] == '{' {
		r.use("tool_choice")
		return nil
	}
	if isString(value) {
		switch string(unquote(value)) {
		case "auto", "none":
			return nil
		case "required", "any":
			r.use("tool_choice")
			return nil
		}
	}
	return Invalid(u.name, "tool_choice must be none, auto, required or a function, not %s.", show(value))
}

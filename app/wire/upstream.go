package wire

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// AppendUpstream writes the request for one endpoint. It writes only members that were read and
// kept one by one, never the client's bytes as a whole.
func (r *ChatRequest) AppendUpstream(dst []byte, o UpstreamOptions) []byte {
	dst = append(dst, `{"model":`...)
	dst = appendString(dst, o.Model)
	for i := range r.members {
		m := &r.members[i]
		if slices.Contains(o.Quirks.DropParams, m.name) || o.Quirks.OnlyKnown && !m.known {
			continue
		}
		switch m.class {
		case classDrop:
		case classOwn:
			dst = r.appendOwn(dst, m, &o)
		case classReseller:
			if o.Quirks.TrustProviderCost {
				dst = appendMember(dst, m)
			}
		default:
			if o.takes(m) {
				dst = appendMember(dst, m)
			}
		}
	}
	dst = r.appendMaxTokens(dst, &o)
	dst = r.appendEffort(dst, &o)
	if !r.Embeds() {
		dst = r.appendSent(dst, o.Quirks.Send)
	}
	if r.ReasoningRequested {
		dst = r.appendSent(dst, o.Quirks.SendThinking)
	}
	if r.Stream {
		dst = append(dst, `,"stream":true`...)
		if !o.Quirks.NoStreamOptions {
			dst = append(dst, `,"stream_options":{"include_usage":true}`...)
		}
	}
	if o.User != "" && !slices.Contains(o.Quirks.DropParams, "user") {
		dst = append(dst, `,"user":`...)
		dst = appendString(dst, o.User)
	}
	dst = o.appendTier(dst)
	if o.Quirks.TrustProviderCost {
		dst = append(dst, `,"usage":{"include":true}`...)
	}
	return append(dst, '}')
}

// appendTier asks for a service tier.
func (o *UpstreamOptions) appendTier(dst []byte) []byte {
	if o.ServiceTier == "" {
		return dst
	}
	return appendString(append(dst, `,"service_tier":`...), o.ServiceTier)
}

// appendOwn writes the members that are neither copied nor dropped.
func (r *ChatRequest) appendOwn(dst []byte, m *member, o *UpstreamOptions) []byte {
	clean := r.cleanMessage && !o.Quirks.TrustProviderCost
	switch m.name {
	case "messages":
		if clean {
			return appendMessages(append(dst, `,"messages":`...), m.value, o.Quirks.ReasoningField)
		}
		return appendMember(dst, m)
	case "tools":
		if r.Tools == 0 || !o.supports("tools") {
			return dst
		}
		if clean {
			return appendTools(append(dst, `,"tools":`...), m.value)
		}
		return appendMember(dst, m)
	case "reasoning":
		if o.Quirks.TrustProviderCost {
			return appendMember(dst, m)
		}
	}
	return dst
}

func appendMember(dst []byte, m *member) []byte {
	dst = append(dst, ',')
	if m.known {
		dst = append(append(append(dst, '"'), m.name...), '"')
	} else {
		dst = appendString(dst, m.name)
	}
	dst = append(dst, ':')
	return append(dst, m.value...)
}

// takes reports whether the endpoint takes a member that is passed on as it is.
func (o *UpstreamOptions) takes(m *member) bool {
	switch m.name {
	case "response_format":
		return o.supports("response_format") || o.supports("structured_outputs")
	case "tool_choice", "parallel_tool_calls", "functions", "function_call":
		return o.supports("tools")
	}
	return m.param == "" || o.supports(m.param)
}

func (o *UpstreamOptions) supports(param string) bool {
	return o.Supported == nil || slices.Contains(o.Supported, param)
}

func (r *ChatRequest) appendMaxTokens(dst []byte, o *UpstreamOptions) []byte {
	n := r.MaxTokens
	if o.MaxTokens > 0 {
		n = o.MaxTokens
	}
	if n <= 0 {
		return dst
	}
	field := o.Quirks.MaxTokensField
	if field == "" {
		field = "max_tokens"
	}
	dst = append(dst, `,"`...)
	dst = append(dst, field...)
	dst = append(dst, `":`...)
	return strconv.AppendInt(dst, n, 10)
}

func (r *ChatRequest) appendEffort(dst []byte, o *UpstreamOptions) []byte {
	if r.ReasoningEffort == "" || slices.Contains(o.Quirks.DropParams, "reasoning_effort") {
		return dst
	}
	if !o.supports("reasoning_effort") && !o.supports("reasoning") {
		return dst
	}
	if o.Quirks.TrustProviderCost && r.has("reasoning") {
		return dst // said already, in the fuller form
	}
	effort := r.ReasoningEffort
	way := o.Quirks.Thinking
	if r.has(way) {
		return dst // the client has put it in the provider's own words
	}
	switch way {
	case "thinking":
		if effort == "none" {
			return append(dst, `,"thinking":{"type":"disabled"}`...)
		}
		return append(dst, `,"thinking":{"type":"enabled"}`...)
	case "enable_thinking":
		if effort == "none" {
			return append(dst, `,"enable_thinking":false`...)
		}
		dst = append(dst, `,"enable_thinking":true`...)
		if r.ReasoningBudget > 0 {
			dst = strconv.AppendInt(append(dst, `,"thinking_budget":`...), r.ReasoningBudget, 10)
		}
		return dst
	case "on_off":
		if effort != "none" {
			effort = "high"
		}
	}
	dst = append(dst, `,"reasoning_effort":"`...)
	dst = append(dst, effort...)
	return append(dst, '"')
}

// appendSent writes members that a provider always needs, in the order of their names, unless the
// client has.
func (r *ChatRequest) appendSent(dst []byte, members map[string]json.RawMessage) []byte {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if r.has(name) {
			continue
		}
		dst = appendString(append(dst, ','), name)
		dst = append(append(dst, ':'), members[name]...)
	}
	return dst
}

func (r *ChatRequest) has(name string) bool {
	for i := range r.members {
		if r.members[i].name == name {
			return true
		}
	}
	return false
}

// appendMessages copies the conversation without what only a router understands, and gives the
// reasoning of earlier turns the name that the provider knows, or leaves it out.
func appendMessages(dst, raw []byte, reasoningField string) []byte {
	w := walker{b: raw}
	w.open('[')
	dst = append(dst, '[')
	for first := true; w.element(&first); {
		dst = separate(dst, '[')
		if !w.open('{') {
			dst = append(dst, w.value()...)
			continue
		}
		dst = append(dst, '{')
		reasoned := false
		for head := true; ; {
			name, ok := w.member(&head)
			if !ok {
				break
			}
			switch string(name) {
			case "reasoning_details", "annotations", "images", "model", "native_finish_reason", "cache_control", "is_error":
				w.value()
			case "reasoning", "reasoning_content":
				value := w.value()
				if reasoningField != "" && !reasoned && !isNull(value) {
					reasoned = true
					dst = appendName(dst, []byte(reasoningField))
					dst = append(dst, value...)
				}
			case "content":
				dst = appendName(dst, name)
				dst = appendWithout(dst, &w, "cache_control", "prompt_cache_breakpoint")
			default:
				dst = appendName(dst, name)
				dst = append(dst, w.value()...)
			}
		}
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

// appendWithout copies an array of objects without two of their members; any other value is
// copied as it is.
func appendWithout(dst []byte, w *walker, drop, dropToo string) []byte {
	if !w.open('[') {
		return append(dst, w.value()...)
	}
	dst = append(dst, '[')
	for first := true; w.element(&first); {
		dst = separate(dst, '[')
		if !w.open('{') {
			dst = append(dst, w.value()...)
			continue
		}
		dst = append(dst, '{')
		for head := true; ; {
			name, ok := w.member(&head)
			if !ok {
				break
			}
			value := w.value()
			if string(name) != drop && string(name) != dropToo {
				dst = appendName(dst, name)
				dst = append(dst, value...)
			}
		}
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

func appendTools(dst, raw []byte) []byte {
	w := walker{b: raw}
	return appendWithout(dst, &w, "cache_control", "")
}

// appendName starts a member, with a comma unless it is the first of its object.
func appendName(dst, name []byte) []byte {
	dst = separate(dst, '{')
	dst = appendString(dst, name)
	return append(dst, ':')
}

// separate writes a comma unless the container has just been opened.
func separate(dst []byte, opening byte) []byte {
	if dst[len(dst)-1] == opening {
		return dst
	}
	return append(dst, ',')
}

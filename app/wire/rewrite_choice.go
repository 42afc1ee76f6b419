package wire

import "strconv"

// choices goes over the second level.
func (rw *Rewriter) choices(dst []byte, w *walker, info *ChunkInfo, as shape) []byte {
	dst = append(dst, `,"choices":[`...)
	n := 0
	for first := true; w.element(&first); n++ {
		dst = separate(dst, '[')
		if !w.open('{') {
			w.fail()
			break
		}
		dst = rw.choice(dst, w, info, n, as)
	}
	return append(dst, ']')
}

func (rw *Rewriter) choice(dst []byte, w *walker, info *ChunkInfo, n int, as shape) []byte {
	dst = append(dst, '{')
	index, said := n, false
	var finish, native, logprobs []byte
	for first := true; ; {
		name, ok := w.member(&first)
		if !ok {
			break
		}
		switch string(name) {
		case "delta", "message":
			if said || !w.open('{') {
				w.value()
				continue
			}
			said = true
			dst = rw.delta(append(dst, as.deltaName()...), w, info, as)
			dst = append(dst, '}')
		case "index":
			if i, ok := wholeNumber(w.value()); ok && i >= 0 && i < choicesMax {
				index = int(i)
			}
			if index > 0 {
				rw.tags = nil // of several answers at once, each would need its own
			}
		case "finish_reason":
			finish = w.value()
		case "native_finish_reason":
			native = w.value()
		case "logprobs":
			logprobs = w.value()
		case "usage":
			info.takeUsage(w.value())
		case "error":
			info.takeError(w.value())
		default:
			w.value()
		}
	}
	if !said {
		dst = append(append(dst, as.deltaName()...), '}')
		if as == plain {
			dst = append(dst[:len(dst)-1], `"role":"assistant","content":null}`...)
		}
	}
	dst = strconv.AppendInt(append(dst, `,"index":`...), int64(index), 10)
	dst = rw.appendFinish(dst, finish, native, index, info)
	if len(logprobs) > 0 && logprobs[0] == '{' {
		dst = append(append(dst, `,"logprobs":`...), logprobs...)
	}
	return append(dst, '}')
}

func (as shape) deltaName() string {
	if as == plain {
		return `"message":{`
	}
	return `"delta":{`
}

// appendFinish writes both reasons, which strict clients require even while they are null.
func (rw *Rewriter) appendFinish(dst, finish, native []byte, index int, info *ChunkInfo) []byte {
	bit := uint64(1) << (index % 64)
	before := rw.finished[index/64]&bit != 0
	if !before {
		info.unfinished = true
	}
	if !isString(finish) || isBlank(finish) {
		return append(dst, `,"finish_reason":null,"native_finish_reason":null`...)
	}
	if !isString(native) || isBlank(native) {
		native = finish
	}
	info.Finish = mapFinish(finish[1:len(finish)-1], rw.toolNext > 0)
	info.NativeFinish = native[1 : len(native)-1]
	if !before {
		info.visible = true
	}
	rw.finished[index/64] |= bit
	dst = append(append(append(dst, `,"finish_reason":"`...), info.Finish...), '"')
	return append(append(dst, `,"native_finish_reason":`...), native...)
}

// mapFinish turns a provider's word into one of ours. A word nobody knows ended an answer that
// did come, so it counts as a stop; the native word says the rest.
func mapFinish(word []byte, calledTools bool) string {
	switch string(word) {
	case "STOP":
		if calledTools { // this dialect has no word of its own for tool calls
			return "tool_calls"
		}
		return "stop"
	case "length", "max_tokens", "model_length", "MAX_TOKENS", "model_context_window_exceeded", "max_output_tokens":
		return "length"
	case "tool_calls", "tool_use", "function_call", "TOOL_CALL", "FUNCTION_CALL":
		return "tool_calls"
	case "content_filter", "refusal", "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT",
		"SPII", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "LANGUAGE", "sensitive",
		"content_filtered", "guardrail_intervened":
		return "content_filter"
	case "error", "ERROR", "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MISSING_THOUGHT_SIGNATURE", "network_error", "TIMEOUT",
		"insufficient_system_resource", "abort", "malformed_model_output", "malformed_tool_use":
		return "error"
	}
	return "stop"
}

// delta goes over the third level. What strict clients do not accept as null is left out, and
// every name for reasoning becomes one.
func (rw *Rewriter) delta(dst []byte, w *walker, info *ChunkInfo, as shape) []byte {
	var reasoning, details, parts []byte
	content := false
	if as == plain {
		dst = append(dst, `"role":"assistant"`...)
	}
	for first := true; ; {
		name, ok := w.member(&first)
		if !ok {
			break
		}
		switch string(name) {
		case "role":
			if value := w.value(); as == streamed && string(value) == `"assistant"` {
				dst = append(separate(dst, '{'), `"role":"assistant"`...)
			}
		case "content":
			switch value := w.value(); {
			case content || len(value) == 0:
			case value[0] == '"':
				content = true
				if rw.tags != nil {
					var thinking []byte
					if thinking, value = rw.untag(value, as); thinking != nil && reasoning == nil {
						reasoning = thinking
					}
				}
				dst = append(append(separate(dst, '{'), `"content":`...), value...)
				rw.countText(value, info)
			case value[0] == '[':
				content, parts = true, value
				dst = rw.appendParts(append(separate(dst, '{'), `"content":"`...), value, info)
			}
		case "reasoning":
			if value := w.value(); isString(value) && !isBlank(value) {
				reasoning = value
			}
		case "reasoning_content":
			if value := w.value(); isString(value) && !isBlank(value) && reasoning == nil {
				reasoning = value
			}
		case "reasoning_details":
			if value := w.value(); len(value) > 0 && value[0] == '[' && !isBlank(value) {
				details = value
			}
		case "tool_calls":
			dst = rw.toolCalls(dst, w, info, as)
		case "refusal", "audio", "images", "annotations", "function_call":
			dst = copyDelta(dst, name, w.value(), info)
		default:
			w.value()
		}
	}
	if as == plain && !content {
		dst = append(dst, `,"content":null`...)
	}
	if parts != nil && reasoning == nil {
		reasoning = thinkingOf(parts)
	}
	return rw.appendReasoning(dst, reasoning, details, info)
}

func (rw *Rewriter) count(value []byte) {
	if !rw.silent {
		rw.text.JSON(value)
	}
}

func (rw *Rewriter) countText(value []byte, info *ChunkInfo) {
	if len(value) > 2 {
		info.TextBytes += len(value) - 2
		info.HasContent, info.visible = true, true
		rw.count(value)
	}
}

// copyDelta copies the rarer members unless they say nothing.
func copyDelta(dst, name, value []byte, info *ChunkInfo) []byte {
	if len(value) == 0 || isBlank(value) {
		return dst
	}
	info.HasContent, info.visible = true, true
	info.TextBytes += len(value)
	dst = append(append(append(separate(dst, '{'), '"'), name...), `":`...)
	return append(dst, value...)
}

// appendReasoning writes the reasoning under its one name, and as details when the provider gave
// none.
func (rw *Rewriter) appendReasoning(dst, reasoning, details []byte, info *ChunkInfo) []byte {
	if reasoning == nil && details == nil {
		return dst
	}
	info.HasContent = true
	if reasoning != nil {
		info.ReasoningBytes += len(reasoning) - 2
		rw.count(reasoning)
	} else {
		info.ReasoningBytes += len(details)
	}
	if rw.o.ExcludeReasoning {
		return dst
	}
	info.visible = true
	if reasoning != nil {
		dst = append(append(separate(dst, '{'), `"reasoning":`...), reasoning...)
	}
	dst = append(separate(dst, '{'), `"reasoning_details":`...)
	if details != nil {
		return append(dst, details...)
	}
	dst = append(append(dst, `[{"type":"reasoning.text","text":`...), reasoning...)
	return append(dst, `,"format":"unknown","index":0}]`...)
}

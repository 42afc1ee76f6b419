package wire

import "strconv"

// appendParts joins the text of an array of parts into one string, whose opening quote is
// written; escapes can stand side by side, so nothing is decoded.
func (rw *Rewriter) appendParts(dst, parts []byte, info *ChunkInfo) []byte {
	w := walker{b: parts}
	w.open('[')
	for first := true; w.element(&first); {
		part := w.value()
		if text := memberOf(part, "text"); isString(text) {
			dst = append(dst, text[1:len(text)-1]...)
			rw.countText(text, info)
		}
	}
	return append(dst, '"')
}

// thinkingOf joins the reasoning found among the parts of a content, nil when there is none.
func thinkingOf(parts []byte) []byte {
	var joined []byte
	w := walker{b: parts}
	w.open('[')
	for first := true; w.element(&first); {
		thinking := memberOf(w.value(), "thinking")
		if isString(thinking) {
			joined = append(joined, thinking[1:len(thinking)-1]...)
			continue
		}
		inner := walker{b: thinking}
		if !inner.open('[') {
			continue
		}
		for head := true; inner.element(&head); {
			if text := memberOf(inner.value(), "text"); isString(text) {
				joined = append(joined, text[1:len(text)-1]...)
			}
		}
	}
	if joined == nil {
		return nil
	}
	return append(append([]byte{'"'}, joined...), '"')
}

// toolCalls goes over the calls of a delta or message: each gets an index in a stream, and an id
// and arguments in a plain answer.
func (rw *Rewriter) toolCalls(dst []byte, w *walker, info *ChunkInfo, as shape) []byte {
	if !w.open('[') {
		w.value()
		return dst
	}
	mark := len(dst)
	dst = append(separate(dst, '{'), `"tool_calls":[`...)
	any := false
	for first := true; w.element(&first); any = true {
		dst = separate(dst, '[')
		if !w.open('{') {
			w.fail()
			break
		}
		dst = rw.toolCall(append(dst, '{'), w, info, as)
	}
	if !any { // an empty array: left out, comma included
		return dst[:mark]
	}
	info.HasContent, info.visible = true, true
	return append(dst, ']')
}

func (rw *Rewriter) toolCall(dst []byte, w *walker, info *ChunkInfo, as shape) []byte {
	index, hasID, hasFunction := -1, false, false
	for first := true; ; {
		name, ok := w.member(&first)
		if !ok {
			break
		}
		switch string(name) {
		case "index":
			if i, ok := wholeNumber(w.value()); ok && i >= 0 && i < toolsMax {
				index = int(i)
			}
		case "id":
			if value := w.value(); isString(value) && !isBlank(value) {
				hasID = true
				dst = append(append(separate(dst, '{'), `"id":`...), value...)
			}
		case "type":
			if value := w.value(); as == streamed && isString(value) && !isBlank(value) {
				dst = append(separate(dst, '{'), `"type":"function"`...)
			}
		case "function":
			if hasFunction || !w.open('{') {
				w.value()
				continue
			}
			hasFunction = true
			dst = rw.function(append(separate(dst, '{'), `"function":{`...), w, info, as)
		default:
			if value := w.value(); len(value) > 0 && !isNull(value) {
				dst = append(appendName(dst, name), value...)
			}
		}
	}
	if as == streamed {
		index = rw.toolIndex(index, hasID)
		dst = strconv.AppendInt(append(separate(dst, '{'), `"index":`...), int64(index), 10)
		return append(dst, '}')
	}
	rw.toolNext++
	dst = append(separate(dst, '{'), `"type":"function"`...)
	if !hasID {
		dst = append(dst, `,"id":"call_`...)
		dst = append(strconv.AppendInt(dst, int64(rw.toolNext), 10), '"')
	}
	if !hasFunction {
		dst = append(dst, `,"function":{"name":"","arguments":"{}"}`...)
	}
	return append(dst, '}')
}

// toolIndex gives a call that comes without an index the next one when it starts (it has an id),
// and the last one when it goes on.
func (rw *Rewriter) toolIndex(index int, starts bool) int {
	switch {
	case index >= 0:
		rw.toolNext = max(rw.toolNext, index+1)
		return index
	case starts || rw.toolNext == 0:
		rw.toolNext++
	}
	return rw.toolNext - 1
}

func (rw *Rewriter) function(dst []byte, w *walker, info *ChunkInfo, as shape) []byte {
	argued := false
	for first := true; ; {
		name, ok := w.member(&first)
		if !ok {
			break
		}
		value := w.value()
		if len(value) == 0 || isNull(value) {
			continue
		}
		info.ToolBytes += len(value)
		rw.count(value)
		rw.text.Break()
		dst = appendName(dst, name)
		if string(name) == "arguments" {
			argued = true
			if !isString(value) { // some send the object itself
				dst = appendString(dst, value)
				continue
			}
		}
		dst = append(dst, value...)
	}
	if !argued && as == plain {
		dst = append(separate(dst, '{'), `"arguments":"{}"`...)
	}
	return append(dst, '}')
}

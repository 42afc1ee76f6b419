package demo

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// writeTime bounds the sending of one piece to a client that does not read.
const writeTime = 10 * time.Second

// piece is one delta of one choice.
type piece struct {
	index  int
	delta  map[string]any
	tokens int
	finish string // the last piece of a choice has it
}

// pieces are the deltas of every choice, the choices taking turns.
func (a *reply) pieces() []piece {
	each := make([][]piece, len(a.answers))
	longest := 0
	for i, one := range a.answers {
		each[i] = one.pieces(i)
		longest = max(longest, len(each[i]))
	}
	var all []piece
	for turn := range longest {
		for _, list := range each {
			if turn < len(list) {
				all = append(all, list[turn])
			}
		}
	}
	return all
}

func (a *answer) pieces(index int) []piece {
	list := []piece{{index: index, delta: map[string]any{"role": "assistant", "content": ""}}}
	for _, token := range a.reasoning {
		list = append(list, piece{index: index, delta: map[string]any{"reasoning_content": token}, tokens: 1})
	}
	for _, token := range a.content {
		list = append(list, piece{index: index, delta: map[string]any{"content": token}, tokens: 1})
	}
	if c := a.call; c != nil {
		list = append(list, piece{index: index, tokens: 1, delta: callDelta(map[string]any{"index": 0, "id": c.id, "type": "function",
			"function": map[string]any{"name": c.name, "arguments": ""}})})
		for rest := c.arguments; rest != ""; {
			n := min(len(rest), argumentBytes)
			for n < len(rest) && rest[n]&0xC0 == 0x80 {
				n++ // not within a character
			}
			list = append(list, piece{index: index, tokens: 1, delta: callDelta(map[string]any{"index": 0,
				"function": map[string]any{"arguments": rest[:n]}})})
			rest = rest[n:]
		}
	}
	return append(list, piece{index: index, delta: map[string]any{}, finish: a.finish})
}

// argumentBytes is about how much of a call's arguments one piece carries.
const argumentBytes = 8

func callDelta(call map[string]any) map[string]any {
	return map[string]any{"tool_calls": []any{call}}
}

// stream sends the answer piece by piece, each when it is due.
func (a *reply) stream(ctx context.Context, w http.ResponseWriter, withUsage bool) {
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	out := events{w: w, control: http.NewResponseController(w)}
	sent := 0
	for _, p := range a.pieces() {
		sent += p.tokens
		if a.pace.wait(ctx, sent) != nil {
			return // the client is gone
		}
		var finish any
		if p.finish != "" {
			finish = p.finish
		}
		if out.send(a.chunk([]any{map[string]any{"index": p.index, "delta": p.delta, "logprobs": nil, "finish_reason": finish}}, withUsage)) != nil {
			return
		}
	}
	if withUsage {
		last := a.chunk([]any{}, true)
		last["usage"] = a.usage
		if out.send(last) != nil {
			return
		}
	}
	out.end()
}

func (a *reply) chunk(choices []any, withUsage bool) map[string]any {
	c := map[string]any{"id": a.id, "object": "chat.completion.chunk", "created": a.created, "model": a.model,
		"system_fingerprint": fingerprint, "choices": choices}
	if withUsage {
		c["usage"] = nil
	}
	return c
}

// events writes an event stream.
type events struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func (e events) send(value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return e.write(string(data))
}

// end closes the stream and leaves the connection without a deadline for its next request.
func (e events) end() {
	_ = e.write("[DONE]") // the client has everything else already
	_ = e.control.SetWriteDeadline(time.Time{})
}

func (e events) write(data string) error {
	if err := e.control.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return err
	}
	if _, err := e.w.Write([]byte("data: " + data + "\n\n")); err != nil {
		return err
	}
	return e.control.Flush()
}

package demo

import (
	"hash/fnv"
	"math/rand/v2"
	"strings"
)

// voice is one model: the common table, spoken in its own manner.
type voice struct {
	Model
	table  *table
	vocab  *vocabulary
	manner manner
}

// efforts are how many tokens of thought each effort is worth.
var efforts = map[string]int{"none": 0, "minimal": 8, "low": 20, "medium": 60, "high": 140, "xhigh": 240}

const reasoningDefault = "medium"

// Reasons why an answer ends.
const (
	finishStop   = "stop"
	finishLength = "length"
	finishTools  = "tool_calls"
)

// answer is one choice, made whole before its first token is sent.
type answer struct {
	reasoning []string
	content   []string
	call      *toolCall
	finish    string
}

// tokens is how many the answer is billed for: what is seen, what is thought and what is called.
func (a *answer) tokens(v *vocabulary) (all, reasoning int) {
	reasoning = len(a.reasoning)
	all = reasoning + len(a.content)
	if a.call != nil {
		all += v.count(a.call.name) + v.count(a.call.arguments)
	}
	return all, reasoning
}

// answer makes the choice with the given number. The room is how many tokens fit the context.
func (v *voice) answer(q *request, number, room int) *answer {
	random := v.random(q, number)
	limit := min(v.OutputTokens, room)
	if q.MaxTokens != nil {
		limit = min(limit, *q.MaxTokens)
	}
	heat := heat{temperature: 1, topP: 1}
	if q.Temperature != nil {
		heat.temperature = *q.Temperature
	}
	if q.TopP != nil {
		heat.topP = *q.TopP
	}
	a := &answer{finish: finishStop}
	if v.Reasoning {
		a.reasoning = v.think(q, heat, random, limit)
		limit -= len(a.reasoning)
	}
	if call := q.wantedCall(); call != nil && limit > 0 {
		a.call, a.finish = call, finishTools
		if v.vocab.count(call.name)+v.vocab.count(call.arguments) > limit {
			a.call, a.finish = nil, finishLength
		}
		return a
	}
	v.speak(a, q, heat, random, limit)
	return a
}

// random is the same for the same seed, question and model.
func (v *voice) random(q *request, number int) *rand.Rand {
	fixed := fnv.New64a()
	for _, s := range []string{v.ID, q.question()} {
		fixed.Write([]byte(s))
	}
	seed := rand.Uint64()
	switch {
	case q.Seed != nil:
		seed = uint64(*q.Seed)
	case q.Temperature != nil && *q.Temperature == 0:
		seed = 0
	}
	return rand.New(rand.NewPCG(seed, fixed.Sum64()+uint64(number)))
}

func (v *voice) think(q *request, heat heat, random *rand.Rand, limit int) []string {
	effort := reasoningDefault
	if q.ReasoningEffort != nil {
		effort = *q.ReasoningEffort
	}
	most := min(efforts[effort], limit)
	if most == 0 {
		return nil
	}
	thought, _ := v.ramble(q.question(), heat, random, most*2/3, most)
	return thought
}

// speak fills the content until the answer has its length, meets a stop string or has no room.
func (v *voice) speak(a *answer, q *request, heat heat, random *rand.Rand, limit int) {
	var text []string
	if last := &q.Messages[len(q.Messages)-1]; last.Role == "tool" {
		text = v.vocab.split("The tool answered: " + shorten(strings.TrimSpace(last.text), toolResultRunes) + "\n\n")
	}
	wanted := v.manner.short + random.IntN(v.manner.long-v.manner.short+1)
	ended := true
	if len(text) < limit {
		var more []string
		more, ended = v.ramble(q.question(), heat, random, wanted, limit-len(text))
		text = append(text, more...)
	} else {
		ended = len(text) == limit
		text = text[:max(limit, 0)]
	}
	a.content = text
	if !ended {
		a.finish = finishLength
	}
	a.cut(q.stops)
}

// ramble writes sentences until there are at least wanted tokens, and says whether it could end
// its last sentence before the limit.
func (v *voice) ramble(question string, heat heat, random *rand.Rand, wanted, limit int) ([]string, bool) {
	var out []string
	context := v.table.begin(question, random)
	for len(out) < limit {
		id, ok := v.table.follow(context, v.memory(random), heat, random)
		if !ok {
			context = v.table.begin(question, random)
			continue
		}
		word := v.vocab.words[id]
		switch {
		case len(out) == 0:
			word = strings.TrimPrefix(word, " ")
		case context[order-1] == nothing:
			word = " " + word // the document has no blank at the start of a paragraph
		}
		out = append(out, word)
		context = context.push(id)
		if v.table.ends[id] && len(out) >= min(wanted, limit) {
			return out, true
		}
	}
	return out, false
}

func (v *voice) memory(random *rand.Rand) int {
	switch chance := random.IntN(100); {
	case chance < v.manner.three:
		return 3
	case chance < v.manner.three+v.manner.two:
		return 2
	}
	return 1
}

// cut ends the content before the first stop string. The tokens up to it stay billed.
func (a *answer) cut(stops []string) {
	text := strings.Join(a.content, "")
	at := -1
	for _, stop := range stops {
		if i := strings.Index(text, stop); i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	if at < 0 {
		return
	}
	a.finish = finishStop
	for i, token := range a.content {
		if len(token) > at {
			a.content = append(a.content[:i:i], token[:at])
			return
		}
		at -= len(token)
	}
}

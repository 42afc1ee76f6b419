package main

import (
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"bourse/models"
	"bourse/seeds"
)

// described is what a description may speak of. Whatever is unknown is empty, and then nothing is
// said about it.
type described struct {
	model     seeds.ModelLine
	author    string
	providers int
	freeOnly  bool    // every offer costs nothing
	rank      float64 // share of chat models whose lowest output price is lower; -1 where unknown
	pick      uint32  // chooses among the ways of saying it, the same for the same id
}

// describeAll writes a description into every line. Nothing in it comes from anybody's text: only
// from the facts in the lines and in the offers.
func describeAll(lines []seeds.ModelLine, offers []seeds.OfferLine, authors map[string]string) {
	byModel := map[string][]seeds.OfferLine{}
	for _, o := range offers {
		byModel[o.Model] = append(byModel[o.Model], o)
	}
	var prices []models.Rate
	for _, l := range lines {
		if r, ok := lowestOutput(byModel[l.ID]); ok && l.Type == "chat" {
			prices = append(prices, r)
		}
	}
	slices.Sort(prices)
	for i := range lines {
		l := &lines[i]
		d := described{
			model: *l, author: authors[l.Author], rank: -1, pick: pickOf(l.ID),
			providers: countProviders(byModel[l.ID]), freeOnly: onlyFree(byModel[l.ID]),
		}
		if r, ok := lowestOutput(byModel[l.ID]); ok && l.Type == "chat" {
			below, _ := slices.BinarySearch(prices, r)
			d.rank = float64(below) / float64(len(prices))
		}
		l.Description = d.text()
	}
}

func (d described) text() string {
	if d.model.Type != "chat" {
		return d.otherSentence()
	}
	first, second := d.whatSentence(), d.marketSentence()
	if second == "" {
		return first
	}
	return first + " " + second
}

// whatSentence says what the model is, what it takes and returns, and since when.
func (d described) whatSentence() string {
	in, out := things(d.model.Input), things(d.model.Output)
	kind, context := d.kind(), tokens(d.model.ContextLength)
	month := monthYear(d.model.Created)
	way := d.pick % 4
	if way == 3 && (month == "" || d.author == "") || way == 0 && d.author == "" {
		way = 1
	}
	var b strings.Builder
	switch way {
	case 0:
		b.WriteString(possessive(d.author) + " " + kind)
		write(&b, month != "", ", released in "+month)
		b.WriteString(": it takes " + in + " and returns " + out)
		write(&b, context != "", ", within "+context+" tokens of context")
	case 1:
		b.WriteString(upper(article(kind)))
		write(&b, d.author != "", " by "+d.author)
		write(&b, month != "", ", out since "+month)
		write(&b, month != "", ",")
		b.WriteString(" that reads " + in)
		write(&b, context != "", ", up to "+context+" tokens at a time,")
		b.WriteString(" and answers with " + out)
	case 2:
		b.WriteString(d.model.Name + " takes " + in + " and returns " + out)
		write(&b, context != "", " in a context of "+context+" tokens")
		b.WriteString("; it is " + article(kind))
		write(&b, d.author != "", " by "+d.author)
		write(&b, month != "", " from "+month)
	case 3:
		b.WriteString("Released by " + d.author + " in " + month + ", this " + kind + " reads " + in + " and writes " + out)
		write(&b, context != "", "; its context holds "+context+" tokens")
	}
	return b.String() + "."
}

// marketSentence says how many sell it and where its price stands.
func (d described) marketSentence() string {
	if d.providers == 0 {
		return ""
	}
	n, one := number(d.providers), d.providers == 1
	if d.freeOnly {
		if one {
			return "Its one provider asks nothing for it."
		}
		return "Its " + n + " providers ask nothing for it."
	}
	offer := upper(n) + " providers offer it"
	if one {
		offer = "One provider offers it"
	}
	if d.rank < 0 {
		return offer + "."
	}
	switch way := (d.pick / 4) % 4; {
	case way == 0:
		return offer + "; its lowest output price is " + standing(d.rank) + " of chat models."
	case way == 1 && one:
		return "It is offered by one provider, with an output price " + standing(d.rank) + " of chat models."
	case way == 1:
		return "It is offered by " + n + " providers, with a lowest output price " + standing(d.rank) + " of chat models."
	case way == 2 && one:
		return "Its one provider asks an output price " + standing(d.rank) + " of its kind."
	case way == 2:
		return "The cheapest of its " + n + " providers asks an output price " + standing(d.rank) + " of its kind."
	}
	return "By output price it stands " + standing(d.rank) + " of chat models; " + lower(offer) + "."
}

// kind is the noun that the facts bear out: an open-weight reasoning model, say.
func (d described) kind() string {
	noun := "chat model"
	if d.model.Reasoning {
		switch c := d.model.ReasoningConfig; {
		case c == nil:
			noun = "chat model with reasoning"
		case c.Mandatory:
			noun = "reasoning model"
		default:
			noun = "chat model with optional reasoning"
		}
	}
	return d.open() + noun
}

func (d described) open() string {
	if d.model.OpenWeights != nil && *d.model.OpenWeights {
		return "open-weight "
	}
	return ""
}

// otherSentence describes a model that is no chat model.
func (d described) otherSentence() string {
	noun, does := d.work()
	var b strings.Builder
	if d.author != "" && d.pick%2 == 0 {
		b.WriteString(possessive(d.author) + " " + d.open() + noun)
	} else {
		b.WriteString(upper(article(d.open() + noun)))
		write(&b, d.author != "", " by "+d.author)
	}
	month := monthYear(d.model.Created)
	write(&b, month != "", ", released in "+month+",")
	b.WriteString(" that " + does)
	if context := tokens(d.model.ContextLength); context != "" && d.model.Type != "image" && d.model.Type != "video" {
		b.WriteString(", up to " + context + " tokens at a time")
	}
	switch {
	case d.providers == 1:
		b.WriteString("; one provider offers it")
	case d.providers > 1:
		b.WriteString("; " + number(d.providers) + " providers offer it")
	}
	return b.String() + "."
}

// work is what a model of each other type is called and does.
func (d described) work() (noun, does string) {
	in, out := things(d.model.Input), things(d.model.Output)
	switch d.model.Type {
	case "embedding":
		does = "turns " + in + " into vectors"
		if n := d.model.Dimensions; n > 0 {
			does += " of " + thousands(n) + " dimensions"
		}
		return "embedding model", does
	case "image":
		return "image model", "makes " + out + " from " + in
	case "video":
		return "video model", "makes " + out + " from " + in
	case "speech":
		return "speech model", "turns " + in + " into speech"
	case "transcription":
		return "transcription model", "writes down what is said in " + in
	case "realtime":
		return "realtime model", "takes " + in + " and answers live with " + out
	case "rerank":
		if in == "text" {
			return "reranking model", "scores how well text fits a query"
		}
		return "reranking model", "scores how well " + in + " fit a query"
	case "moderation":
		return "moderation model", "judges whether " + in + " may pass"
	case "ocr":
		seen := slices.DeleteFunc(slices.Clone(d.model.Input), func(m string) bool { return m == "text" })
		if len(seen) == 0 {
			return "text recognition model", "reads the text on pages"
		}
		return "text recognition model", "reads the text in " + things(seen)
	}
	return d.model.Type + " model", "takes " + in + " and returns " + out
}

func lowestOutput(offers []seeds.OfferLine) (models.Rate, bool) {
	low, found := models.Rate(0), false
	for _, o := range offers {
		if r := o.Rates[models.UnitOutput]; r > 0 && (!found || r < low) {
			low, found = r, true
		}
	}
	return low, found
}

func countProviders(offers []seeds.OfferLine) int {
	seen := map[string]bool{}
	for _, o := range offers {
		name := o.Provider
		if name == "" {
			name = o.Tag
		}
		seen[name] = true
	}
	return len(seen)
}

func onlyFree(offers []seeds.OfferLine) bool {
	return len(offers) > 0 && !slices.ContainsFunc(offers, func(o seeds.OfferLine) bool { return !isZero(o.Rates) })
}

func pickOf(id string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(id))
	return h.Sum32() >> 3 // the lowest bits of FNV follow the last letter too closely
}

// monthYear is "August 2026" for a day or a month; nothing for anything else.
func monthYear(date string) string {
	for _, layout := range []string{time.DateOnly, "2006-01"} {
		if t, err := time.Parse(layout, date); err == nil {
			return t.Format("January 2006")
		}
	}
	return ""
}

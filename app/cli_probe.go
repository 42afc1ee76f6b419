package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"bourse/app/provider"
	"bourse/app/wire"
	"bourse/models"
	"bourse/seeds"
)

const (
	probeAbout = "ask a connected provider three things and print what its answers look like: for its quirk record"
	probeTime  = 3 * time.Minute

	probeTalk = `{"model":"m","stream":true,"max_tokens":300,"messages":[{"role":"user","content":"What is 17 times 23? Think first, then answer in one short sentence."}]%s}`
	probeTool = `{"model":"m","stream":true,"max_tokens":300,"tool_choice":"required","tools":[{"type":"function","function":{"name":"weather","description":"The weather of a city","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}],
		"messages":[{"role":"user","content":"What is the weather in Lisbon?"}]}`
	probePair = `{"model":"m","max_tokens":30,"messages":[{"role":"system","content":%s},{"role":"user","content":"Say hello."}]}`
	// probeLines is how long the prompt of the pair is: long enough for every provider's cache.
	probeLines = 300
)

// prober is one run of the command.
type prober struct {
	tool     *tool
	client   *provider.Client
	provider models.Provider
	offer    models.Endpoint
	target   provider.Target
	found    provider.Probed
	ended    string // the finish of the last answer, as we read it and as it came
}

func (t *tool) probe(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	names := []string{"PROVIDER"}
	if len(args) == 2 {
		names = append(names, "MODEL")
	}
	given, err := arguments(flags, args, names...)
	if err != nil {
		return err
	}
	model := ""
	if len(given) == 2 {
		model = given[1]
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	p := &prober{tool: t, client: provider.NewClient()}
	defer p.client.Close()
	if err := p.choose(ctx, given[0], model); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s (%s), %s as %s, at %s\n", p.provider.Name, p.provider.Dialect, p.offer.Model, p.target.Model, p.target.BaseURL)
	p.talk(ctx)
	p.call(ctx)
	p.pair(ctx)
	p.verdict()
	return nil
}

// choose finds the provider, and the model or its cheapest one with tools.
func (p *prober) choose(ctx context.Context, slug, model string) error {
	list, err := seeds.Load()
	if err != nil {
		return err
	}
	connections := provider.NewConnections(p.tool.config.Env)
	reseller := provider.Reseller()
	if slug == reseller.Slug {
		conn, ok := connections.Connection(&reseller)
		if !ok {
			return models.Errorf(models.Invalid, "%s is not connected: set %s", reseller.Name, reseller.APIKeyEnv)
		}
		if _, list.Endpoints, err = provider.DiscoverResold(ctx, conn); err != nil {
			return err
		}
		list.Providers = append(list.Providers, reseller)
	}
	at := slices.IndexFunc(list.Providers, func(q models.Provider) bool { return q.Slug == slug })
	if at < 0 {
		return models.Errorf(models.NotFound, "there is no provider %s", slug)
	}
	p.provider = list.Providers[at]
	offers := slices.DeleteFunc(list.Endpoints, func(e models.Endpoint) bool {
		return e.Provider != slug || model != "" && e.Model != model && e.ProviderModelID != model ||
			model == "" && (e.Pricing.Free() || e.Status == "deprecated" || !slices.Contains(e.SupportedParameters, "tools"))
	})
	if len(offers) == 0 && model != "" { // one that the catalogue does not know
		offers = []models.Endpoint{{Model: model, Provider: slug, Tag: slug, ProviderModelID: model}}
	}
	if len(offers) == 0 {
		return models.Errorf(models.NotFound, "%s has no model with tools in the catalogue: name one", p.provider.Name)
	}
	p.offer = slices.MinFunc(offers, func(a, b models.Endpoint) int {
		return cmp.Compare(a.Pricing.Rates[models.UnitOutput], b.Pricing.Rates[models.UnitOutput])
	})
	var ok bool
	if p.target, ok = connections.Target(&p.provider, &p.offer); !ok {
		why := strings.Join(connections.Problems([]models.Provider{p.provider}), "; ")
		return models.Errorf(models.Invalid, "%s is not connected: %s", p.provider.Name, cmp.Or(why, "set "+p.provider.APIKeyEnv))
	}
	return nil
}

// ask puts one request and looks at the raw answer.
func (p *prober) ask(ctx context.Context, chat string) (provider.Sighting, models.Usage, *provider.Failure) {
	p.ended = ""
	r, fault := wire.ParseChat([]byte(chat))
	if fault != nil {
		return provider.Sighting{}, models.Usage{}, provider.Malformed(&p.provider, fault)
	}
	stream := r.Stream
	target := p.target.For(r)
	body, failure := target.ChatBody(r, wire.UpstreamOptions{Supported: p.offer.SupportedParameters, MaxOutput: p.offer.MaxOutput})
	if failure != nil {
		return provider.Sighting{}, models.Usage{}, failure
	}
	answer, failure := p.client.Open(ctx, target, body, stream)
	if failure != nil {
		return provider.Sighting{}, models.Usage{}, failure
	}
	defer answer.Close()
	raw := answer.Tap()
	rw := wire.NewRewriter(wire.RewriterOptions{Quirks: p.provider.Quirks})
	if stream && answer.Streaming {
		failure = p.read(answer, rw)
	} else {
		failure = p.whole(answer, rw)
	}
	usage, _ := rw.Usage()
	p.ended = rw.Finish() + " (" + rw.NativeFinish() + ")"
	return provider.Look(raw.Bytes(), answer.Header, &p.provider, p.target.Model, stream && answer.Streaming), usage, failure
}

func (p *prober) read(answer *provider.Answer, rw *wire.Rewriter) *provider.Failure {
	events := wire.NewEventReader(answer)
	for {
		kind, data, err := events.Next()
		switch {
		case errors.Is(err, io.EOF) || kind == wire.EventDone && err == nil:
			return nil
		case err != nil:
			return answer.Fail(err)
		case kind == wire.EventComment:
			continue
		case kind != wire.EventData:
			return provider.FromBody(&p.provider, data)
		}
		if _, info, err := rw.Chunk(nil, bytes.Clone(data)); info.Error != nil {
			return provider.FromBody(&p.provider, info.Error)
		} else if err != nil {
			return provider.Malformed(&p.provider, err)
		}
	}
}

func (p *prober) whole(answer *provider.Answer, rw *wire.Rewriter) *provider.Failure {
	body, failure := answer.ReadAll(nil)
	if failure != nil {
		return failure
	}
	if _, info, err := rw.Result(nil, body); info.Error != nil {
		return provider.FromBody(&p.provider, info.Error)
	} else if err != nil {
		return provider.Malformed(&p.provider, err)
	}
	return nil
}

// talk streams one answer. What is refused is left out, and the question is put again.
func (p *prober) talk(ctx context.Context) {
	reasoning := ""
	if p.offer.Reasoning || slices.Contains(p.offer.SupportedParameters, "reasoning") {
		reasoning = `,"reasoning":{"effort":"low"}`
	}
	chat := fmt.Sprintf(probeTalk, reasoning)
	var f *provider.Failure
	for range 3 {
		p.found.Stream, p.found.StreamUsage, f = p.ask(ctx, chat)
		if f == nil || !p.learn(f) {
			break
		}
	}
	p.show("one stream", p.found.Stream, p.found.StreamUsage, f)
}

// learn takes the reason of a refusal as a quirk; false when there is nothing in it.
func (p *prober) learn(f *provider.Failure) bool {
	said := string(f.Raw)
	switch q := &p.provider.Quirks; {
	case strings.Contains(said, "stream_options") && !q.NoStreamOptions:
		q.NoStreamOptions, p.found.RefusedOptions = true, true
	case strings.Contains(said, "max_completion_tokens") && q.MaxTokensField == "":
		q.MaxTokensField, p.found.RefusedLimit = "max_completion_tokens", true
	default:
		return false
	}
	return true
}

func (p *prober) call(ctx context.Context) {
	s, u, f := p.ask(ctx, probeTool)
	p.found.Tool = s
	p.show("one tool call", s, u, f)
}

// pair asks the same long question twice: the second shows what a cache is called.
func (p *prober) pair(ctx context.Context) {
	prompt, err := json.Marshal(strings.Repeat("The market is open from Monday to Friday, and every price on it is public.\n", probeLines))
	if err != nil {
		return // a text cannot fail
	}
	chat := fmt.Sprintf(probePair, prompt)
	var f *provider.Failure
	if p.found.First, p.found.Cached[0], f = p.ask(ctx, chat); f == nil {
		p.found.Again, p.found.Cached[1], f = p.ask(ctx, chat)
	}
	p.show("one cached pair, the second of it", p.found.Again, p.found.Cached[1], f)
	if f == nil {
		fmt.Fprintf(p.tool.out, "  read from a cache: %d of %d tokens the first time, %d of %d the second\n",
			p.found.Cached[0].CacheRead, p.found.Cached[0].Input, p.found.Cached[1].CacheRead, p.found.Cached[1].Input)
	}
}

// show prints a sighting.
func (p *prober) show(what string, s provider.Sighting, u models.Usage, f *provider.Failure) {
	w := p.tool.out
	fmt.Fprintf(w, "\n%s\n", what)
	if f != nil {
		fmt.Fprintf(w, "  failed: %s (upstream status %d)\n  %s\n", f.Error(), f.Upstream, strings.ToValidUTF8(string(f.Raw), "\uFFFD"))
		return
	}
	line := func(name string, list []string) {
		if len(list) > 0 {
			fmt.Fprintf(w, "  %s: %s\n", name, strings.Join(list, "; "))
		}
	}
	fmt.Fprintf(w, "  events: %d, comments: %d, [DONE]: %v\n", s.Events, s.Comments, s.Done)
	line("usage stands", s.UsageAt)
	if s.UsageNull > 0 {
		fmt.Fprintf(w, "  usage is null in %d events\n", s.UsageNull)
	}
	line("usage fields", s.UsageNames)
	fmt.Fprintf(w, "  we read: input %d (cache %d, written %d), output %d (reasoning %d), finish %s\n", u.Input, u.CacheRead, u.CacheWrite+u.CacheWrite1h, u.Output, u.Reasoning, p.ended)
	if u.Anomaly != "" {
		fmt.Fprintf(w, "  which does not add up: %s\n", u.Anomaly)
	}
	line("thinking comes as", s.Reasoning)
	line("finish", s.Finish)
	if s.Unset {
		fmt.Fprintln(w, "  finish_reason is missing from some choices")
	}
	if s.Calls > 0 {
		fmt.Fprintf(w, "  tool calls: %d, index missing: %v\n", s.Calls, s.NoIndex)
	}
	line("top-level members", s.Members)
	line("headers", s.Headers)
}

// verdict prints the quirk record as it should be.
func (p *prober) verdict() {
	was, err := seeds.Load()
	if err != nil {
		return // it was read before
	}
	var now models.Quirks
	for _, q := range was.Providers {
		if q.Slug == p.provider.Slug {
			now = q.Quirks
		}
	}
	should := p.found.Quirks(p.provider.Quirks)
	record, err := json.Marshal(should)
	if err != nil {
		return // plain words and flags: it cannot fail
	}
	word := "should become"
	if reflect.DeepEqual(now, should) {
		word = "is right as it is"
	}
	fmt.Fprintf(p.tool.out, "\nthe quirk record %s: %q:%s\n", word, p.provider.Slug, record)
}

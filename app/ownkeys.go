package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"bourse/app/auth"
	"bourse/app/catalog"
	"bourse/app/provider"
	"bourse/app/wire"
	"bourse/models"
)

const (
	ownTryTime = 30 * time.Second
	// ownTriesPerHour bounds how often one account has keys tried: each is a call to somebody else.
	ownTriesPerHour = 30
	ownTryTokens    = 16
	// ownTryModels is how many models are asked before a provider counts as having none of them.
	ownTryModels = 4
	ownTryBody   = `{"model":"m","max_tokens":16,"messages":[{"role":"user","content":"Say hello."}]}`
)

// openOwnKeys opens the vault for people's own keys: with the keys of the environment, else with
// one in the data folder. Several processes share no folder, so with PostgreSQL it has to be the
// environment.
func (a *App) openOwnKeys() error {
	var vault *auth.Vault
	var err error
	switch {
	case a.Config.EncryptionKeys != "":
		vault, err = auth.NewVault(a.Config.EncryptionKeys)
	case a.Config.DatabaseURL == "":
		vault, err = auth.VaultIn(a.Config.DataDir)
	}
	if err != nil {
		return fmt.Errorf("open the vault of own keys: %w", err)
	}
	a.Own = auth.NewOwnKeys(a.DB, vault, a.Config.AllowPrivate, a.Log)
	return nil
}

func (a *App) ownTarget(o *catalog.Offer, k auth.OwnKey) (provider.Target, bool) {
	return a.connections.Own(o.Provider, &o.Endpoint, provider.OwnKey{Key: k.Key, BaseURL: k.BaseURL, Guarded: !a.Config.AllowPrivate})
}

// ownableProviders are those for which a person may bring a key, by name.
func (a *App) ownableProviders() []models.Provider {
	var out []models.Provider
	for _, p := range a.Catalog.Current().Providers {
		if provider.Ownable(&p.Provider) && len(p.Offers) > 0 {
			out = append(out, p.Provider)
		}
	}
	return out
}

// tryOwnKey asks the provider's cheapest chat model for a word with a person's key, and returns what
// is wrong with it in a sentence, "" when it answers.
func (a *App) tryOwnKey(ctx context.Context, accountID string, k auth.OwnKey) (string, error) {
	if ok, wait := a.limits.Allow("own key "+accountID, ownTriesPerHour, time.Hour); !ok {
		return "", models.Errorf(models.RateLimited, "These were many tests. The next one is possible in %d minutes.", int(wait/time.Minute)+1)
	}
	ctx, cancel := context.WithTimeout(ctx, ownTryTime)
	defer cancel()
	return a.tryOnce(ctx, k), nil
}

func (a *App) tryOnce(ctx context.Context, k auth.OwnKey) string {
	s := a.Catalog.Current()
	p := s.Provider(k.Provider)
	if p == nil {
		return "This provider is not on the market any more."
	}
	offers := cheapestChats(s, p)
	if len(offers) == 0 {
		return p.Name + " has no chat model on the market with which to try the key."
	}
	trouble := ""
	for _, offer := range offers[:min(len(offers), ownTryModels)] {
		target, ok := a.ownTarget(offer, k)
		if !ok {
			return "This provider needs its address: remove the key, and add it again with a base URL."
		}
		f := a.askOnce(ctx, target, offer)
		if f == nil {
			return ""
		}
		f.OfOwnKey()
		if trouble = f.Message; f.Upstream != 0 {
			trouble = fmt.Sprintf("%s It answered %d to a question to %s.", f.Message, f.Upstream, offer.ProviderModelID)
		}
		if f.Type != wire.TypeNotFound { // a model that is gone says nothing about the key
			break
		}
	}
	return trouble
}

// cheapestChats are the offers of chat models at a provider that cost something, the surest and then
// the cheapest first.
func cheapestChats(s *catalog.Snapshot, p *catalog.ProviderEntry) []*catalog.Offer {
	var list []*catalog.Offer
	for _, o := range p.Offers {
		e := s.Model(o.Model)
		if e == nil || e.Type != catalog.TypeChat || !o.Spoken(e.Type) || o.ProviderModelID == "" || o.Status == "deprecated" {
			continue
		}
		if _, priced := o.Output(); priced && !o.IsFree {
			list = append(list, o)
		}
	}
	sure := map[string]int{"high": 0, "medium": 1}
	slices.SortStableFunc(list, func(x, y *catalog.Offer) int {
		px, _ := x.Output()
		py, _ := y.Output()
		if sx, sy := surety(sure, x), surety(sure, y); sx != sy {
			return cmp.Compare(sx, sy)
		}
		return cmp.Compare(px, py)
	})
	return list
}

func surety(known map[string]int, o *catalog.Offer) int {
	if n, ok := known[o.Confidence]; ok {
		return n
	}
	return len(known)
}

// askOnce puts one short question and reads the answer to its end.
func (a *App) askOnce(ctx context.Context, target provider.Target, offer *catalog.Offer) *provider.Failure {
	r, fault := wire.ParseChat([]byte(ownTryBody))
	if fault != nil {
		return provider.Malformed(offer.Provider, fault)
	}
	target = target.For(r)
	body, failure := target.ChatBody(r, wire.UpstreamOptions{Supported: offer.SupportedParameters, MaxTokens: ownTryTokens})
	if failure != nil {
		return failure
	}
	answer, failure := a.client.Open(ctx, target, body, false)
	if failure != nil {
		return failure
	}
	defer answer.Close()
	raw, failure := answer.ReadAll(nil)
	if failure != nil {
		return failure
	}
	_, info, err := wire.NewRewriter(wire.RewriterOptions{Quirks: offer.Provider.Quirks}).Result(nil, raw)
	switch {
	case info.Error != nil:
		return provider.FromBody(offer.Provider, info.Error)
	case err != nil:
		return provider.Malformed(offer.Provider, err)
	}
	return nil
}

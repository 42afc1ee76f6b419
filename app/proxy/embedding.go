package proxy

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"bourse/app/provider"
	"bourse/app/wire"
	"bourse/models"
)

// Embeddings serves POST /api/v1/embeddings.
func (p *Proxy) Embeddings(w http.ResponseWriter, r *http.Request) {
	p.serve(w, r, door{embed: true})
}

// readEmbedding is the parse step of this door.
func (c *call) readEmbedding(body []byte) (*wire.ChatRequest, *wire.Error) {
	e, fault := wire.ParseEmbedding(body)
	if fault != nil {
		return nil, fault
	}
	c.embedding = e
	return e.ChatRequest, nil
}

// batchesMax is how many requests for the vectors of one are under way at once.
const batchesMax = 8

// embed asks one endpoint for vectors: charged first, and only then sent, as any plain answer.
func (c *call) embed(cand candidate, up *upstream) *provider.Failure {
	target := cand.target
	target.Embeds = true
	c.gen.Absorbed = 0 // of an endpoint before: it is not owed to this one
	got, failure := c.vectors(target, up)
	if failure != nil {
		if got.Counted { // the provider will bill what it did until then
			if charge, err := c.price(cand, got.Usage); err == nil && charge.Cost > 0 {
				c.gen.Absorbed = charge.Cost
				c.p.Log.Warn("vectors paid for and not delivered", "generation", c.gen.ID, "endpoint", cand.Name(), "cost", charge.Cost.USD())
			}
		}
		return failure
	}
	c.gen.FirstToken = time.Now()
	usage := got.Usage
	if !got.Counted {
		usage = models.Usage{Input: c.promptN, Source: models.UsageEstimate, ProviderCost: -1}
	}
	block, err := c.charge(cand, usage, got.Counted, "stop", http.StatusOK)
	if err != nil {
		c.unsettled(err)
		return nil
	}
	head := wire.Head{ID: c.gen.ID, Model: cand.Entry.ID, Provider: cand.Offer.Provider.Name}
	c.send(wire.AppendEmbedding(nil, head, got.Vectors, c.embedding.Base64, block))
	return nil
}

// vectors asks for all of them, in as many requests as the provider needs.
func (c *call) vectors(target provider.Target, up *upstream) (wire.EmbeddingAnswer, *provider.Failure) {
	n := c.embedding.Inputs
	most := target.InputsMax()
	if most == 0 || most > n {
		most = n
	}
	ctx, stop := context.WithCancel(up.ctx)
	defer stop()
	parts := make([]wire.EmbeddingAnswer, (n+most-1)/most)
	failures := make([]*provider.Failure, len(parts))
	var first atomic.Pointer[provider.Failure] // what the others then fail of is no news
	free := make(chan struct{}, batchesMax)
	var running sync.WaitGroup
	for i := range parts {
		free <- struct{}{}
		running.Go(func() {
			defer func() { <-free }()
			parts[i], failures[i] = c.batch(ctx, target, i*most, min((i+1)*most, n))
			if failures[i] != nil && first.CompareAndSwap(nil, failures[i]) {
				stop()
			}
		})
	}
	running.Wait()
	all := wire.EmbeddingAnswer{Counted: true, Usage: models.Usage{Source: models.UsageUpstream, ProviderCost: -1}}
	for i := range parts {
		if failures[i] == nil {
			all.Add(parts[i])
		}
	}
	return all, first.Load()
}

// batch asks for the vectors of the inputs from one to another.
func (c *call) batch(ctx context.Context, target provider.Target, from, to int) (wire.EmbeddingAnswer, *provider.Failure) {
	body, failure := target.EmbedBody(c.embedding, wire.UpstreamOptions{User: c.endUser()}, from, to)
	if failure != nil {
		return wire.EmbeddingAnswer{}, failure
	}
	answer, failure := c.p.Client.Open(ctx, target, body, false)
	if failure != nil {
		return wire.EmbeddingAnswer{}, failure
	}
	defer answer.Close()
	raw, failure := answer.ReadAll(nil)
	if failure != nil {
		return wire.EmbeddingAnswer{}, failure
	}
	return target.Vectors(raw, answer.Header, to-from)
}

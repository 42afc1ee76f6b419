package proxy

import (
	"net/http"
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

// embed asks one endpoint for vectors: charged first, and only then sent, as any plain answer.
func (c *call) embed(cand candidate, up *upstream) *provider.Failure {
	target := cand.target
	target.Embeds = true
	body := c.req.AppendUpstream(nil, wire.UpstreamOptions{Model: cand.target.Model, Quirks: cand.Offer.Provider.Quirks, User: c.endUser()})
	answer, failure := c.p.Client.Open(up.ctx, target, body, false)
	if failure != nil {
		return failure
	}
	defer answer.Close()
	raw, failure := answer.ReadAll(nil)
	if failure != nil {
		return failure
	}
	got, err := wire.ReadEmbedding(raw, c.embedding.Inputs, cand.Offer.Provider.Quirks)
	switch {
	case err != nil:
		return provider.Malformed(cand.Offer.Provider, err)
	case got.Error != nil:
		return provider.FromBody(cand.Offer.Provider, got.Error)
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

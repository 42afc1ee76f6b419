package billing

import "time"

// holdPatience is how long a hold for which nobody waits may wait for company: mostly for its own
// settlement, with which it is one row and one commit instead of two.
const holdPatience = 5 * time.Millisecond

// parking is where such holds wait, in the order of their arrival. It belongs to the committer's
// goroutine; its size is bounded by the requests in progress.
type parking struct {
	line []*op          // those that left early stay in the line until they are its first
	byID map[string]*op // those that are still here, by generation
}

// sort takes an operation in: into the batch, or into the parking. A settlement, or a sign that
// somebody waits after all, takes the hold out.
func (p *parking) sort(o *op, batch []*op) []*op {
	switch {
	case o.kind == opHold && o.patient:
		p.byID[o.hold.Generation.ID] = o
		p.line = append(p.line, o)
		return batch
	case o.kind == opHurry:
		return p.leave(o.gen.ID, batch)
	case o.kind == opResolve:
		batch = p.leave(o.gen.ID, batch)
	case o.kind == opHold:
		batch = p.ahead(o.hold.Generation.AccountID, batch)
	}
	return append(batch, o)
}

// ahead takes out all holds of an account: whoever came later must not be granted what they were
// promised.
func (p *parking) ahead(account string, batch []*op) []*op {
	for _, o := range p.line {
		if o.hold.Generation.AccountID == account {
			batch = p.leave(o.hold.Generation.ID, batch)
		}
	}
	return batch
}

func (p *parking) leave(id string, batch []*op) []*op {
	o, here := p.byID[id]
	if !here {
		return batch
	}
	delete(p.byID, id)
	return append(batch, o)
}

// due takes out those that have waited long enough, and all of them when it is time to close.
func (p *parking) due(now time.Time, closing bool, batch []*op) []*op {
	n := 0
	for ; n < len(p.line) && len(batch) < batchMax; n++ {
		o := p.line[n]
		if _, here := p.byID[o.hold.Generation.ID]; here && !closing && now.Sub(o.arrived) < holdPatience {
			break
		}
		batch = p.leave(o.hold.Generation.ID, batch)
	}
	clear(p.line[:n])
	if p.line = p.line[n:]; len(p.line) == 0 {
		p.line = nil // the room in front of the line is given back
	}
	return batch
}

// next is how long the first may still wait, and whether there is one.
func (p *parking) next(now time.Time) (time.Duration, bool) {
	if len(p.line) == 0 {
		return 0, false
	}
	return max(holdPatience-now.Sub(p.line[0].arrived), 0), true
}

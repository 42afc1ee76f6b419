package billing

import (
	"context"
	"errors"
	"time"

	"bourse/models"
)

const (
	batchMax      = 512  // operations in one transaction
	queueMax      = 8192 // waiting operations; beyond that callers wait for a place
	retryFor      = 30 * time.Second
	retryFirst    = 10 * time.Millisecond
	retryMost     = time.Second
	commitTimeout = 20 * time.Second // of one try
)

type opKind int

const (
	opHold opKind = iota
	opResolve
	opPost
	opExtend
	opProgress
	opHurry // somebody waits for a hold that was handed in as patient
)

// op is one movement on its way through the committer.
type op struct {
	kind  opKind
	hold  *Hold
	gen   *models.Generation
	tx    *models.LedgerTx
	terms Posting // of a tx: what it asks for besides its entries

	extend   *Hold
	progress []models.Progress

	patient bool      // a hold for which nobody waits
	arrived time.Time // of a patient hold
	refused func()    // called when a patient hold was refused
	since   time.Time // when the database first refused to store it
	err     error
	done    chan struct{}
}

// committer is the one writer of money in this process. While one transaction commits, the next
// batch gathers, so a batch is one operation when the house is quiet and hundreds when it is not.
// Nothing for which somebody waits is ever delayed.
type committer struct {
	store  *models.MoneyStore
	queue  chan *op
	quit   chan struct{}
	ended  chan struct{}
	owed   []*op // what the database could not store yet; bounded by its callers
	parked parking
	ample  *ample
	clock  int64 // microseconds of the newest entry: entries of one process have an order
}

func startCommitter(store *models.MoneyStore) *committer {
	c := &committer{store: store, queue: make(chan *op, queueMax), quit: make(chan struct{}), ended: make(chan struct{}),
		parked: parking{byID: map[string]*op{}}, ample: newAmple()}
	go c.run()
	return c
}

// do hands in one operation and waits until it is durable or refused. Once it is handed in, ctx
// no longer matters: an answer is owed either way.
func (c *committer) do(ctx context.Context, o *op) error {
	if err := c.send(ctx, o); err != nil {
		return err
	}
	return c.wait(o)
}

// send hands in one operation.
func (c *committer) send(ctx context.Context, o *op) error {
	o.done = make(chan struct{})
	select {
	case <-c.quit:
		return errClosed
	default:
	}
	select {
	case c.queue <- o:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.quit:
		return errClosed
	}
}

// wait returns what became of an operation that was handed in.
func (c *committer) wait(o *op) error {
	select {
	case <-o.done:
	case <-c.ended: // handed in just as the committer stopped
		select {
		case <-o.done:
		default:
			return errClosed
		}
	}
	return o.err
}

// offer hands in an operation that nobody waits for; when the queue is full it is dropped.
func (c *committer) offer(o *op) {
	o.done = make(chan struct{})
	select {
	case c.queue <- o:
	default:
	}
}

var errClosed = models.Errorf(models.Unavailable, "The ledger is shutting down.")

func (c *committer) close() {
	close(c.quit)
	<-c.ended
}

func (c *committer) run() {
	defer close(c.ended)
	defer c.store.Close()
	batch := make([]*op, 0, batchMax)
	for {
		batch = append(batch[:0], c.owed...)
		c.owed = c.owed[:0]
		batch = c.gather(batch)
		if len(batch) == 0 {
			return
		}
		c.commit(batch)
	}
}

// gather waits until there is something to do, and takes all that is there. While something is
// owed to a database that stores nothing, that is to try again, at the latest after a while. An
// empty batch means that the house closes and all is done.
func (c *committer) gather(batch []*op) []*op {
	owed := len(batch)
	for {
		batch = c.parked.due(time.Now(), false, c.drain(batch))
		if len(batch) > owed {
			return batch
		}
		quit, wait := c.quit, time.Duration(-1)
		if left, some := c.parked.next(time.Now()); some {
			wait = left
		}
		if owed > 0 {
			quit, wait = nil, retryMost
		}
		o, more := c.sleep(wait, quit)
		switch {
		case o != nil:
			batch = c.parked.sort(o, batch)
		case !more:
			// What was handed in before is still owed.
			return c.parked.due(time.Now(), true, c.drain(batch))
		case owed > 0:
			return batch
		}
	}
}

// drain takes what is in the queue.
func (c *committer) drain(batch []*op) []*op {
	for len(batch) < batchMax {
		select {
		case o := <-c.queue:
			batch = c.parked.sort(o, batch)
		default:
			return batch
		}
	}
	return batch
}

// sleep returns the next operation; nil when the time is over (never when it is negative), and
// false when quit is closed.
func (c *committer) sleep(wait time.Duration, quit <-chan struct{}) (o *op, more bool) {
	var over <-chan time.Time
	if wait >= 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		over = t.C
	}
	select {
	case o := <-c.queue:
		return o, true
	case <-over:
		return nil, true
	case <-quit:
		return nil, false
	}
}

// answer tells those who wait what became of an operation.
func (c *committer) answer(o *op) {
	if o.patient {
		c.ample.decided(o.hold)
	}
	close(o.done)
	if o.refused != nil && o.err != nil {
		o.refused()
	}
}

// commit makes the batch durable and answers its callers. A batch that the database refuses for
// its rows is played again one by one, so that one bad operation cannot fail its neighbours. A
// database that can store nothing refuses new holds at once; what is owed is kept for a while.
func (c *committer) commit(batch []*op) {
	err := c.try(batch)
	if models.Unwritable(err) {
		c.keep(batch, err)
		return
	}
	if err != nil && len(batch) > 1 && !passing(err) {
		c.single(batch)
		return
	}
	for _, o := range batch {
		if err != nil {
			o.err = err
			if passing(err) {
				o.err = away(err)
			}
		}
		c.answer(o)
	}
}

// single plays a batch one by one. A settlement whose hold was in the batch shares its fate.
func (c *committer) single(batch []*op) {
	refused := map[string]error{}
	for _, o := range batch {
		if o.kind == opResolve && refused[o.gen.ID] != nil {
			o.err = refused[o.gen.ID]
		} else if err := c.try([]*op{o}); err != nil {
			o.err = err
		}
		if o.kind == opHold && o.err != nil {
			refused[o.hold.Generation.ID] = o.err
		}
		c.answer(o)
	}
}

// keep refuses what can be refused and keeps what is owed for the next try, within its time.
func (c *committer) keep(batch []*op, err error) {
	now := time.Now()
	c.ample.forget()
	refused := map[string]bool{}
	for _, o := range batch {
		if o.since.IsZero() {
			o.since = now
		}
		owed := o.kind == opPost || o.kind == opResolve && !refused[o.gen.ID]
		if owed && now.Sub(o.since) < retryFor {
			c.owed = append(c.owed, o)
			continue
		}
		if o.kind == opHold {
			refused[o.hold.Generation.ID] = true
		}
		o.err = away(err)
		c.answer(o)
	}
}

// passing reports whether a failure says nothing about the batch itself.
func passing(err error) bool {
	return models.Retryable(err) || errors.Is(err, context.DeadlineExceeded)
}

func away(err error) error {
	return &models.Error{Code: models.Unavailable, Message: "The ledger's database does not take anything. Try again in a moment.", Err: err}
}

// try runs one transaction, again and again while the failure may pass. From the second time on
// the first may have been committed with its answer lost, so the batch looks for its own rows.
func (c *committer) try(batch []*op) error {
	wait := retryFirst
	deadline := time.Now().Add(retryFor)
	again, twice := false, false
	for {
		ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
		b := &applier{ops: batch, again: again, now: c.tick}
		err := c.store.Run(ctx, b.apply)
		cancel()
		if models.Duplicate(err) && !twice {
			// Another replica posted the same between our look and our insert: house accounts have
			// no row to lock. The next look finds it.
			twice = true
			continue
		}
		if err == nil {
			c.ample.note(b, time.Now())
		}
		if err == nil || !passing(err) || time.Now().After(deadline) {
			return err
		}
		again = true
		time.Sleep(wait) // this goroutine has nothing else to do, and its callers are owed an answer
		wait = min(2*wait, retryMost)
	}
}

// tick is the time of the next entry in microseconds, later than the one before.
func (c *committer) tick() int64 {
	c.clock = max(c.clock+1, time.Now().UnixMicro())
	return c.clock
}

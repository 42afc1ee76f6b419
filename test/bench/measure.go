package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// measurement is one thing that is measured.
type measurement struct {
	name string
	run  func(s *setup, t *table, o options) error
}

func measurements() []measurement {
	list := []measurement{{"memory idle", measureIdle}, {"sync", measureSync}}
	for _, n := range []int{1, 16, 64, 256} {
		list = append(list, measurement{fmt.Sprint("plain ", n), measurePlain(n)})
	}
	for _, n := range []int{16, 64} {
		list = append(list, measurement{fmt.Sprint("streams ", n), measureStreams(n)})
	}
	return append(list, measurement{"latency", measureLatency}, measurement{"pages", measurePages}, measurement{"held streams", measureHeld})
}

const chatPath = "/api/v1/chat/completions"

// rates are the medians of rounds that took turns: calls a second, and the processor time of the
// server for each call, which says more than the rate where a machine is shared.
type rates struct {
	bare, bourse       float64
	bareCPU, bourseCPU time.Duration
}

// turns runs the yardstick and the marketplace in turns.
func (s *setup) turns(body string, callers int, o options) (rates, error) {
	return race([2]*process{s.bare, s.bourse}, [2]func(int64) []byte{
		always(request(s.bare.address, "/v1/chat/completions", "", body)), always(request(s.bourse.address, chatPath, s.key, body)),
	}, callers, o)
}

// race runs two servers in turns.
func race(both [2]*process, requests [2]func(int64) []byte, callers int, o options) (rates, error) {
	var calls, costs [2][]float64
	for i := range o.rounds + 1 {
		for who, p := range both {
			before, err := p.cpu()
			if err != nil {
				return rates{}, err
			}
			rate, err := closed(p.address, requests[who], callers, o.round)
			if err != nil {
				return rates{}, fmt.Errorf("%s: %w", [2]string{"bare", "bourse"}[who], err)
			}
			after, err := p.cpu()
			if err != nil {
				return rates{}, err
			}
			if i > 0 { // the first round warms up
				calls[who] = append(calls[who], rate)
				costs[who] = append(costs[who], float64(after-before)/(rate*o.round.Seconds()))
			}
		}
	}
	return rates{median(calls[0]), median(calls[1]), time.Duration(median(costs[0])), time.Duration(median(costs[1]))}, nil
}

func measurePlain(n int) func(*setup, *table, options) error {
	return func(s *setup, t *table, o options) error {
		r, err := s.turns(plainBody, n, o)
		if err != nil {
			return err
		}
		must := 0.65
		if n == 1 {
			must = 0.45
		}
		t.ratio(fmt.Sprintf("plain calls, %d at once", n), r, "calls/s", must)
		return nil
	}
}

func measureStreams(n int) func(*setup, *table, options) error {
	return func(s *setup, t *table, o options) error {
		r, err := s.turns(streamBody, n, o)
		if err != nil {
			return err
		}
		t.ratio(fmt.Sprintf("streams of %d events, %d at once", events, n), r, "streams/s", 0.70)
		return nil
	}
}

func measureLatency(s *setup, t *table, o options) error {
	for _, rate := range []int{200, 1000} {
		var direct, bare, bourse []time.Duration
		for range o.rounds {
			for _, target := range []struct {
				into    *[]time.Duration
				address string
				request []byte
			}{
				{&direct, s.upstream.address, request(s.upstream.address, "/v1/chat/completions", "", plainBody)},
				{&bare, s.bare.address, request(s.bare.address, "/v1/chat/completions", "", plainBody)},
				{&bourse, s.bourse.address, request(s.bourse.address, chatPath, s.key, plainBody)},
			} {
				took, err := paced(target.address, target.request, rate, o.round)
				if err != nil {
					return err
				}
				*target.into = append(*target.into, took...)
			}
		}
		for _, p := range []int{50, 99} {
			d, b, m := percentile(direct, p), percentile(bare, p), percentile(bourse, p)
			t.latency(fmt.Sprintf("added p%d at %d/s", p, rate), b-d, m-d, p == 50)
		}
	}
	return nil
}

func measureIdle(s *setup, t *table, _ options) error {
	time.Sleep(2 * time.Second) // what starting needed is given back by then
	rss, err := s.bourse.rss()
	if err != nil {
		return err
	}
	t.memory("resident memory, idle", float64(rss)/(1<<20), "MiB", 64)
	return nil
}

// measureSync tells what the disk alone takes to make four KiB durable, which every charge waits for.
func measureSync(s *setup, t *table, _ options) error {
	f, err := os.Create(filepath.Join(s.dir, "sync"))
	if err != nil {
		return err
	}
	defer f.Close()
	page := make([]byte, 4096)
	var took []time.Duration
	for range 300 {
		began := time.Now()
		if _, err := f.WriteAt(page, 0); err != nil {
			return err
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			return err
		}
		took = append(took, time.Since(began))
	}
	t.add("the disk alone: 4 KiB written and fdatasync, median", "", ms(percentile(took, 50)), "", "", true)
	return nil
}

// measureHeld holds thousands of slow streams and reads the memory.
func measureHeld(s *setup, t *table, o options) error {
	before, err := s.bourse.rss()
	if err != nil {
		return err
	}
	body := request(s.bourse.address, chatPath, s.key, slowBody)
	callers := make([]*caller, o.streams)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failures []error
	gate := make(chan struct{}, 200)
	for i := range callers {
		gate <- struct{}{}
		wg.Go(func() {
			defer func() { <-gate }()
			c, err := dial(s.bourse.address)
			if err == nil {
				_, err = c.conn.Write(body)
			}
			if err == nil {
				_, err = c.head()
			}
			mu.Lock()
			defer mu.Unlock()
			if callers[i] = c; err != nil {
				failures = append(failures, err)
			}
		})
	}
	wg.Wait()
	defer func() {
		for _, c := range callers {
			if c != nil {
				c.conn.Close()
			}
		}
	}()
	if len(failures) > 0 {
		return fmt.Errorf("%d streams failed, the first: %w", len(failures), failures[0])
	}
	lost := 0
	for round := range 4 {
		for _, c := range callers {
			if err := c.conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
				return err
			}
			if n, err := c.chunk(); err != nil || n == 0 {
				lost++
			}
		}
		_ = round
	}
	after, err := s.bourse.rss()
	if err != nil {
		return err
	}
	if lost > 0 {
		return errors.New(strconv.Itoa(lost) + " reads of held streams failed")
	}
	t.memory(fmt.Sprintf("resident memory for each of %d held streams", o.streams), float64(after-before)/float64(o.streams)/1024, "KiB", 72)
	return nil
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

func percentile(v []time.Duration, p int) time.Duration {
	v = slices.Sorted(slices.Values(v))
	return v[min(len(v)*p/100, len(v)-1)]
}

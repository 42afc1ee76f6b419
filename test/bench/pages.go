package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

const pageCallers = 16

// serveFile sends the same bytes to everybody: the least that a page can cost.
func serveFile(address, name string) error {
	body, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body) // the caller may be gone
	})
	return http.ListenAndServe(address, nil)
}

// measurePages compares the list of models with the same bytes served from memory, and draws lists
// that nobody asked for before.
func measurePages(s *setup, t *table, o options) error {
	for _, encoding := range []string{"identity", "zstd"} {
		if err := s.pageAgainstMemory(t, o, encoding); err != nil {
			return err
		}
	}
	var drawn, costs []float64
	for round := range o.rounds {
		before, err := s.bourse.cpu()
		if err != nil {
			return err
		}
		rate, err := closed(s.bourse.address, func(i int64) []byte {
			path := fmt.Sprintf("/models?order=%s&%s&min_price=0.%d%05d", orders[i%int64(len(orders))], filters[i%int64(len(filters))], round+1, i)
			return request(s.bourse.address, path, "", "")
		}, pageCallers, o.round)
		if err != nil {
			return err
		}
		after, err := s.bourse.cpu()
		if err != nil {
			return err
		}
		drawn, costs = append(drawn, rate), append(costs, float64(after-before)/(rate*o.round.Seconds()))
	}
	t.rate("lists filtered and sorted, each another, drawn anew", median(drawn), time.Duration(median(costs)), 1000)
	return nil
}

// The lists that are drawn anew are sorted and filtered in turn by these.
var (
	orders  = []string{"pricing-low-to-high", "newest", "context-high-to-low", "name", "output-low-to-high"}
	filters = []string{"input_modalities=image", "supported_parameters=tools", "q=e", "zdr=true", "price=0-0.5,0.5-2", "context=128000", "providers=deepinfra,groq"}
)

func (s *setup) pageAgainstMemory(t *table, o options, encoding string) error {
	address, err := free(1)
	if err != nil {
		return err
	}
	req, err := http.NewRequest("GET", "http://"+s.bourse.address+"/models", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept-Encoding", encoding)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	file := filepath.Join(s.dir, "models."+encoding)
	if err := os.WriteFile(file, body, 0o600); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	memory, err := run(address[0], nil, "/", self, "-mode", "memory", "-listen", address[0], "-target", file)
	if err != nil {
		return err
	}
	defer memory.stop()
	r, err := race([2]*process{memory, s.bourse}, [2]func(int64) []byte{
		always(page(memory.address, "/", encoding)), always(page(s.bourse.address, "/models", encoding)),
	}, pageCallers, o)
	if err != nil {
		return err
	}
	t.ratio(fmt.Sprintf("/models, %d KB %s, against the same bytes from memory", len(body)>>10, encoding), r, "pages/s", 0.8)
	return nil
}

// page asks for a page as a browser does.
func page(address, path, encoding string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept-Encoding: %s\r\n\r\n", path, address, encoding)
}

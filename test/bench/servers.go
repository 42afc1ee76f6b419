package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"
)

const (
	events     = 50          // of a fast stream
	slowEvery  = time.Second // between the events of a slow one
	slowEvents = 120
)

// The requests that the load sends. A slow stream is told by its max_tokens.
const (
	plainBody  = `{"model":"meta-llama/llama-3.3-70b-instruct","max_tokens":60,"messages":[{"role":"system","content":"You are a helpful assistant that answers briefly."},{"role":"user","content":"What does a market for models do, and who pays whom for what?"}]}`
	streamBody = `{"model":"meta-llama/llama-3.3-70b-instruct","max_tokens":60,"stream":true,"messages":[{"role":"system","content":"You are a helpful assistant that answers briefly."},{"role":"user","content":"What does a market for models do, and who pays whom for what?"}]}`
	slowBody   = `{"model":"meta-llama/llama-3.3-70b-instruct","max_tokens":121,"stream":true,"messages":[{"role":"user","content":"Slowly, please."}]}`
)

const answer = `{"id":"chatcmpl-bench","object":"chat.completion","created":1760000000,"model":"llama-3.3-70b-instruct","choices":[{"index":0,"message":{"role":"assistant","content":"It brings those who serve models and those who call them together, shows every price, holds what a call may cost before it is made, and settles what it did cost when it is over. The caller pays the market, the market pays the provider."},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":38,"completion_tokens":52,"total_tokens":90}}`

const chunk = "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\"model\":\"llama-3.3-70b-instruct\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" market\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n"

const last = "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\"model\":\"llama-3.3-70b-instruct\",\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}]}\n\n" +
	"data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\"model\":\"llama-3.3-70b-instruct\",\"choices\":[],\"usage\":{\"prompt_tokens\":38,\"completion_tokens\":50,\"total_tokens\":88}}\n\ndata: [DONE]\n\n"

// serveUpstream is a provider that answers at once, or as slowly as it is asked to.
func serveUpstream(address string) error {
	return http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		switch {
		case err != nil:
			http.Error(w, err.Error(), http.StatusBadRequest)
		case bytes.Contains(body, []byte(`"max_tokens":121`)):
			stream(w, r, slowEvents, slowEvery)
		case bytes.Contains(body, []byte(`"stream":true`)):
			stream(w, r, events, 0)
		default:
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, answer) // the caller may be gone
		}
	}))
}

func stream(w http.ResponseWriter, r *http.Request, n int, every time.Duration) {
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	var tick <-chan time.Time
	if every > 0 {
		t := time.NewTicker(every)
		defer t.Stop()
		tick = t.C
	}
	for range n {
		io.WriteString(w, chunk) // the caller may be gone
		if control.Flush() != nil {
			return
		}
		if every > 0 {
			select {
			case <-tick:
			case <-r.Context().Done():
				return
			}
		}
	}
	io.WriteString(w, last) // the caller may be gone
}

// serveBare is the yardstick: the standard library's reverse proxy with a large pool, which checks
// nothing and charges nobody. It is given each request's body whole: otherwise it breaks off some
// streams of an upstream that answers at once (golang/go 40747).
func serveBare(address, target string) error {
	u, err := url.Parse(target)
	if err != nil {
		return err
	}
	p := httputil.NewSingleHostReverseProxy(u)
	p.Transport = &http.Transport{MaxIdleConns: 0, MaxIdleConnsPerHost: 10_000, DisableCompression: true}
	p.FlushInterval = -1
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		p.ServeHTTP(w, r)
	})
	http.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	return http.ListenAndServe(address, nil)
}

package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"bourse/models"
)

const (
	// LocalSlug is the provider under which models found on the operator's own machines stand.
	LocalSlug = "local"

	probeTimeout    = 300 * time.Millisecond
	modelsBytesMax  = 4 << 20
	localServersMax = 32
	localModelsMax  = 1_000 // of one server
)

// LocalServer is an OpenAI-compatible server of the operator's own.
type LocalServer struct {
	Name    string // part of the endpoint's tag
	BaseURL string
	Usual   bool // not named by the operator: silence is no problem
}

// LocalModel is a model that such a server lists.
type LocalModel struct {
	Server        LocalServer
	ID            string // as the server calls it
	ContextLength int64  // 0 where it does not say
}

// usualServers are where local servers listen unless told otherwise.
var usualServers = []LocalServer{
	{Name: "ollama", BaseURL: "http://127.0.0.1:11434/v1", Usual: true},
	{Name: "lm-studio", BaseURL: "http://127.0.0.1:1234/v1", Usual: true},
	{Name: "llama.cpp", BaseURL: "http://127.0.0.1:8080/v1", Usual: true},
	{Name: "vllm", BaseURL: "http://127.0.0.1:8000/v1", Usual: true},
}

// LocalServers are the servers of OPENAI_COMPATIBLE_URLS, a comma-separated list of url or
// name=url, and those on the usual ports except our own.
func LocalServers(list string, ownPort int) ([]LocalServer, error) {
	var servers []LocalServer
	seen := make(map[string]bool)
	for _, entry := range strings.Split(list, ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		name, address, named := strings.Cut(entry, "=")
		if !named || strings.Contains(name, "/") {
			name, address = "", entry
		}
		u, err := url.Parse(strings.TrimSpace(address))
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return nil, models.FieldError("OPENAI_COMPATIBLE_URLS", "%q is not an http or https URL", entry)
		}
		if name = slugOf(name); name == "" {
			name = slugOf(u.Host)
		}
		if seen[u.Host] || len(servers) == localServersMax {
			continue
		}
		seen[u.Host] = true
		servers = append(servers, LocalServer{Name: name, BaseURL: strings.TrimRight(u.String(), "/")})
	}
	for _, s := range usualServers {
		u, err := url.Parse(s.BaseURL)
		if err != nil || u.Port() == strconv.Itoa(ownPort) || seen[u.Host] || seen[net.JoinHostPort("localhost", u.Port())] {
			continue
		}
		servers = append(servers, s)
	}
	return servers, nil
}

// DiscoverLocal asks all servers at once for their models. Servers that do not answer in time
// are left out; the problems name those that the operator had named.
func DiscoverLocal(ctx context.Context, servers []LocalServer) (found []LocalModel, problems []string) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, s := range servers {
		wg.Go(func() {
			list, err := listModels(ctx, client, s)
			mu.Lock()
			defer mu.Unlock()
			found = append(found, list...)
			if err != nil && !s.Usual {
				problems = append(problems, fmt.Sprintf("no models from %s (%s): %s", s.Name, s.BaseURL, err))
			}
		})
	}
	wg.Wait()
	sort.Slice(found, func(i, j int) bool {
		if found[i].Server.Name != found[j].Server.Name {
			return found[i].Server.Name < found[j].Server.Name
		}
		return found[i].ID < found[j].ID
	})
	sort.Strings(problems)
	return found, problems
}

// listModels asks at the URL as given, and below /v1 when that is not where the list is.
func listModels(ctx context.Context, client *http.Client, s LocalServer) ([]LocalModel, error) {
	list, err := fetchModels(ctx, client, s)
	if err == nil || strings.HasSuffix(s.BaseURL, "/v1") {
		return list, err
	}
	s.BaseURL += "/v1"
	return fetchModels(ctx, client, s)
}

func fetchModels(ctx context.Context, client *http.Client, s LocalServer) ([]LocalModel, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.BaseURL+"/models", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", userAgent)
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answers %d", resp.StatusCode)
	}
	var body struct {
		Data []struct {
			ID            string `json:"id"`
			MaxModelLen   int64  `json:"max_model_len"`  // vLLM
			ContextLength int64  `json:"context_length"` // others
			Meta          struct {
				TrainedOn int64 `json:"n_ctx_train"` // llama.cpp
			} `json:"meta"`
		} `json:"data"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, modelsBytesMax)).Decode(&body); err != nil {
		return nil, fmt.Errorf("its list of models cannot be read: %w", err)
	}
	var list []LocalModel
	for _, m := range body.Data[:min(len(body.Data), localModelsMax)] {
		if m.ID != "" {
			list = append(list, LocalModel{Server: s, ID: m.ID,
				ContextLength: max(m.MaxModelLen, m.ContextLength, m.Meta.TrainedOn, 0)})
		}
	}
	return list, nil
}

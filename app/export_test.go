package app

import (
	"sort"
	"time"
)

// SetSilence shortens what a stream may say nothing for.
func (a *App) SetSilence(d time.Duration) { a.proxy.Silence = d }

// APIRoutes lists "METHOD path" of every address under /api/v1, written as OpenAPI writes it.
func (a *App) APIRoutes() []string {
	var list []string
	for _, r := range programs(nil) {
		list = append(list, r.method+" "+braces(r.path))
	}
	for path := range a.inference() {
		list = append(list, "POST "+path)
	}
	sort.Strings(list)
	return list
}

func braces(path string) string {
	out := ""
	for i := 0; i < len(path); i++ {
		if path[i] != ':' {
			out += path[i : i+1]
			continue
		}
		end := i + 1
		for end < len(path) && path[end] != '/' {
			end++
		}
		out += "{" + path[i+1:end] + "}"
		i = end - 1
	}
	return out
}

// Package recorded reads real answers of providers that a public module keeps for its own tests.
package recorded

import (
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The recordings are real answers of ten hosts, kept by a public module for its own tests. They
// are read where the module cache has them; nothing of them is part of this project.
const (
	recordings    = "charm.land/fantasy@v0.41.2"
	recordingsSum = "h1:ML6LCJwFHLaKb521rVY6jXOJNsf9koIJtcnY0O1GKsU="
)

// folder downloads the recordings on the first run.
func folder(t testing.TB) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", recordings)
	cmd.Dir = t.TempDir() // outside of this module, which does not depend on it
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := cmd.Output()
	var module struct{ Dir, Sum, Error string }
	if jsonErr := json.Unmarshal(out, &module); err != nil || jsonErr != nil || module.Sum != recordingsSum {
		t.Fatalf("the recordings cannot be had: %v %v %s", err, jsonErr, out)
	}
	return filepath.Join(module.Dir, "providertests", "testdata")
}

// Interaction is one request's URL and the body of its answer.
type Interaction struct{ Name, URL, Answer string }

// Interactions lists all recorded answers: of each the request's URL and the response's body, which
// are scalars at a fixed depth of the recorder's files.
func Interactions(t testing.TB) []Interaction {
	t.Helper()
	dir := folder(t)
	var list []Interaction
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".yaml") {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		lines := strings.SplitAfter(string(raw), "\n")
		var at Interaction
		response := false
		for i := 0; i < len(lines); i++ {
			line := lines[i]
			switch {
			case strings.HasPrefix(line, "  request:"):
				response = false
			case strings.HasPrefix(line, "  response:"):
				response = true
			case strings.HasPrefix(line, "    url: "):
				at.URL = strings.TrimSpace(line[9:])
			case response && strings.HasPrefix(line, "    body: "):
				at.Name, at.Answer = filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path), scalar(line[10:], lines[i+1:])
				list = append(list, at)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// scalar reads the three styles of YAML that the recorder writes.
func scalar(first string, rest []string) string {
	if strings.HasPrefix(first, "!!binary") {
		raw, err := base64.StdEncoding.DecodeString(strings.Map(noSpace, scalar("|", rest)))
		if err != nil {
			return ""
		}
		return string(raw)
	}
	switch first[0] {
	case '|':
		var b strings.Builder
		for _, line := range rest {
			text, inside := strings.CutPrefix(line, "      ")
			if !inside && strings.TrimSpace(line) != "" {
				break
			}
			if !inside {
				text = "\n"
			}
			b.WriteString(text)
		}
		return b.String()
	case '\'':
		return strings.ReplaceAll(strings.TrimSuffix(strings.TrimSpace(first)[1:], "'"), "''", "'")
	case '"':
		text := strings.ReplaceAll(strings.TrimSpace(first), `\/`, `/`)
		if s, err := strconv.Unquote(text); err == nil {
			return s
		}
	}
	return first
}

func noSpace(r rune) rune {
	if r == ' ' || r == '\n' || r == '\r' {
		return -1
	}
	return r
}

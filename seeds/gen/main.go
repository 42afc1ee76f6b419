// Command gen writes the embedded catalogue from a folder of collected facts:
//
//	go run ./seeds/gen DIR
//
// It ships every offer that is active or in beta, has an upstream id and a price, with the models
// and providers these need, and writes our own sentences about the models. The same facts give the
// same files, byte for byte.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"bourse/seeds"
)

// outDir is where the files go, seen from the root of the project.
const outDir = "seeds"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./seeds/gen DIR   (DIR holds models.json, endpoints.json, …)")
		os.Exit(2)
	}
	if err := run(os.Args[1], outDir); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	src, err := readSource(from)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(to, "seeds.go")); err != nil {
		return fmt.Errorf("run it at the root of the project: %w", err)
	}
	offers, err := shippedOffers(src)
	if err != nil {
		return err
	}
	history, err := shippedHistory(src, offers)
	if err != nil {
		return err
	}
	milestones, err := shippedMilestones(src)
	if err != nil {
		return err
	}
	lines := shippedModels(src, offers)
	describeAll(lines, offers.Offers, authorNames(src))
	files := []struct {
		name  string
		write func(*lineWriter)
	}{
		{"authors.json", func(w *lineWriter) { writeArray(w, shippedAuthors(src, lines)) }},
		{"providers.json", func(w *lineWriter) { writeArray(w, shippedProviders(src)) }},
		{"models.json", func(w *lineWriter) { writeArray(w, lines) }},
		{"offers.json", func(w *lineWriter) { writeOffers(w, offers) }},
		{"history.json", func(w *lineWriter) { writeArray(w, history) }},
		{"milestones.json", func(w *lineWriter) { writeArray(w, milestones) }},
		{"scores.json", func(w *lineWriter) { writeArray(w, shippedScores(src, lines)) }},
	}
	total := 0
	for _, f := range files {
		var w lineWriter
		f.write(&w)
		if w.err != nil {
			return fmt.Errorf("%s: %w", f.name, w.err)
		}
		if err := os.WriteFile(filepath.Join(to, f.name), w.buf.Bytes(), 0o644); err != nil {
			return err
		}
		total += w.buf.Len()
	}
	report(lines, offers.Offers, history, total)
	return nil
}

func report(lines []seeds.ModelLine, offers []seeds.OfferLine, history []seeds.HistoryLine, bytes int) {
	chat, points := 0, 0
	for _, l := range lines {
		if l.Type == "chat" {
			chat++
		}
	}
	for _, h := range history {
		points += len(h.Points)
	}
	fmt.Printf("%d models (%d chat), %d offers, %d recorded price points, %d KiB\n",
		len(lines), chat, len(offers), points, bytes/1024)
}

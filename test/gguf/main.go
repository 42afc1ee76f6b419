// Command gguf makes a tiny language model for tests with real model servers: a standard GGUF
// file of the llama architecture whose weights are an n-gram model of our own documentation. It
// writes nonsense, but servers that nobody here wrote load it, count its tokens and stream it.
//
//	go run ./test/gguf FILE         writes the model
//	go run ./test/gguf -modelfile   prints ollama's recipe for a file tiny-demo.gguf beside it
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

// modelfile ends the prompt with the token that begins an answer, whatever was written before.
// More than one thread would spin against the other programs of a small machine.
const modelfile = `FROM ./tiny-demo.gguf
TEMPLATE """{{ if .System }}{{ .System }} {{ end }}{{ .Prompt }}<s>"""
PARAMETER num_thread 1
PARAMETER num_predict 200
`

func main() {
	recipe := flag.Bool("modelfile", false, "print ollama's recipe")
	corpus := flag.String("corpus", "app/demo/corpus.md", "the text to learn from: paragraphs between empty lines")
	flag.Parse()
	if *recipe {
		fmt.Print(modelfile)
		return
	}
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: gguf [-corpus FILE] FILE | gguf -modelfile")
		os.Exit(2)
	}
	if err := run(*corpus, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(corpus, file string) error {
	text, err := os.ReadFile(corpus)
	if err != nil {
		return err
	}
	var paragraphs []string
	for part := range strings.SplitSeq(string(text), "\n\n") {
		if part = strings.TrimSpace(part); part != "" && !strings.HasPrefix(part, "#") {
			paragraphs = append(paragraphs, part)
		}
	}
	v := learnPieces(paragraphs)
	return write(file, v, fit(v, paragraphs))
}

package test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// unwanted are words that no file of the project may have. They are put together here, so that
// this file does not have them either.
var unwanted = []string{
	"TO" + "DO", "FIX" + "ME",
	"proxy.golang" + ".org", "sum.golang" + ".org", "registry.npmjs" + ".org", "deb.debian" + ".org", "files.pythonhosted" + ".org",
	"/work" + "/main", "/work" + "/shared", "/root" + "/go",
}

const textBytesMax = 2 << 20

func TestWords(t *testing.T) {
	files := 0
	err := filepath.WalkDir("..", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if skipped(entry.Name()) || entry.Name() == "shots" || entry.Name() == "bin" {
				return filepath.SkipDir
			}
			return nil
		}
		if entry.Name() == ".git" {
			return nil // a second working tree: it says where the first is
		}
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() || info.Size() > textBytesMax {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if bytes.IndexByte(text[:min(len(text), 8<<10)], 0) >= 0 {
			return nil // not text
		}
		files++
		for _, word := range unwanted {
			if at := bytes.Index(text, []byte(word)); at >= 0 {
				t.Errorf("%s:%d has %q", strings.TrimPrefix(filepath.ToSlash(name), "../"), 1+bytes.Count(text[:at], []byte("\n")), word)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 {
		t.Errorf("only %d files found", files)
	}
}

// Package static holds the style sheets, scripts, fonts and pictures of the pages, and serves them
// under an address that changes with their content, so that browsers keep them for ever.
//
// It knows nothing of pages: a page asks URL for the address of a file and that is all.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"path"
	"regexp"
	"sort"
	"strings"
	"sync"
)

//go:embed css js fonts img
var files embed.FS

// StyleSheet is the name of all files of css/ joined in the order of their names.
const StyleSheet = "app.css"

// hashCharacters of the content's hash stand in the address: 40 bits tell two releases apart.
const hashCharacters = 10

var symbolID = regexp.MustCompile(`<symbol id="([^"]+)"`)

// file is one thing to serve. Its compressed form is made when somebody first asks for it.
type file struct {
	body   []byte
	kind   string // Content-Type
	packed func() []byte
}

type bundle struct {
	root  string // "/s/<hash>/"
	files map[string]*file
	marks map[string]bool
}

// loaded is made once, from what is embedded, and never changes.
var loaded = sync.OnceValue(load)

// URL returns the address of a file by its name inside this package, such as "js/app.js".
func URL(name string) string { return loaded().root + name }

// HasMark reports whether the sprite of authors' marks has one for this author.
func HasMark(author string) bool { return loaded().marks[author] }

func load() *bundle {
	b := &bundle{files: map[string]*file{}, marks: map[string]bool{}}
	var names, sheets []string
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.HasPrefix(name, "css/") {
			sheets = append(sheets, name)
		} else {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		panic("static: the embedded files cannot be walked: " + err.Error())
	}
	sort.Strings(sheets)
	var css []byte
	for _, name := range sheets {
		css = append(append(css, read(name)...), '\n')
	}
	b.add(StyleSheet, css)
	for _, name := range names {
		b.add(name, read(name))
	}
	for _, m := range symbolID.FindAllSubmatch(b.files["img/marks.svg"].body, -1) {
		b.marks[string(m[1])] = true
	}
	b.root = "/s/" + b.hash() + "/"
	return b
}

func read(name string) []byte {
	body, err := files.ReadFile(name)
	if err != nil {
		panic("static: an embedded file cannot be read: " + err.Error())
	}
	return body
}

func (b *bundle) add(name string, body []byte) {
	f := &file{body: body, kind: kinds[path.Ext(name)]}
	if f.kind == "" {
		f.kind = "application/octet-stream"
	}
	if ext := path.Ext(name); ext != ".woff2" && ext != ".png" { // both are packed inside already
		f.packed = sync.OnceValue(func() []byte { return brotliBytes(f.body) })
	}
	b.files[name] = f
}

// hash covers names and bodies, so that a renamed file changes the address too.
func (b *bundle) hash() string {
	names := make([]string, 0, len(b.files))
	for name := range b.files {
		names = append(names, name)
	}
	sort.Strings(names)
	h := sha256.New()
	for _, name := range names {
		h.Write([]byte(name))
		h.Write([]byte{0})
		h.Write(b.files[name].body)
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))[:hashCharacters]
}

var kinds = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".png":   "image/png",
	".woff2": "font/woff2",
	".txt":   "text/plain; charset=utf-8",
	".json":  "application/speculationrules+json",
}

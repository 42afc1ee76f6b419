package web

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/labstack/echo/v4"
)

const (
	htmlType = "text/html; charset=utf-8"
	// packAboveBytes: what fits into one packet anyway is sent as it is.
	packAboveBytes = 1 << 10
	// keepBufferBytes is the largest buffer that goes back to the pool.
	keepBufferBytes = 1 << 20
	// zstdWindowBytes covers the repetition of a page of rows; larger windows cost memory only.
	zstdWindowBytes = 256 << 10
	gzipLevel       = 5
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// render draws a page and sends it.
func (s *Server) render(c echo.Context, status int, page templ.Component) error {
	buf := buffers.Get().(*bytes.Buffer)
	defer putBuffer(buf)
	buf.Reset()
	if err := page.Render(c.Request().Context(), buf); err != nil {
		return fmt.Errorf("draw %s: %w", c.Request().URL.Path, err)
	}
	return s.send(c, status, buf.Bytes())
}

func putBuffer(buf *bytes.Buffer) {
	if buf.Cap() <= keepBufferBytes {
		buffers.Put(buf)
	}
}

// send writes the body of a page with the headers that all pages have.
func (s *Server) send(c echo.Context, status int, body []byte) error {
	h := c.Response().Header()
	pageHeaders(c)
	if c.Get(noStoreKey) != nil {
		h.Set("Cache-Control", "no-store")
	} else if enc := encodingOf(c.Request()); enc != "" && len(body) > packAboveBytes {
		body = s.press.pack(enc, body)
		h.Set("Content-Encoding", enc)
	}
	return write(c, status, body)
}

func pageHeaders(c echo.Context) {
	h := c.Response().Header()
	h.Set("Content-Type", htmlType)
	h.Set("Cache-Control", "private, no-cache")
	// One address has two bodies, the page and its fragment, and one for each visitor.
	h.Set("Vary", "X-Partial, Accept-Encoding, Cookie")
	if t, ok := c.Get(startedKey).(time.Time); ok {
		ms := float64(time.Since(t)) / float64(time.Millisecond)
		h.Set("Server-Timing", "app;dur="+strconv.FormatFloat(ms, 'f', 2, 64))
	}
}

func write(c echo.Context, status int, body []byte) error {
	w := c.Response()
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(body)
	return err
}

// partial reports whether our script asks for the changing part of a page only.
func partial(c echo.Context) bool { return c.Request().Header.Get("X-Partial") != "" }

// cached sends a public page that looks the same to everybody who is not signed in, drawing it at
// most once for each version of what it shows. The key names the page, whatever way its address was
// written; the draw function is called when it is not kept.
func (s *Server) cached(c echo.Context, name, version string, draw func() (templ.Component, error)) error {
	if visitor(c) != nil || hasFlash(c) {
		page, err := draw()
		if err != nil {
			return err
		}
		return s.render(c, http.StatusOK, page)
	}
	enc := encodingOf(c.Request())
	key := pageKey{
		path: name, theme: themeOf(c), density: densityOf(c), encoding: enc,
		keysOff: keysOff(c), partial: partial(c),
	}
	etag := key.etag(version)
	c.Response().Header().Set("ETag", etag)
	pageHeaders(c)
	if strings.Contains(c.Request().Header.Get("If-None-Match"), etag) {
		c.Response().WriteHeader(http.StatusNotModified)
		return nil
	}
	body := s.pages.get(key, version)
	if body == nil {
		page, err := draw()
		if err != nil {
			return err
		}
		buf := buffers.Get().(*bytes.Buffer)
		defer putBuffer(buf)
		buf.Reset()
		if err := page.Render(c.Request().Context(), buf); err != nil {
			return fmt.Errorf("draw %s: %w", c.Request().URL.Path, err)
		}
		if enc == "" {
			body = bytes.Clone(buf.Bytes())
		} else {
			body = s.press.pack(enc, buf.Bytes())
		}
		s.pages.put(key, version, body)
	}
	if enc != "" {
		c.Response().Header().Set("Content-Encoding", enc)
	}
	s.keepReady(c, key, version, len(body))
	return write(c, http.StatusOK, body)
}

func (k pageKey) etag(version string) string {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%s\x00%s\x00%s\x00%s\x00%t%t", version, k.path, k.theme, k.density, k.encoding, k.keysOff, k.partial)
	return `W/"` + strconv.FormatUint(h.Sum64(), 36) + `"`
}

// encodingOf picks how to compress: zstd packs as well as brotli at a third of the time.
func encodingOf(r *http.Request) string {
	best := ""
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(part, ";")
		if strings.TrimSpace(weight) == "q=0" {
			continue
		}
		switch strings.TrimSpace(name) {
		case "zstd":
			return "zstd"
		case "gzip":
			best = "gzip"
		}
	}
	return best
}

// press compresses pages. Its encoders are made when first needed and used again.
type press struct {
	once  sync.Once
	zstd  *zstd.Encoder
	gzips sync.Pool
}

func (p *press) pack(encoding string, body []byte) []byte {
	if encoding == "zstd" {
		p.once.Do(func() {
			var err error
			p.zstd, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBetterCompression),
				zstd.WithWindowSize(zstdWindowBytes), zstd.WithLowerEncoderMem(true))
			if err != nil {
				panic("web: the zstd options are wrong: " + err.Error())
			}
		})
		return p.zstd.EncodeAll(body, make([]byte, 0, len(body)/6))
	}
	var out bytes.Buffer
	w, _ := p.gzips.Get().(*gzip.Writer)
	if w == nil {
		w, _ = gzip.NewWriterLevel(&out, gzipLevel) // the level is in range
	} else {
		w.Reset(&out)
	}
	_, _ = w.Write(body) // a bytes.Buffer does not fail
	_ = w.Close()
	p.gzips.Put(w)
	return out.Bytes()
}

package provider

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"bourse/app/wire"
	"bourse/models"
)

const (
	bodyBytesMax  = 64 << 20 // of a plain answer
	errorBytesMax = 16 << 10 // kept of an error body
	readGrowth    = 4 << 10
	// drainBytesMax and drainTimeMax bound what is spent on getting a connection back: the end
	// of the body has arrived with the last event, or it is not worth waiting for.
	drainBytesMax = 4 << 10
	drainTimeMax  = 50 * time.Millisecond
)

// Answer is an upstream's answer whose head has arrived. It must be closed.
type Answer struct {
	Status    int
	Header    http.Header
	Streaming bool // events, whatever was asked for
	Body      io.ReadCloser

	provider *models.Provider
	dialect  *dialect
	ctx      context.Context
	length   int64
	ended    bool
	chat     io.Reader // the events in the chat dialect; nil when they come so
}

// Read reads the body, in the chat dialect when it is a stream, remembering whether its end was
// met.
func (a *Answer) Read(p []byte) (int, error) {
	if a.chat != nil {
		return a.chat.Read(p)
	}
	return a.readBody(p)
}

func (a *Answer) readBody(p []byte) (int, error) {
	n, err := a.Body.Read(p)
	if err == io.EOF {
		a.ended = true
	}
	return n, err
}

// ReadAll appends the whole plain body to dst, gathered from its events when the provider streams
// although it was not asked to. An error object in the body is left for the rewriter to find.
func (a *Answer) ReadAll(dst []byte) ([]byte, *Failure) {
	if a.Streaming {
		return a.collect(dst)
	}
	start := len(dst)
	if a.length > 0 && a.length <= bodyBytesMax && int64(cap(dst)-start) < a.length+1 {
		dst = append(make([]byte, 0, start+int(a.length)+1), dst...) // and one byte to see the end
	}
	for !a.ended {
		if len(dst)-start > bodyBytesMax {
			return dst[:start], unreachable(a.provider, errors.New("the answer is larger than 64 MiB"))
		}
		if len(dst) == cap(dst) {
			dst = append(dst, make([]byte, max(readGrowth, len(dst)-start))...)[:len(dst)]
		}
		n, err := a.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if err != nil && err != io.EOF {
			return dst[:start], transportFailure(a.ctx, a.provider, err)
		}
	}
	body := bytes.TrimLeft(dst[start:], " \r\n\t") // some send blank lines to stay alive
	if len(body) == 0 || body[0] != '{' {
		return dst[:start], unreachable(a.provider, wire.ErrNotJSON)
	}
	if a.dialect.plain != nil {
		return a.translated(dst[:start], body)
	}
	return append(dst[:start], body...), nil
}

func (a *Answer) collect(dst []byte) ([]byte, *Failure) {
	body, err := wire.CollectStream(a, a.provider.Quirks)
	switch {
	case err == nil:
		return append(dst, body...), nil
	case a.ctx.Err() != nil:
		return dst, transportFailure(a.ctx, a.provider, err)
	}
	return dst, Malformed(a.provider, err)
}

// Fail turns an error met while reading the body into a failure.
func (a *Answer) Fail(err error) *Failure { return transportFailure(a.ctx, a.provider, err) }

// readError reads the body of a refusal, bounded in size and time.
func (a *Answer) readError() []byte {
	timer := time.AfterFunc(dialTimeout, func() { _ = a.Body.Close() }) // cuts the read short
	defer timer.Stop()
	raw, err := io.ReadAll(io.LimitReader(readFunc(a.readBody), errorBytesMax))
	if err != nil && len(raw) == 0 {
		return nil // the status says enough
	}
	return raw
}

// Close gives the connection back when the rest of the body has arrived, and cuts it otherwise.
func (a *Answer) Close() {
	if !a.ended && a.ctx.Err() == nil {
		timer := time.AfterFunc(drainTimeMax, func() { _ = a.Body.Close() })
		_, _ = io.CopyN(io.Discard, readFunc(a.readBody), drainBytesMax) // either outcome leads to the same Close
		timer.Stop()
	}
	_ = a.Body.Close() // nothing is lost by an error here
}

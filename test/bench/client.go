package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// caller speaks just enough HTTP/1.1 over one connection, so that the load costs the machine less
// than what it measures.
type caller struct {
	conn net.Conn
	r    *bufio.Reader
}

func dial(address string) (*caller, error) {
	conn, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		return nil, err
	}
	return &caller{conn, bufio.NewReaderSize(conn, 4<<10)}, nil
}

// request writes out a POST, or a GET when there is no body.
func request(address, path, key, body string) []byte {
	var b bytes.Buffer
	method := "POST"
	if body == "" {
		method = "GET"
	}
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, address)
	if key != "" {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", key)
	}
	if body != "" {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n" + body)
	return b.Bytes()
}

// call sends the request and reads the whole answer, whose status must be 200.
func (c *caller) call(request []byte) error {
	if _, err := c.conn.Write(request); err != nil {
		return err
	}
	length, err := c.head()
	if err != nil {
		return err
	}
	if length >= 0 {
		_, err := c.r.Discard(length)
		return err
	}
	for {
		n, err := c.chunk()
		if err != nil || n == 0 {
			return err
		}
	}
}

// head reads the status and the headers; the length is -1 for a chunked body.
func (c *caller) head() (int, error) {
	length := -1
	for first := true; ; first = false {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		switch {
		case first:
			if !bytes.Contains(line, []byte(" 200 ")) {
				rest, _ := io.ReadAll(io.LimitReader(c.r, 600))
				return 0, fmt.Errorf("%s%s", line, rest)
			}
		case len(line) <= 2:
			return length, nil
		case len(line) > 16 && strings.EqualFold(string(line[:15]), "content-length:"):
			if length, err = strconv.Atoi(strings.TrimSpace(string(line[15:]))); err != nil {
				return 0, err
			}
		}
	}
}

// chunk reads one chunk of a chunked body; 0 is the last.
func (c *caller) chunk() (int, error) {
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(line)), 16, 32)
	if err != nil {
		return 0, err
	}
	_, err = c.r.Discard(int(n) + 2)
	return int(n), err
}

// always sends the same request.
func always(request []byte) func(int64) []byte { return func(int64) []byte { return request } }

// closed runs n callers, each calling again as soon as it is answered, and returns calls a second.
// next gives the request of each number.
func closed(address string, next func(int64) []byte, n int, d time.Duration) (float64, error) {
	var calls, number atomic.Int64
	var wg sync.WaitGroup
	errs := make(chan error, n)
	callers := make([]*caller, n)
	for i := range callers {
		c, err := dial(address)
		if err != nil {
			return 0, err
		}
		defer c.conn.Close()
		callers[i] = c
	}
	began := time.Now()
	end := began.Add(d)
	for _, c := range callers {
		wg.Go(func() {
			for time.Now().Before(end) {
				if err := c.call(next(number.Add(1))); err != nil {
					errs <- err
					return
				}
				calls.Add(1)
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	select {
	case err := <-errs:
		return 0, err
	default:
	}
	return float64(calls.Load()) / took.Seconds(), nil
}

// paced sends calls at a fixed rate, whether or not the ones before are answered, and returns how
// long each took from the moment at which it was due.
func paced(address string, request []byte, perSecond int, d time.Duration) ([]time.Duration, error) {
	const connections = 128
	idle := make(chan *caller, connections)
	for range connections {
		c, err := dial(address)
		if err != nil {
			return nil, err
		}
		defer c.conn.Close()
		idle <- c
	}
	n := int(d.Seconds() * float64(perSecond))
	took := make([]time.Duration, n)
	errs := make(chan error, n)
	var wg sync.WaitGroup
	began := time.Now()
	for i := range n {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(perSecond))
		time.Sleep(time.Until(due))
		c := <-idle
		wg.Go(func() {
			if err := c.call(request); err != nil {
				errs <- err
			}
			took[i] = time.Since(due)
			idle <- c
		})
	}
	wg.Wait()
	select {
	case err := <-errs:
		return nil, err
	default:
		return took, nil
	}
}

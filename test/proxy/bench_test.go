package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"bourse/models"
	"bourse/test/fake"
	"bourse/test/harness"
)

// BenchmarkPlain is plain calls from 64 callers through the whole house: the profile of the hot path.
func BenchmarkPlain(b *testing.B) {
	u := fake.New(b)
	u.Always(fake.Answer("Yes.", fake.Usage{Prompt: 10, Completion: 2}))
	h := harness.Start(b, map[string]string{"NOVITA_API_KEY": u.Key, "NOVITA_BASE_URL": u.URL})
	p := h.Person("bench@example.com", 100_000*models.NanoPerUSD)
	host := strings.TrimPrefix(h.URL, "http://")
	body := fmt.Sprintf(`{"model":%q,"max_tokens":50,"messages":[{"role":"user","content":"Say yes."}]}`, model)
	request := fmt.Sprintf("POST /api/v1/chat/completions HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", host, p.Key, len(body), body)
	b.SetParallelism(32)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			b.Error(err)
			return
		}
		defer conn.Close()
		r := bufio.NewReader(conn)
		for pb.Next() {
			if _, err := io.WriteString(conn, request); err != nil {
				b.Error(err)
				return
			}
			if err := answered(r); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// answered reads one answer of known length.
func answered(r *bufio.Reader) error {
	length := 0
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		if n, ok := strings.CutPrefix(line, "Content-Length: "); ok {
			if _, err := fmt.Sscan(n, &length); err != nil {
				return err
			}
		}
		if line == "\r\n" {
			_, err := r.Discard(length)
			return err
		}
	}
}

// Package mail sends letters: by SMTP when a server is configured, otherwise into memory and the
// log, so that a fresh installation works without one.
package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net"
	"net/mail"
	"net/smtp"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	queueMax    = 1000
	keptMax     = 100
	sendTimeout = 30 * time.Second
	triesMax    = 4
	retryFirst  = 5 * time.Second
)

// Letter is one plain-text letter.
type Letter struct {
	To, Subject, Body string
	At                time.Time
}

// Sender sends letters one after the other from a bounded queue.
type Sender struct {
	smtp   *url.URL // nil: keep them here
	from   string
	log    *slog.Logger
	queue  chan Letter
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}

	mu   sync.Mutex
	kept []Letter
}

// ErrBusy is a queue that is full.
var ErrBusy = errors.New("too many letters are waiting")

// New starts a sender. smtpURL is smtp://user:password@host:port or smtps://…, or empty.
func New(smtpURL, from string, log *slog.Logger) (*Sender, error) {
	s := &Sender{from: from, log: log, queue: make(chan Letter, queueMax), done: make(chan struct{})}
	if _, err := mail.ParseAddress(from); err != nil {
		return nil, fmt.Errorf("MAIL_FROM %q is not an address: %w", from, err)
	}
	if smtpURL != "" {
		u, err := url.Parse(smtpURL)
		if err != nil || u.Host == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") {
			return nil, errors.New("SMTP_URL must be smtp://user:password@host:port or smtps://user:password@host:port")
		}
		s.smtp = u
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	go s.run()
	return s, nil
}

// Send hands in a letter. It returns ErrBusy when too many are waiting.
func (s *Sender) Send(l Letter) error {
	l.At = time.Now()
	if s.smtp == nil {
		s.keep(l)
		return nil
	}
	select {
	case s.queue <- l:
		return nil
	default:
		return ErrBusy
	}
}

// Recent are the letters that were kept instead of sent, newest first.
func (s *Sender) Recent() []Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Letter, 0, len(s.kept))
	for i := len(s.kept) - 1; i >= 0; i-- {
		out = append(out, s.kept[i])
	}
	return out
}

// Close sends what is waiting, within the time of one letter, and stops.
func (s *Sender) Close() {
	close(s.queue)
	select {
	case <-s.done:
	case <-time.After(sendTimeout):
		s.cancel()
		<-s.done
	}
	s.cancel()
}

func (s *Sender) keep(l Letter) {
	s.mu.Lock()
	s.kept = append(s.kept, l)
	if len(s.kept) > keptMax {
		s.kept = s.kept[len(s.kept)-keptMax:]
	}
	s.mu.Unlock()
	s.log.Info("letter (no SMTP server is set)", "to", l.To, "subject", l.Subject, "body", l.Body)
}

func (s *Sender) run() {
	defer close(s.done)
	for l := range s.queue {
		wait := retryFirst
		for try := 1; ; try++ {
			err := s.deliver(l)
			if err == nil {
				break
			}
			s.log.Warn("letter not sent", "subject", l.Subject, "try", try, "err", err)
			if try == triesMax || s.ctx.Err() != nil {
				break
			}
			select {
			case <-time.After(wait):
			case <-s.ctx.Done():
			}
			wait *= 4
		}
	}
}

func (s *Sender) deliver(l Letter) error {
	from, err := mail.ParseAddress(s.from)
	if err != nil {
		return err
	}
	host := s.smtp.Hostname()
	conn, err := s.dial(host)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(sendTimeout)); err != nil {
		return err
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return err
	}
	defer c.Close()
	if ok, _ := c.Extension("STARTTLS"); ok && s.smtp.Scheme == "smtp" {
		if err := c.StartTLS(&tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}); err != nil {
			return err
		}
	}
	if u := s.smtp.User; u != nil {
		password, _ := u.Password()
		if err := c.Auth(smtp.PlainAuth("", u.Username(), password, host)); err != nil {
			return err
		}
	}
	if err := c.Mail(from.Address); err != nil {
		return err
	}
	if err := c.Rcpt(l.To); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(l.message(s.from)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.Quit()
}

func (s *Sender) dial(host string) (net.Conn, error) {
	port := s.smtp.Port()
	if port == "" {
		port = map[string]string{"smtp": "587", "smtps": "465"}[s.smtp.Scheme]
	}
	d := &net.Dialer{Timeout: sendTimeout}
	if s.smtp.Scheme == "smtps" {
		return (&tls.Dialer{NetDialer: d, Config: &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}}).DialContext(s.ctx, "tcp", net.JoinHostPort(host, port))
	}
	return d.DialContext(s.ctx, "tcp", net.JoinHostPort(host, port))
}

// message writes the letter with its headers. Line breaks cannot come in through To or Subject:
// addresses have been parsed, and the subject is encoded.
func (l Letter) message(from string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\n", from, l.To, mime.QEncoding.Encode("utf-8", l.Subject), l.At.Format(time.RFC1123Z))
	b.WriteString("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\nAuto-Submitted: auto-generated\r\n\r\n")
	b.WriteString(strings.ReplaceAll(strings.ReplaceAll(l.Body, "\r\n", "\n"), "\n", "\r\n"))
	return []byte(b.String())
}

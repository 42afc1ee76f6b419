package web

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"bourse/app/auth"
	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

const (
	// chatTick is how often what came is drawn: more often is more than anybody reads.
	chatTick = 80 * time.Millisecond
	// chatTickShare keeps the drawing of a long answer to a tenth of the time.
	chatTickShare = 10
	eventBytesMax = 4 << 20
)

// chatBody is a request as the API takes it.
type chatBody struct {
	Model       string            `json:"model"`
	Messages    []chatBodyMessage `json:"messages"`
	Stream      bool              `json:"stream"`
	Temperature *float64          `json:"temperature,omitempty"`
	MaxTokens   int64             `json:"max_tokens,omitempty"`
}

type chatBodyMessage struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

func chatRequest(model string, set chatSettings, thread []chatMessage) chatBody {
	b := chatBody{Model: model, Stream: true, Temperature: set.Temperature, MaxTokens: set.MaxTokens}
	if set.System != "" {
		b.Messages = append(b.Messages, chatBodyMessage{"system", set.System})
	}
	for _, m := range thread {
		b.Messages = append(b.Messages, chatBodyMessage{m.Role, m.Content})
	}
	return b
}

// chatError is a refusal, or an error in the stream.
type chatError struct {
	Status  int    `json:"code"`
	Message string `json:"message"`
}

// chatResult is what came of a question.
type chatResult struct {
	id   string // of the generation, "" when none began
	text string // Markdown
	err  *chatError
}

// chatPiece is something new in an answer.
type chatPiece struct {
	text    string
	thought string
	id      string // of the generation
	alive   bool   // nothing new, but the connection lives
}

// ask sends one question through the same door as every call, and listens. The pieces of the
// answer are told as they come.
func (s *Server) ask(r *http.Request, who auth.Identity, body chatBody, tell func(chatPiece)) chatResult {
	raw, err := json.Marshal(body)
	if err != nil {
		return chatResult{err: &chatError{http.StatusBadRequest, "The question cannot be written as JSON."}}
	}
	request, err := http.NewRequestWithContext(r.Context(), http.MethodPost, "/api/v1/chat/completions", bytes.NewReader(raw))
	if err != nil {
		return chatResult{err: &chatError{http.StatusInternalServerError, "The question could not be asked."}}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", r.UserAgent())
	request.Header.Set("X-Title", auth.PlaygroundName)
	l := &listener{header: http.Header{}, tell: tell}
	s.Ask(l, request, who)
	return l.result()
}

// listener is a client of the API inside of the house: what is written to it is the answer.
type listener struct {
	header http.Header
	tell   func(chatPiece)

	status int
	rest   []byte // of a line that has not come to its end
	text   strings.Builder
	err    *chatError
}

// Header are the headers of the answer.
func (l *listener) Header() http.Header { return l.header }

// WriteHeader notes the status.
func (l *listener) WriteHeader(status int) { l.status = status }

// Flush does nothing: what is written is heard at once.
func (l *listener) Flush() {}

// Write hears the next bytes of the answer: events of a stream, or an error as JSON.
func (l *listener) Write(b []byte) (int, error) {
	if l.status == 0 {
		l.status = http.StatusOK
	}
	if len(l.rest)+len(b) > eventBytesMax {
		return 0, io.ErrShortBuffer
	}
	l.rest = append(l.rest, b...)
	if l.status != http.StatusOK {
		return len(b), nil
	}
	for {
		line, rest, found := bytes.Cut(l.rest, []byte("\n"))
		if !found {
			return len(b), nil
		}
		l.hear(bytes.TrimSpace(line))
		l.rest = rest
	}
}

func (l *listener) hear(line []byte) {
	data, ok := bytes.CutPrefix(line, []byte("data: "))
	if !ok {
		if len(line) > 0 && line[0] == ':' && l.tell != nil {
			l.tell(chatPiece{alive: true})
		}
		return
	}
	var event struct {
		Choices []struct {
			Delta struct {
				Content   string `json:"content"`
				Reasoning string `json:"reasoning"`
			} `json:"delta"`
		} `json:"choices"`
		Error *chatError `json:"error"`
	}
	if bytes.Equal(data, []byte("[DONE]")) || json.Unmarshal(data, &event) != nil {
		return
	}
	if event.Error != nil {
		l.err = event.Error
	}
	for _, choice := range event.Choices {
		l.text.WriteString(choice.Delta.Content)
		if l.tell != nil && choice.Delta.Content+choice.Delta.Reasoning != "" {
			l.tell(chatPiece{text: choice.Delta.Content, thought: choice.Delta.Reasoning, id: l.header.Get("X-Generation-Id")})
		}
	}
}

func (l *listener) result() chatResult {
	r := chatResult{id: l.header.Get("X-Generation-Id"), text: l.text.String(), err: l.err}
	if l.status != 0 && l.status != http.StatusOK {
		var refusal struct {
			Error chatError `json:"error"`
		}
		if json.Unmarshal(l.rest, &refusal) != nil || refusal.Error.Message == "" {
			refusal.Error.Message = "The question was refused."
		}
		refusal.Error.Status = l.status
		r.err = &refusal.Error
	}
	return r
}

// chatAsked is what our script sends.
type chatAsked struct {
	Model       string        `json:"model"`
	System      string        `json:"system"`
	Temperature *float64      `json:"temperature"`
	MaxTokens   int64         `json:"max_tokens"`
	Messages    []chatMessage `json:"messages"`
}

// chatLine is one line of the stream that our script reads.
type chatLine struct {
	ID       string `json:"id,omitempty"`    // the generation
	Markdown string `json:"m,omitempty"`     // what came, as Markdown
	Thought  string `json:"r,omitempty"`     // what the model thought, as text
	Done     string `json:"d,omitempty"`     // blocks that are complete, as HTML
	Open     string `json:"t,omitempty"`     // the block in progress
	All      string `json:"all,omitempty"`   // the whole answer anew
	Meta     string `json:"meta,omitempty"`  // what it cost, as HTML
	Error    string `json:"error,omitempty"` // what went wrong, as HTML
	Ended    bool   `json:"end,omitempty"`
	Balance  string `json:"balance,omitempty"` // what is left
}

// ChatStream answers one model's side of a question as lines of JSON, drawn as they come.
func (s *Server) ChatStream(c echo.Context) error {
	var asked chatAsked
	d := json.NewDecoder(c.Request().Body)
	if err := d.Decode(&asked); err != nil {
		return tooLong(err)
	}
	if len(asked.Messages) == 0 || len(asked.Messages) > chatTurnsMax {
		return models.Errorf(models.Invalid, "A question has from 1 to %d messages.", chatTurnsMax)
	}
	set := chatSettings{System: strings.TrimSpace(asked.System), Temperature: asked.Temperature, MaxTokens: min(asked.MaxTokens, chatTokensMax)}
	v := visitor(c)
	h := c.Response().Header()
	h.Set("Content-Type", "application/x-ndjson; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	w := &chatWriter{out: c.Response(), stream: s.markdown().Stream()}
	result := s.ask(c.Request(), auth.Playground(v.UserID, v.AccountID), chatRequest(asked.Model, set, asked.Messages), w.piece)
	w.end(func() chatLine {
		line := chatLine{ID: result.id, Ended: true}
		var b bytes.Buffer
		if result.id != "" {
			if meta, err := s.chatMeta(c.Request().Context(), v.AccountID, result.id); err == nil && views.ChatMetaLine(meta).Render(c.Request().Context(), &b) == nil {
				line.Meta = b.String()
			}
		}
		if account, err := s.DB.AccountByID(c.Request().Context(), v.AccountID); err == nil {
			line.Balance = views.Money(int64(account.Available()))
		}
		if e := result.err; e != nil {
			b.Reset()
			href, text := chatRemedy(e.Status)
			if views.ChatProblem(e.Message, href, text).Render(c.Request().Context(), &b) == nil {
				line.Error = b.String()
			}
		}
		return line
	})
	return nil
}

// chatWriter sends what comes, drawn, at a pace that can be read. The pieces and the ticks come
// from different goroutines.
type chatWriter struct {
	mu     sync.Mutex
	out    *echo.Response
	stream interface {
		Add(string)
		Step() (string, string)
		End() (string, bool)
	}
	markdown, thought strings.Builder // since the last line
	timer             *time.Timer
	pause             time.Duration
	ended             bool
}

func (w *chatWriter) piece(p chatPiece) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.alive {
		w.raw([]byte("\n"))
		return
	}
	w.stream.Add(p.text)
	w.markdown.WriteString(p.text)
	w.thought.WriteString(p.thought)
	switch {
	case w.timer == nil: // the first words at once, and by which name to ask for the cost
		w.line(chatLine{ID: p.id})
		w.timer = time.AfterFunc(time.Hour, w.tick)
		w.timer.Stop()
		w.step()
	case w.markdown.Len()+w.thought.Len() == len(p.text)+len(p.thought): // the first since the last step
		w.timer.Reset(w.pause)
	}
}

func (w *chatWriter) tick() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended {
		w.step()
	}
}

func (w *chatWriter) step() {
	began := time.Now()
	line := chatLine{Markdown: w.markdown.String(), Thought: w.thought.String()}
	w.markdown.Reset()
	w.thought.Reset()
	line.Done, line.Open = w.stream.Step()
	w.line(line)
	w.pause = max(chatTick, chatTickShare*time.Since(began))
}

func (w *chatWriter) line(l chatLine) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // it is read by JSON.parse and stands in no page
	if e.Encode(l) == nil {
		w.raw(b.Bytes())
	}
}

// raw sends bytes. Who is gone is noticed by the request's context, which ends the question too.
func (w *chatWriter) raw(b []byte) {
	if _, err := w.out.Write(b); err == nil {
		w.out.Flush()
	}
}

// end sends what is left, and last what the answer cost.
func (w *chatWriter) end(last func() chatLine) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	if w.timer != nil {
		w.timer.Stop()
	}
	line := chatLine{Markdown: w.markdown.String(), Thought: w.thought.String()}
	rest, all := w.stream.End()
	if all {
		line.All = rest
	} else {
		line.Done = rest
	}
	w.line(line)
	w.line(last())
}

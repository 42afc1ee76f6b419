package web

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"bourse/app/auth"
	"bourse/app/catalog"
	"bourse/app/markdown"
	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

const (
	// chatBytesMax is how long a conversation may be that comes back with the next question.
	chatBytesMax   = 2 << 20
	chatModelsMax  = 2 // side by side
	chatTurnsMax   = 200
	chatTokensMax  = 200_000
	chatTokensMost = "2000" // what the field says at first: enough to read, and no surprise
	costShownMax   = 100    // answers of one page whose cost is looked up
)

// LimitChat refuses bodies that no conversation is as long as.
func (s *Server) LimitChat(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		r.Body = http.MaxBytesReader(c.Response(), r.Body, chatBytesMax)
		return next(c)
	}
}

// chatMessage is one message of a conversation, as the page keeps it between two questions.
type chatMessage struct {
	Role    string `json:"role"` // user or assistant
	Content string `json:"content"`
	ID      string `json:"id,omitempty"` // of the generation that it came from
}

// chatSettings are what a question is asked with.
type chatSettings struct {
	Models      []string
	System      string
	Temperature *float64
	MaxTokens   int64
}

// ChatPage is the playground.
func (s *Server) ChatPage(c echo.Context) error {
	q := c.QueryParams()
	set := chatSettings{Models: q["m"], MaxTokens: chatTokens(chatTokensMost)}
	p := s.chatPage(c, set)
	p.Text = clip(strings.ToValidUTF8(q.Get("q"), ""), searchRunesMax)
	return s.render(c, http.StatusOK, views.Chat(p))
}

// chatPage is the page with its settings, and nothing asked yet.
func (s *Server) chatPage(c echo.Context, set chatSettings) views.ChatPage {
	snapshot := s.Catalog.Current()
	p := views.ChatPage{System: set.System, Temperature: numberText(set.Temperature), MaxTokens: strconv.FormatInt(set.MaxTokens, 10)}
	p.Shell = s.shell(c, "Playground")
	p.Description = "Try AI models, one or two at a time, and see what each answer cost, here and elsewhere."
	p.Canonical = s.Config.BaseURL + views.PathChat
	chosen := [chatModelsMax]string{}
	for i, id := range set.Models[:min(len(set.Models), chatModelsMax)] {
		if e := snapshot.Model(id); e != nil && e.Callable && e.Type == catalog.TypeChat {
			chosen[i] = e.ID
		} else if id != "" {
			p.Missing = append(p.Missing, clip(id, pickRunesMax))
		}
	}
	if chosen[0] == "" {
		chosen[0], chosen[1] = chosen[1], ""
	}
	if chosen[0] == "" {
		chosen[0] = ExampleModel(snapshot)
	}
	if chosen[1] == chosen[0] {
		chosen[1] = ""
	}
	p.First, p.Second = chosen[0], chosen[1]
	for _, e := range snapshot.Models {
		if !e.Callable || e.Type != catalog.TypeChat {
			continue
		}
		if n := len(p.Authors); n == 0 || p.Authors[n-1].Name != e.AuthorName {
			p.Authors = append(p.Authors, views.ChatAuthor{Name: e.AuthorName})
		}
		a := &p.Authors[len(p.Authors)-1]
		a.Models = append(a.Models, views.ChatModel{ID: e.ID, Name: e.Name, Price: chatPrice(e)})
	}
	return p
}

// chatPrice is what a model costs, in a few letters.
func chatPrice(e *catalog.Entry) string {
	if e.Lowest == nil {
		return ""
	}
	in, _ := e.Lowest.Input()
	out, _ := e.Lowest.Output()
	if in == 0 && out == 0 {
		return "free"
	}
	return views.Price(int64(in)) + " / " + views.Price(int64(out))
}

func numberText(f *float64) string {
	if f == nil {
		return ""
	}
	return strconv.FormatFloat(*f, 'f', -1, 64)
}

func chatTokens(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || n < 1 {
		return 0
	}
	return min(n, chatTokensMax)
}

// ChatForm asks without script: the whole answer comes with the page, and so does the conversation
// so far, which nobody else keeps.
func (s *Server) ChatForm(c echo.Context) error {
	set, threads, err := chatFormOf(c)
	if err != nil {
		return err
	}
	text := strings.TrimSpace(c.FormValue("text"))
	p := s.chatPage(c, set)
	if text == "" {
		p.Text, p.Problem = text, "Write something to ask."
	}
	asked := []string{p.First}
	if p.Second != "" {
		asked = append(asked, p.Second)
	}
	who := visitor(c)
	results := make([]chatResult, len(asked))
	if p.Problem == "" && len(p.Missing) == 0 {
		var wg sync.WaitGroup
		for i, model := range asked {
			threads[i] = append(threads[i], chatMessage{Role: "user", Content: text})
			wg.Go(func() {
				results[i] = s.ask(c.Request(), auth.Playground(who.UserID, who.AccountID), chatRequest(model, set, threads[i]), nil)
			})
		}
		wg.Wait()
	}
	for i, r := range results {
		if r.text != "" {
			threads[i] = append(threads[i], chatMessage{Role: "assistant", Content: r.text, ID: r.id})
		}
	}
	status := http.StatusOK
	for i := range asked {
		column := s.chatColumn(c.Request().Context(), who, asked[i], threads[i])
		if e := results[i].err; e != nil {
			column.Error = e.Message
			column.ErrorHref, column.ErrorText = chatRemedy(e.Status)
			if results[i].text == "" { // the question may be sent again
				p.Text = text
				column.Turns = column.Turns[:len(column.Turns)-1]
				threads[i] = threads[i][:len(threads[i])-1]
			}
		}
		kept, err := json.Marshal(threads[i])
		if err != nil {
			return err
		}
		column.Kept = string(kept)
		p.Columns = append(p.Columns, column)
	}
	s.freshBalance(c, &p.Shell)
	return s.render(c, status, views.Chat(p))
}

// freshBalance shows what is left after the page itself has spent something.
func (s *Server) freshBalance(c echo.Context, sh *views.Shell) {
	if v := visitor(c); v != nil {
		s.fillBalance(c, v, sh)
	}
}

// chatFormOf reads the settings and the conversations of the form. What comes back from the page
// is checked like anything that comes from outside.
func chatFormOf(c echo.Context) (set chatSettings, threads [chatModelsMax][]chatMessage, err error) {
	form, err := c.FormParams()
	if err != nil {
		return set, threads, tooLong(err)
	}
	set = chatSettings{Models: form["m"], System: strings.TrimSpace(form.Get("system")), MaxTokens: chatTokens(form.Get("max_tokens"))}
	if t, err := strconv.ParseFloat(strings.TrimSpace(form.Get("temperature")), 64); err == nil && t >= 0 && t <= 2 {
		set.Temperature = &t
	}
	for i := range threads {
		text := form.Get("h" + strconv.Itoa(i))
		if text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(text), &threads[i]); err != nil || len(threads[i]) > chatTurnsMax {
			return set, threads, models.Errorf(models.Invalid, "The conversation that the page kept cannot be read any more. Begin a new one.")
		}
		if slices.ContainsFunc(threads[i], func(m chatMessage) bool { return m.Role != "user" && m.Role != "assistant" }) {
			return set, threads, models.Errorf(models.Invalid, "The conversation that the page kept cannot be read any more. Begin a new one.")
		}
	}
	return set, threads, nil
}

func tooLong(err error) error {
	if strings.Contains(err.Error(), "too large") {
		return models.Errorf(models.TooLarge, "The conversation has become too long to be sent. Begin a new one.")
	}
	return models.Errorf(models.Invalid, "The form cannot be read.")
}

// chatColumn is one model's side of a conversation, drawn anew from its Markdown.
func (s *Server) chatColumn(ctx context.Context, who *Visitor, model string, thread []chatMessage) views.ChatColumn {
	column := views.ChatColumn{Model: model, Name: model}
	if e := s.Catalog.Current().Model(model); e != nil {
		column.Name = e.Name
	}
	for i, m := range thread {
		turn := views.ChatTurn{User: m.Role == "user", Text: m.Content}
		if !turn.User {
			turn.HTML = s.markdown().Render(m.Content)
			if m.ID != "" && len(thread)-i <= costShownMax {
				if meta, err := s.chatMeta(ctx, who.AccountID, m.ID); err == nil {
					turn.Meta = &meta
				}
			}
		}
		column.Turns = append(column.Turns, turn)
	}
	return column
}

// markdown is the renderer of answers, made when it is first needed.
func (s *Server) markdown() *markdown.Answers {
	s.answersOnce.Do(func() { s.answers = markdown.ForAnswers(CodeBlock) })
	return s.answers
}

// chatRemedy is what to do about a refusal.
func chatRemedy(status int) (href, text string) {
	switch status {
	case http.StatusPaymentRequired:
		return views.PathCredits, "Add credit"
	case http.StatusNotFound:
		return views.PathModels + "?callable=true", "Models that can be called"
	}
	return "", ""
}

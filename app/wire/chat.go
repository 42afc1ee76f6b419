package wire

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"bourse/models"
)

// Limits of a chat request.
const (
	membersMax        = 256     // at top level
	messagesMax       = 100_000 // more than any context holds
	toolsMax          = 4_096
	choicesMax        = 128
	fallbackModelsMax = 16
	stopsMax          = 4
	tokensMax         = 1<<31 - 1
	modelNameBytesMax = 256
	sessionBytesMax   = 256
)

// What non-text input is held for, in tokens: providers count it by formulas of their own, and
// the settlement uses their count.
const (
	imageTokens        = 1_600
	fileTokens         = 20_000
	audioTokens        = 2_000
	videoTokens        = 20_000
	fileBytesPerToken  = 6   // of the encoded document
	audioBytesPerToken = 125 // 32 tokens a second at 4 KB a second
	mediaTokensMax     = 200_000
	messageTokens      = 4
	toolTokens         = 8
	schemaBytesPerTok  = 3
)

// ChatRequest is a chat completion request that has been checked. Its members are slices of the
// body it was parsed from, which must stay unchanged while the request is in use.
type ChatRequest struct {
	Type         string // of the models that can answer: chat, or embedding
	Model        string
	Models       []string // the fallbacks as given, not including Model
	Stream       bool
	IncludeUsage bool // stream_options.include_usage; usage is sent in any case
	MaxTokens    int64
	N            int64
	Provider     ProviderPrefs
	Params       []string // names of the parameters used, for matching with what endpoints support

	Messages int
	Tools    int
	Images   int
	Audios   int
	Videos   int
	Files    int

	HasTools           bool
	HasImages          bool
	HasAudio           bool
	HasVideo           bool
	HasFiles           bool
	ReasoningRequested bool
	ReasoningExclude   bool   // count and bill reasoning, but do not send it
	ReasoningEffort    string // none, minimal, low, medium, high, xhigh; "" when not asked for
	ReasoningBudget    int64  // tokens of thinking asked for, 0 when none were

	// ServiceTier is the tier asked for, when it is one with prices of its own.
	ServiceTier string

	// Ignored are members that ask for what is not done here; the answer says so.
	Ignored []string
	EchoUp  bool // debug.echo_upstream_body

	User      string
	SessionID string
	CacheKey  string // prompt_cache_key
	Opening   uint64 // of the first system and the first other message; conversations go on from there

	// TokensEstimate is about how many tokens the prompt has: text, messages, tools, media.
	TokensEstimate int64

	text         Estimator
	schemaBytes  int64
	mediaTokens  int64
	members      []member
	store        [24]member
	prompt       []byte // instead of messages: a string
	opened       uint8  // which of the two messages of Opening were there
	cleanMessage bool   // some message or tool has members that plain upstreams refuse
}

// member is one top-level member of the body, kept as bytes.
type member struct {
	name  string
	value []byte
	param string
	class class
	known bool // the name is one of ours and needs no escapes
}

// HoldTokens is an upper bound of the prompt's tokens for the reservation: the estimate of the
// text with three tenths on top, and the whole of the rest.
func (r *ChatRequest) HoldTokens() int64 {
	return (r.text.Tokens()*13+9)/10 + r.overheadTokens()
}

func (r *ChatRequest) overheadTokens() int64 {
	return int64(r.Messages)*messageTokens + int64(r.Tools)*toolTokens +
		(r.schemaBytes+schemaBytesPerTok-1)/schemaBytesPerTok + r.mediaTokens
}

// ParseChat reads and checks a chat completion request. It refuses what two JSON parsers could read
// differently (duplicate names, names that differ only in case, invalid UTF-8, anything after the
// object), because what is billed must be what the provider sees.
func ParseChat(body []byte) (*ChatRequest, *Error) {
	r := newChat()
	pairs, fault := readJSON(body, make([]pair, 0, len(r.store)), r)
	if fault != nil {
		return nil, fault
	}
	if !slices.ContainsFunc(pairs, func(m pair) bool { return m.read }) {
		r = newChat()
	}
	for _, m := range pairs {
		if fault := r.take(m); fault != nil {
			return nil, fault
		}
	}
	if fault := r.finish(); fault != nil {
		return nil, fault
	}
	return r, nil
}

func newChat() *ChatRequest {
	r := &ChatRequest{Type: typeChat, N: 1, Provider: defaultPrefs()}
	r.members = r.store[:0]
	return r
}

// take checks one member and keeps it.
func (r *ChatRequest) take(m pair) *Error {
	name, value := m.name, m.value
	if len(r.members) >= membersMax {
		return Invalid("", "The body has more than %d members.", membersMax)
	}
	rule, known := rules[string(name)]
	if !known {
		if twin := caseTwin(name); twin != "" {
			return Invalid(clip(string(name), nameShownMax), "Unknown member %q: did you mean %q?",
				clip(string(name), nameShownMax), twin)
		}
		rule.name = string(name)
	}
	if rule.check != nil && !m.read && (!isNull(value) || rule.needed) {
		if fault := rule.check(r, rule, value); fault != nil {
			return fault
		}
	}
	if isNull(value) {
		return nil // null is "not given" everywhere, and some upstreams refuse it
	}
	if rule.param != "" {
		r.use(rule.param)
	}
	r.members = append(r.members,
		member{name: rule.name, value: value, param: rule.param, class: rule.class, known: known})
	return nil
}

// use notes a parameter that the endpoint has to support.
func (r *ChatRequest) use(param string) {
	for _, have := range r.Params {
		if have == param {
			return
		}
	}
	r.Params = append(r.Params, param)
}

// finish checks what concerns several members and adds the estimate up.
func (r *ChatRequest) finish() *Error {
	if r.Model == "" && len(r.Models) > 0 {
		r.Model, r.Models = r.Models[0], r.Models[1:]
	}
	if r.Model == "" {
		return Invalid("model", `model is missing: name one as "author/slug".`)
	}
	if r.Messages == 0 && r.prompt != nil {
		if fault := r.converse(); fault != nil {
			return fault
		}
	}
	if r.Messages == 0 {
		return Invalid("messages", "messages is missing: give an array with at least one message.")
	}
	r.HasTools = r.Tools > 0
	r.HasImages, r.HasAudio = r.Images > 0, r.Audios > 0
	r.HasVideo, r.HasFiles = r.Videos > 0, r.Files > 0
	r.TokensEstimate = r.text.Tokens() + r.overheadTokens()
	return nil
}

// caseTwin returns the name we know that differs from this one only in case. Some parsers match
// names without regard to case, so letting one pass would let a request mean two things.
func caseTwin(name []byte) string {
	plain := true
	for _, c := range name {
		if c >= 'A' && c <= 'Z' || c >= 0x80 {
			plain = false
			break
		}
	}
	if plain {
		return ""
	}
	for known := range rules {
		if strings.EqualFold(known, string(name)) {
			return known
		}
	}
	return ""
}

func syntaxError(err error, size int) *Error {
	if size == 0 {
		return Invalid("", "The body is empty: send a JSON object.")
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return Invalid("", "The body is not valid JSON: it ends too early.")
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		where := ""
		if p := string(syntax.JSONPointer); p != "" {
			where = " at " + clip(p, nameShownMax)
		}
		reason := strings.TrimPrefix(fmt.Sprint(syntax.Err), "jsontext: ")
		return Invalid("", "The body is not valid JSON: %s%s (byte %d).",
			clip(reason, nameShownMax), where, syntax.ByteOffset)
	}
	return Invalid("", "The body is not valid JSON.")
}

func kindName(first byte) string {
	switch first {
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	case '{':
		return "an object"
	default:
		return "a number"
	}
}

// UpstreamOptions say how a request is put to one endpoint.
type UpstreamOptions struct {
	Model       string // the provider's id
	Quirks      models.Quirks
	Supported   []string // parameters the endpoint takes; nil keeps all
	MaxTokens   int64    // overrides what the client asked for when positive
	MaxOutput   int64    // the most the endpoint can write, 0 where unknown
	User        string   // an opaque name of the end user; "" sends none
	NoSummary   bool     // of thinking: it was asked for once, and refused
	ServiceTier string   // the endpoint takes it, and has a price for it; "" sends none

	Fetched      map[string]string // what links lead to, as data URLs, where that was read
	CloudVersion string            // of Anthropic's dialect at a cloud, which takes it in place of the model
	StreamUnsaid bool              // the address says that a stream is wanted, and the body may not
}

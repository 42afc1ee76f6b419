package provider

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/tidwall/gjson"

	"bourse/app/wire"
	"bourse/models"
)

var (
	// Claude is asked in its maker's own dialect, which knows more than the cloud's.
	speakBedrockClaude = &dialect{
		body:    claude(bedrockVersion, false),
		inlines: true,
		plain:   wire.AppendAnthropicAnswer,
		path: func(model string, stream bool) string {
			return bedrockPath(model, stream, "/invoke", "/invoke-with-response-stream")
		},
		stream: func(r io.Reader) io.Reader { return wire.NewAnthropicStream(newFrames(r)) },
	}

	speakBedrock = &dialect{
		body: func(r *wire.ChatRequest, o wire.UpstreamOptions) ([]byte, *wire.Error) {
			return r.AppendConverse(nil, o)
		},
		inlines: true,
		plain:   wire.AppendConverseAnswer,
		path: func(model string, stream bool) string {
			return bedrockPath(model, stream, "/converse", "/converse-stream")
		},
		stream: func(r io.Reader) io.Reader { return wire.NewConverseStream(newFrames(r)) },
	}
)

// bedrockPath escapes the colon of an id as well: it is part of the name, and signed.
func bedrockPath(model string, stream bool, plain, streamed string) string {
	path := "/model/" + strings.ReplaceAll(url.PathEscape(model), ":", "%3A")
	if stream {
		return path + streamed
	}
	return path + plain
}

// frames reads the binary frames of Amazon's event streams as events of text.
type frames struct {
	r       io.Reader
	decoder *eventstream.Decoder
	payload []byte // of the last frame, used again
	out     []byte
	at      int
	err     error
}

func newFrames(r io.Reader) io.Reader { return &frames{r: r, decoder: eventstream.NewDecoder()} }

// Read returns what has been decoded, waiting for the next frame when there is nothing. A frame
// whose sums are wrong ends the stream.
func (f *frames) Read(p []byte) (int, error) {
	for f.at == len(f.out) {
		if f.err != nil {
			return 0, f.err
		}
		f.out, f.at = f.out[:0], 0
		message, err := f.decoder.Decode(f.r, f.payload)
		if err != nil {
			f.err = frameError(err)
			continue
		}
		f.payload = message.Payload
		f.out = appendFrame(f.out, message)
	}
	n := copy(p, f.out[f.at:])
	f.at += n
	return n, nil
}

// frameError keeps what the connection says and names what the decoder says.
func frameError(err error) error {
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return io.EOF
	}
	return fmt.Errorf("read a frame: %w", err)
}

// appendFrame writes one frame as an event: {"name of the event": payload}, the bytes inside of a
// chunk as they are, and an exception as an error.
func appendFrame(dst []byte, m eventstream.Message) []byte {
	named := func(name string) string {
		if v := m.Headers.Get(name); v != nil {
			return strings.Map(letter, v.String())
		}
		return ""
	}
	payload := bytes.Map(oneLine, m.Payload)
	kind := named(":message-type")
	if kind == "exception" || kind == "error" {
		code := named(":exception-type") + named(":error-code")
		message := gjson.GetBytes(payload, "message").String()
		if v := m.Headers.Get(":error-message"); v != nil && message == "" {
			message = v.String()
		}
		said := fmt.Appendf(nil, `{"error":{"code":%s,"message":%s}}`, quoted(code), quoted(message))
		return append(append(append(dst, "data: "...), said...), "\n\n"...)
	}
	if !gjson.ValidBytes(payload) {
		return append(append(append(dst, "data: "...), payload...), "\n\n"...) // the rewriter says what is wrong
	}
	if named(":event-type") == "chunk" {
		inner := gjson.GetBytes(payload, "bytes")
		if inner.Type != gjson.String { // some that imitate the service leave the wrapping out
			return append(append(append(dst, "data: "...), payload...), "\n\n"...)
		}
		text, err := base64.StdEncoding.DecodeString(inner.Str)
		if err != nil {
			text = []byte("not base64")
		}
		return append(append(append(dst, "data: "...), bytes.Map(oneLine, text)...), "\n\n"...)
	}
	dst = append(append(append(dst, `data: {"`...), named(":event-type")...), `":`...)
	return append(append(dst, payload...), "}\n\n"...)
}

// letter drops what is no letter: names of events have nothing else.
func letter(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		return r
	}
	return -1
}

// oneLine turns line breaks into blanks: inside an event they would end it.
func oneLine(r rune) rune {
	if r == '\n' || r == '\r' {
		return ' '
	}
	return r
}

// awsSignature lets requests in with a signature instead of a key.
type awsSignature struct {
	credentials aws.Credentials
	region      string
	signer      *v4.Signer
	now         func() time.Time
}

const bedrockService = "bedrock"

// authorize signs the request, its body included.
func (s *awsSignature) authorize(ctx context.Context, req *http.Request, body []byte) error {
	sum := sha256.Sum256(body)
	return s.signer.SignHTTP(ctx, s.credentials, req, hex.EncodeToString(sum[:]), bedrockService, s.region, s.now())
}

const bedrockRegion = "us-east-1"

// bedrockRegions are where the offers of one geography are asked when the operator's own region
// lies in another.
var bedrockRegions = map[string]string{"us": "us-east-1", "eu": "eu-central-1", "apac": "ap-southeast-1", "jp": "ap-northeast-1", "au": "ap-southeast-2"}

// bedrockConnection reads the usual names: a key of Bedrock's own, or a pair that signs. A pair
// alone may be meant for something else, so it counts only with a region named for this.
func bedrockConnection(env func(string) string, p *models.Provider, tag string) (Connection, bool, error) {
	key, region := strings.TrimSpace(env(p.APIKeyEnv)), env("BEDROCK_REGION")
	id, secret := env("AWS_ACCESS_KEY_ID"), env("AWS_SECRET_ACCESS_KEY")
	if key == "" && (id == "" || secret == "" || region == "") {
		return Connection{}, false, nil
	}
	home := region
	if home == "" {
		home = bedrockRegion
	}
	place := home
	if _, variant, found := strings.Cut(tag, "/"); found {
		place = regionFor(variant, home)
	}
	conn := Connection{APIKey: key, BaseURL: "https://bedrock-runtime." + place + ".amazonaws.com"}
	if base := strings.TrimSpace(env("AWS_ENDPOINT_URL_BEDROCK_RUNTIME")); base != "" {
		conn.BaseURL = strings.TrimRight(base, "/")
	}
	if key == "" {
		conn.access = &awsSignature{region: place, signer: v4.NewSigner(), now: time.Now,
			credentials: aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: env("AWS_SESSION_TOKEN")}}
	}
	return conn, true, checkURL(conn.BaseURL)
}

// regionFor is home when it lies in the geography, else the usual region of that.
func regionFor(geography, home string) string {
	place, known := bedrockRegions[geography]
	inside := map[string]string{"us": "us-", "eu": "eu-", "apac": "ap-", "jp": "ap-northeast-", "au": "ap-southeast-"}[geography]
	if !known || strings.HasPrefix(home, inside) {
		return home
	}
	return place
}

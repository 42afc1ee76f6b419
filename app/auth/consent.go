package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"bourse/models"
)

const (
	codePrefix       = "brs-code-"
	codeRandom       = 43
	codeLife         = 10 * time.Minute
	callbackBytesMax = 2000
	challengeMax     = 128
	verifierMax      = 128
	labelMax         = 100
)

// The ways in which a program proves that it is the one that asked.
const (
	ChallengeS256  = "S256"
	ChallengePlain = "plain"
)

// Consent is what a program asks a person for: a key of their account.
type Consent struct {
	UserID, AccountID string
	Callback          string // where the code is sent; "" shows it to the person
	Challenge         string // of the program's secret
	Method            string // S256 or plain
	Label             string // name of the key; "" takes the callback's host
	Limit             models.Amount
	Reset             string
	KeyEnds           *time.Time
}

// Check says what is wrong with what a program asks for, and completes what it left out.
func (c *Consent) Check() error {
	host := "a program"
	if c.Callback != "" {
		u, err := callback(c.Callback)
		if err != nil {
			return err
		}
		host = u.Host
	}
	switch {
	case c.Callback == "" && c.Challenge == "":
		return models.FieldError("code_challenge", "Without a callback_url a code_challenge is needed.")
	case len(c.Challenge) > challengeMax || !graphic(c.Challenge):
		return models.FieldError("code_challenge", "code_challenge must have at most %d letters, digits and signs.", challengeMax)
	case c.Challenge == "":
		c.Method = ""
	case c.Method == "":
		c.Method = ChallengePlain // as RFC 7636 has it
	case c.Method != ChallengeS256 && c.Method != ChallengePlain:
		return models.FieldError("code_challenge_method", "code_challenge_method must be S256 or plain.")
	}
	if c.Label = strings.TrimSpace(c.Label); c.Label == "" {
		c.Label = host
	}
	if utf8.RuneCountInString(c.Label) > labelMax || !oneLine(c.Label) {
		return models.FieldError("key_label", "key_label must have at most %d characters, on one line.", labelMax)
	}
	for utf8.RuneCountInString(c.Label) > keyNameMax {
		_, last := utf8.DecodeLastRuneInString(c.Label)
		c.Label = c.Label[:len(c.Label)-last]
	}
	key := CreateKey{Name: c.Label, Limit: c.Limit, Reset: c.Reset}
	return key.check()
}

// callback reads an address to which a code may be sent: a secure one, or a program on the
// person's own machine.
func callback(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || len(text) > callbackBytesMax || u.Host == "" || u.User != nil || u.Fragment != "" || !plainHost(u.Host) {
		return nil, models.FieldError("callback_url", "callback_url must be a whole address without a fragment, such as https://app.example.com/callback.")
	}
	local := u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1" || u.Hostname() == "::1"
	if u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return nil, models.FieldError("callback_url", "callback_url must begin with https://, or lead to localhost.")
	}
	return u, nil
}

// plainHost reports whether a host is written with what hosts are made of. It goes into a header.
func plainHost(host string) bool {
	return strings.IndexFunc(host, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(".-:[]", r)
	}) < 0
}

func graphic(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// Offer keeps a person's consent and returns the code that a program exchanges for the key, with
// the address to send it to, "" when there is none.
func (k *Keys) Offer(ctx context.Context, c Consent) (code, to string, err error) {
	if err := c.Check(); err != nil {
		return "", "", err
	}
	now := k.now()
	if c.KeyEnds != nil && !c.KeyEnds.After(now) {
		return "", "", models.FieldError("expires_at", "expires_at must lie ahead.")
	}
	if c.Limit < 0 {
		c.Reset = ""
	}
	code = codePrefix + string(models.AppendRandom(nil, codeRandom))
	row := models.AuthCode{Hash: hashOf(code), UserID: c.UserID, AccountID: c.AccountID, Challenge: c.Challenge, Method: c.Method, KeyName: c.Label,
		Limit: c.Limit, LimitReset: c.Reset, CreatedUs: now.UnixMicro(), ExpiresUs: now.Add(codeLife).UnixMicro()}
	if c.KeyEnds != nil {
		row.KeyEndsUs = c.KeyEnds.UnixMicro()
	}
	if err := k.db.InsertAuthCode(ctx, row); err != nil {
		return "", "", err
	}
	if c.Callback == "" {
		return code, "", nil
	}
	u, err := callback(c.Callback)
	if err != nil {
		return "", "", err
	}
	q := u.Query()
	q.Set("code", code)
	u.RawQuery = q.Encode()
	return code, u.String(), nil
}

// Exchange turns a code into the key that a person agreed to, once. The verifier is the secret
// whose challenge came with the consent; method is how the program says it made that, "" as it was.
func (k *Keys) Exchange(ctx context.Context, code, verifier, method string) (plain, userID string, err error) {
	refused := models.Errorf(models.Forbidden, "The code is unknown, was used, or is older than ten minutes; or the verifier is not its own.")
	row, err := k.db.AuthCodeByHash(ctx, hashOf(code), k.now())
	if models.CodeOf(err) == models.NotFound {
		return "", "", refused
	}
	if err != nil {
		return "", "", err
	}
	if method != "" && method != row.Method {
		return "", "", models.FieldError("code_challenge_method", "code_challenge_method is not the one that the code was made with.")
	}
	if len(verifier) > verifierMax || !proves(row, verifier) {
		return "", "", refused
	}
	if err := k.db.TakeAuthCode(ctx, row.Hash); err != nil {
		if models.CodeOf(err) == models.NotFound {
			return "", "", refused
		}
		return "", "", err
	}
	in := CreateKey{UserID: row.UserID, AccountID: row.AccountID, FormID: "code-" + row.Hash[:32], Name: row.KeyName, Limit: row.Limit, Reset: row.LimitReset}
	if row.KeyEndsUs != 0 {
		at := time.UnixMicro(row.KeyEndsUs).UTC()
		in.ExpiresAt = &at
	}
	plain, _, again, err := k.Create(ctx, in)
	if err == nil && again {
		err = refused
	}
	return plain, row.UserID, err
}

// proves reports whether the verifier is the secret of the challenge. Without a challenge there
// is nothing to prove.
func proves(row models.AuthCode, verifier string) bool {
	switch row.Method {
	case "":
		return true
	case ChallengeS256:
		sum := sha256.Sum256([]byte(verifier))
		verifier = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	return subtle.ConstantTimeCompare([]byte(verifier), []byte(row.Challenge)) == 1
}

package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

const (
	themeCookie = "theme"
	keysCookie  = "keys"
	flashCookie = "flash"
	// densityCookie holds how close rows stand; absent is comfortable.
	densityCookie = "density"
	compact       = "compact"
	// taste is how long a browser remembers colours and keys.
	taste = 365 * 24 * time.Hour
	// flashMaxBytes bounds the sentence that is carried to the next page.
	flashMaxBytes = 400
)

// SetTheme keeps the colours that a visitor wants, in a cookie, and goes back.
func (s *Server) SetTheme(c echo.Context) error {
	switch theme := c.FormValue("theme"); theme {
	case "light", "dark":
		s.remember(c, themeCookie, theme, taste)
	default:
		s.remember(c, themeCookie, "", -1)
	}
	return redirect(c, safeNext(c.FormValue("next"), "/"))
}

// SetKeyboard switches the single-key shortcuts on or off for this browser.
func (s *Server) SetKeyboard(c echo.Context) error {
	if c.FormValue("shortcuts") == "off" {
		s.remember(c, keysCookie, "off", taste)
	} else {
		s.remember(c, keysCookie, "", -1)
	}
	return redirect(c, safeNext(c.FormValue("next"), "/settings"))
}

// SetDensity keeps how close the rows of tables stand in this browser, and goes back.
func (s *Server) SetDensity(c echo.Context) error {
	if c.FormValue("density") == compact {
		s.remember(c, densityCookie, compact, taste)
	} else {
		s.remember(c, densityCookie, "", -1)
	}
	return redirect(c, safeNext(c.FormValue("next"), "/settings"))
}

// remember sets a cookie of this site only; a negative age removes it.
func (s *Server) remember(c echo.Context, name, value string, age time.Duration) {
	seconds := int(age / time.Second)
	if age < 0 {
		seconds = -1
	}
	c.SetCookie(&http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: s.Config.Secure, SameSite: http.SameSiteLaxMode,
	})
}

func themeOf(c echo.Context) string {
	if k, err := c.Cookie(themeCookie); err == nil && (k.Value == "light" || k.Value == "dark") {
		return k.Value
	}
	return ""
}

func keysOff(c echo.Context) bool {
	k, err := c.Cookie(keysCookie)
	return err == nil && k.Value == "off"
}

func densityOf(c echo.Context) string {
	if k, err := c.Cookie(densityCookie); err == nil && k.Value == compact {
		return compact
	}
	return ""
}

// flash keeps one sentence for the next page that this browser opens.
func (s *Server) flash(c echo.Context, sentence string) { s.setFlash(c, "+", sentence) }

// flashError is flash for something that did not work.
func (s *Server) flashError(c echo.Context, sentence string) { s.setFlash(c, "-", sentence) }

func (s *Server) setFlash(c echo.Context, sign, sentence string) {
	if len(sentence) > flashMaxBytes {
		sentence = strings.ToValidUTF8(sentence[:flashMaxBytes], "")
	}
	s.remember(c, flashCookie, sign+url.QueryEscape(sentence), time.Minute)
}

func hasFlash(c echo.Context) bool {
	k, err := c.Cookie(flashCookie)
	return err == nil && k.Value != ""
}

// takeFlash returns the sentence and forgets it.
func (s *Server) takeFlash(c echo.Context) (sentence string, bad bool) {
	k, err := c.Cookie(flashCookie)
	if err != nil || len(k.Value) < 2 {
		return "", false
	}
	s.remember(c, flashCookie, "", -1)
	sentence, err = url.QueryUnescape(k.Value[1:])
	if err != nil {
		return "", false
	}
	return sentence, k.Value[0] == '-'
}

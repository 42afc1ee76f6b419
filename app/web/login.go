package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"bourse/app/auth"
	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

// afterSignIn is where people go who were on the way to nothing.
const afterSignIn = views.PathCredits

// SignUpForm asks for an address and a password.
func (s *Server) SignUpForm(c echo.Context) error {
	if visitor(c) != nil {
		return redirect(c, safeNext(c.QueryParam("next"), afterSignIn))
	}
	return s.signUpPage(c, http.StatusOK, views.SignUpPage{Next: safeNext(c.QueryParam("next"), "")})
}

func (s *Server) signUpPage(c echo.Context, status int, p views.SignUpPage) error {
	known, err := s.DB.HasUsers(c.Request().Context())
	if err != nil {
		return err
	}
	p.Operator = !known
	p.Shell = s.shell(c, "Create an account")
	return s.render(c, status, views.SignUp(p))
}

// SignUp opens an account. The page that follows is the same whether or not the address was known.
func (s *Server) SignUp(c echo.Context) error {
	p := views.SignUpPage{Email: field(c, "email"), Next: safeNext(c.FormValue("next"), "")}
	made, err := s.Accounts.SignUp(c.Request().Context(), auth.SignUp{Email: p.Email, Password: c.FormValue("password"), IP: c.RealIP()})
	if err != nil {
		var ok bool
		if p.Errors, ok = formErrors(err); !ok {
			return err
		}
		retryAfter(c, err)
		return s.signUpPage(c, formStatus(err), p)
	}
	s.remember(c, signUpCookie, signUpMark(p.Email), signUpLife)
	if made.SignedIn {
		if err := s.signIn(c, made.User); err != nil {
			return err
		}
		s.flash(c, "Welcome. You are the operator of this installation.")
		return redirect(c, safeNext(p.Next, afterSignIn))
	}
	return s.notice(c, http.StatusOK, views.NoticePage{
		Heading: "Look into your mail",
		Text: []string{
			"We sent a letter to " + p.Email + ". Open the link in it to finish.",
			"No letter after some minutes? Look among the unwanted mail, or send the form again.",
		},
	})
}

// SignInForm asks who is there.
func (s *Server) SignInForm(c echo.Context) error {
	next := safeNext(c.QueryParam("next"), "")
	if visitor(c) != nil {
		return redirect(c, safeNext(next, afterSignIn))
	}
	return s.signInPage(c, http.StatusOK, views.SignInPage{Next: next})
}

func (s *Server) signInPage(c echo.Context, status int, p views.SignInPage) error {
	p.Shell = s.shell(c, "Sign in")
	return s.render(c, status, views.SignIn(p))
}

// SignIn checks a password and begins a session.
func (s *Server) SignIn(c echo.Context) error {
	p := views.SignInPage{Email: field(c, "email"), Next: safeNext(c.FormValue("next"), "")}
	user, err := s.Accounts.SignIn(c.Request().Context(), p.Email, c.FormValue("password"), c.RealIP())
	if err != nil {
		var ok bool
		if p.Errors, ok = formErrors(err); !ok {
			return err
		}
		retryAfter(c, err)
		return s.signInPage(c, formStatus(err), p)
	}
	if err := s.signIn(c, user); err != nil {
		return err
	}
	return redirect(c, safeNext(p.Next, afterSignIn))
}

// SignOut ends the session of this browser.
func (s *Server) SignOut(c echo.Context) error {
	if err := s.signOut(c); err != nil {
		return err
	}
	s.flash(c, "You are signed out.")
	return redirect(c, views.PathHome)
}

const (
	signUpCookie = "signup"
	signUpLife   = 48 * time.Hour // as long as the letter
)

// signUpMark is what a browser that signed up with an address remembers of it.
func signUpMark(email string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(email)))
	return hex.EncodeToString(sum[:16])
}

// signedUpHere reports whether this is the browser in which the person signed up. Nobody else is
// signed in by a link: it may have been sent by somebody who wants others in their account.
func signedUpHere(c echo.Context, user models.User) bool {
	k, err := c.Cookie(signUpCookie)
	return err == nil && k.Value == signUpMark(user.Email)
}

// Verify takes the token of a letter: the address is confirmed, and its reader signed in if it is
// in this browser that they signed up and it is nobody's meanwhile.
func (s *Server) Verify(c echo.Context) error {
	noStore(c)
	if c.Request().Method == http.MethodHead || strings.HasPrefix(c.Request().Header.Get("Sec-Purpose"), "prefetch") {
		return c.NoContent(http.StatusNoContent) // a look at the link does not use it up
	}
	user, err := s.Accounts.Verify(c.Request().Context(), c.QueryParam("token"))
	if models.CodeOf(err) == models.NotFound {
		return s.notice(c, http.StatusNotFound, views.NoticePage{
			Heading: "This link does not work any more", Bad: true, Resend: visitor(c) != nil && !visitor(c).Verified,
			Text: []string{
				"It works once, for two days. If you opened it before, your address is confirmed: sign in.",
				"Otherwise sign up again with the same address, and a new letter comes.",
			},
			Action: views.Link{Href: views.PathSignIn, Text: "Sign in"},
		})
	}
	if err != nil {
		return err
	}
	text := []string{user.Email + " is confirmed."}
	action := views.Link{Href: views.PathCredits, Text: "Add credit"}
	switch v := visitor(c); {
	case v == nil && signedUpHere(c, user):
		if err := s.signIn(c, user); err != nil {
			return err
		}
		s.remember(c, signUpCookie, "", -1)
		s.flash(c, user.Email+" is confirmed, and you are signed in.")
		return redirect(c, afterSignIn)
	case v == nil:
		text = append(text, "Sign in with the password that you chose.")
		action = views.Link{Href: views.PathSignIn, Text: "Sign in"}
	case v.UserID == user.ID:
		v.Verified = true
	default:
		text = append(text, "This browser is signed in as "+v.Email+"; that has not changed.")
	}
	return s.notice(c, http.StatusOK, views.NoticePage{Heading: "Address confirmed", Text: text, Action: action})
}

// VerifyAgain sends the confirming letter once more to somebody who is signed in.
func (s *Server) VerifyAgain(c echo.Context) error {
	v := visitor(c)
	if !v.Verified {
		if err := s.Accounts.ResendVerification(c.Request().Context(), v.UserID); err != nil {
			retryAfter(c, err)
			return err
		}
	}
	return s.notice(c, http.StatusOK, views.NoticePage{
		Heading: "Look into your mail", Text: []string{"We sent a letter to " + v.Email + ". The link in it confirms that the address is yours."},
		Action: views.Link{Href: views.PathSettings, Text: "Settings"},
	})
}

// notice draws a page that says what happened and what comes next.
func (s *Server) notice(c echo.Context, status int, p views.NoticePage) error {
	p.Shell = s.shell(c, p.Heading)
	return s.render(c, status, views.Notice(p))
}

// retryAfter tells machines, too, how long to wait when err is about too many tries.
func retryAfter(c echo.Context, err error) {
	if wait := auth.RetryAfter(err); wait > 0 {
		c.Response().Header().Set("Retry-After", strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
	}
}

// withNext adds the way back to the address of a form.
func withNext(path, next string) string { return path + "?next=" + url.QueryEscape(next) }

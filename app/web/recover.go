package web

import (
	"net/http"

	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

// ResetRequestForm asks for the address to send a link to.
func (s *Server) ResetRequestForm(c echo.Context) error {
	return s.resetRequestPage(c, http.StatusOK, views.ResetRequestPage{})
}

func (s *Server) resetRequestPage(c echo.Context, status int, p views.ResetRequestPage) error {
	p.Shell = s.shell(c, "Set a new password")
	return s.render(c, status, views.ResetRequest(p))
}

// ResetRequest sends the link, if there is an account; the page does not say whether there is.
func (s *Server) ResetRequest(c echo.Context) error {
	p := views.ResetRequestPage{Email: field(c, "email")}
	if err := s.Accounts.RequestReset(c.Request().Context(), p.Email, c.RealIP()); err != nil {
		var ok bool
		if p.Errors, ok = formErrors(err); !ok {
			return err
		}
		retryAfter(c, err)
		return s.resetRequestPage(c, formStatus(err), p)
	}
	return s.notice(c, http.StatusOK, views.NoticePage{
		Heading: "Look into your mail",
		Text: []string{
			"If " + p.Email + " has an account here, a letter with a link is on its way. The link works once, for an hour.",
		},
		Action: views.Link{Href: views.PathSignIn, Text: "Back to sign in"},
	})
}

// ResetForm takes the new password from somebody who comes with the link of a letter.
func (s *Server) ResetForm(c echo.Context) error {
	noStore(c)
	token := c.QueryParam("token")
	if err := s.Accounts.ResetTokenWorks(c.Request().Context(), token); err != nil {
		return s.resetFailed(c, err)
	}
	return s.resetPage(c, http.StatusOK, views.ResetFormPage{Token: token})
}

func (s *Server) resetPage(c echo.Context, status int, p views.ResetFormPage) error {
	p.Shell = s.shell(c, "Choose a new password")
	// The token must not come back as "the page to return to" of some other form.
	p.Path = views.PathHome
	return s.render(c, status, views.ResetForm(p))
}

// Reset uses up the link, sets the password and signs in here and nowhere else.
func (s *Server) Reset(c echo.Context) error {
	noStore(c)
	p := views.ResetFormPage{Token: c.FormValue("token")}
	user, err := s.Accounts.Reset(c.Request().Context(), p.Token, c.FormValue("password"))
	if err != nil {
		var ok bool
		if p.Errors, ok = formErrors(err); !ok {
			return s.resetFailed(c, err)
		}
		return s.resetPage(c, formStatus(err), p)
	}
	if err := s.signIn(c, user); err != nil {
		return err
	}
	s.flash(c, "The new password is set. Everywhere else you are signed out.")
	return redirect(c, afterSignIn)
}

func (s *Server) resetFailed(c echo.Context, err error) error {
	if models.CodeOf(err) != models.NotFound {
		return err
	}
	return s.notice(c, http.StatusNotFound, views.NoticePage{
		Heading: "This link does not work any more", Bad: true,
		Text:   []string{"It works once, for an hour, and a newer one replaces it. Ask for another."},
		Action: views.Link{Href: views.PathReset, Text: "Send a new link"},
	})
}

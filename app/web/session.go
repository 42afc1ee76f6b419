package web

import (
	"errors"
	"net/http"
	"time"

	"bourse/app/auth"
	"bourse/models"
	"bourse/views"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"
)

const (
	sessionCookie = "session"
	// hostPrefix makes browsers take a cookie from this very host only, over a secure line: no
	// neighbour under the same domain can plant one.
	hostPrefix = "__Host-"
	// cookieLife is how long a browser keeps the cookie; the row behind it may end sooner.
	cookieLife = 30 * 24 * time.Hour
	troubleKey = "bourse.session-trouble"
)

// The values of a session.
type sessionValue int

const (
	valueUser    sessionValue = iota // id of the person to sign in, on a new session
	valueVisitor                     // the *Visitor of a session that was found
)

// sessionStore keeps sessions in the database. The cookie holds a random token and nothing else.
type sessionStore struct {
	accounts *auth.Accounts
	secure   bool
	ip       string // where the request comes from
}

func (s *Server) sessions(c echo.Context) sessionStore {
	return sessionStore{accounts: s.Accounts, secure: s.Config.Secure, ip: c.RealIP()}
}

// sessionName is what the cookie is called.
func (s *Server) sessionName() string {
	if s.Config.Secure {
		return hostPrefix + sessionCookie
	}
	return sessionCookie
}

// Get returns the session of a request, looked up once.
func (st sessionStore) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(st, name)
}

// New looks a request's session up. One that is unknown or over is a new one without an error.
func (st sessionStore) New(r *http.Request, name string) (*sessions.Session, error) {
	session := sessions.NewSession(st, name)
	session.IsNew = true
	session.Options = &sessions.Options{
		Path: "/", MaxAge: int(cookieLife / time.Second), HttpOnly: true, Secure: st.secure, SameSite: http.SameSiteLaxMode,
	}
	cookie, err := r.Cookie(name)
	if err != nil || cookie.Value == "" {
		return session, nil
	}
	row, user, accountID, err := st.accounts.SessionByToken(r.Context(), cookie.Value)
	if models.CodeOf(err) == models.Unauthorized {
		return session, nil
	}
	if err != nil {
		return session, err
	}
	session.ID, session.IsNew = cookie.Value, false
	session.Values[valueVisitor] = &Visitor{
		UserID: user.ID, AccountID: accountID, SessionID: row.ID, Email: user.Email, Name: user.Name,
		Verified: user.Verified(), Operator: user.Operator(),
	}
	return session, nil
}

// Save begins the session of the person under valueUser, or ends one whose age is negative.
func (st sessionStore) Save(r *http.Request, w http.ResponseWriter, session *sessions.Session) error {
	if session.Options.MaxAge < 0 {
		http.SetCookie(w, sessions.NewCookie(session.Name(), "", session.Options))
		if session.ID == "" {
			return nil
		}
		return st.accounts.RevokeByToken(r.Context(), session.ID)
	}
	userID, ok := session.Values[valueUser].(string)
	if !ok {
		return errors.New("a session needs a person")
	}
	token, err := st.accounts.NewSession(r.Context(), userID, st.ip, r.UserAgent())
	if err != nil {
		return err
	}
	session.ID, session.IsNew = token, false
	http.SetCookie(w, sessions.NewCookie(session.Name(), token, session.Options))
	return nil
}

// Sessions finds out who is signed in. A database that is away does not keep anybody from the
// pages that are the same for everybody.
func (s *Server) Sessions(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		session, err := s.sessions(c).Get(c.Request(), s.sessionName())
		if err != nil {
			c.Set(troubleKey, &models.Error{Code: models.Unavailable, Message: "We cannot look up who you are at the moment. Try again shortly.", Err: err})
			return next(c)
		}
		if v, ok := session.Values[valueVisitor].(*Visitor); ok {
			SetVisitor(c, v)
		}
		return next(c)
	}
}

// SignedIn lets only people pass who are signed in; others are asked who they are and brought back.
func (s *Server) SignedIn(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if trouble, ok := c.Get(troubleKey).(error); ok {
			return trouble
		}
		if !plainQuery(c.Request().URL) {
			return errNoText
		}
		if visitor(c) != nil {
			return next(c)
		}
		if r := c.Request(); r.Method == http.MethodGet || r.Method == http.MethodHead {
			return redirect(c, withNext(views.PathSignIn, r.URL.RequestURI()))
		}
		s.flashError(c, "You are not signed in any more, so nothing was changed. Sign in and send it again.")
		return redirect(c, views.PathSignIn)
	}
}

// Operator lets only those pass who run this installation. Others are not told that there is
// anything at the address.
func (s *Server) Operator(next echo.HandlerFunc) echo.HandlerFunc {
	return s.SignedIn(func(c echo.Context) error {
		if !visitor(c).Operator {
			return models.Errorf(models.NotFound, "There is nothing at this address.")
		}
		return next(c)
	})
}

// signIn begins a session in this browser. One that it had ends, so that a token which somebody
// planted there before is worth nothing.
func (s *Server) signIn(c echo.Context, user models.User) error {
	store := s.sessions(c)
	session, err := store.Get(c.Request(), s.sessionName())
	if err != nil {
		return err
	}
	if session.ID != "" {
		if err := s.Accounts.RevokeByToken(c.Request().Context(), session.ID); err != nil {
			return err
		}
	}
	session.Values[valueUser] = user.ID
	return session.Save(c.Request(), c.Response())
}

// signOut ends the session of this browser.
func (s *Server) signOut(c echo.Context) error {
	session, err := s.sessions(c).Get(c.Request(), s.sessionName())
	if err != nil {
		return err
	}
	session.Options.MaxAge = -1
	return session.Save(c.Request(), c.Response())
}

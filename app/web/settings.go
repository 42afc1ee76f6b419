package web

import (
	"net/http"
	"strings"
	"time"

	"bourse/views"

	"github.com/labstack/echo/v4"
)

// othersSession in the place of a session's id means all but the one that asks.
const othersSession = "others"

// Settings shows everything a person can change about the account.
func (s *Server) Settings(c echo.Context) error {
	return s.settingsPage(c, http.StatusOK, views.SettingsPage{Name: visitor(c).Name})
}

func (s *Server) settingsPage(c echo.Context, status int, p views.SettingsPage) error {
	ctx, v := c.Request().Context(), visitor(c)
	user, err := s.DB.UserByID(ctx, v.UserID)
	if err != nil {
		return err
	}
	list, err := s.Accounts.Sessions(ctx, v.UserID)
	if err != nil {
		return err
	}
	p.Joined, p.Now = user.Created(), time.Now()
	for _, row := range list {
		p.Sessions = append(p.Sessions, views.SessionRow{
			ID: row.ID, Device: deviceOf(row.UserAgent), IP: row.IP, Created: row.Created(), LastSeen: row.Seen(), Current: row.ID == v.SessionID,
		})
	}
	p.Shell = s.shell(c, "Settings")
	p.Path = views.PathSettings
	return s.render(c, status, views.Settings(p))
}

// SaveProfile keeps the name.
func (s *Server) SaveProfile(c echo.Context) error {
	name := field(c, "name")
	if err := s.Accounts.Rename(c.Request().Context(), visitor(c).UserID, name); err != nil {
		errs, ok := formErrors(err)
		if !ok {
			return err
		}
		return s.settingsPage(c, formStatus(err), views.SettingsPage{Name: name, ProfileErrors: errs})
	}
	s.flash(c, "The name is saved.")
	return redirect(c, views.PathSettings)
}

// ChangePassword sets a new password and signs every other browser out.
func (s *Server) ChangePassword(c echo.Context) error {
	v := visitor(c)
	err := s.Accounts.ChangePassword(c.Request().Context(), v.UserID, v.SessionID, c.FormValue("current"), c.FormValue("password"))
	if err != nil {
		errs, ok := formErrors(err)
		if !ok {
			return err
		}
		retryAfter(c, err)
		return s.settingsPage(c, formStatus(err), views.SettingsPage{Name: v.Name, PasswordErrors: errs})
	}
	s.flash(c, "The password is changed. All other browsers are signed out.")
	return redirect(c, views.PathSettings)
}

// RevokeSession signs another browser of the person out, or all others.
func (s *Server) RevokeSession(c echo.Context) error {
	ctx, v, id := c.Request().Context(), visitor(c), c.Param("id")
	if id == othersSession {
		if err := s.Accounts.RevokeOthers(ctx, v.UserID, v.SessionID); err != nil {
			return err
		}
		s.flash(c, "All other browsers are signed out.")
		return redirect(c, views.PathSettings)
	}
	if err := s.Accounts.Revoke(ctx, v.UserID, id); err != nil {
		return err
	}
	s.flash(c, "That browser is signed out.")
	return redirect(c, views.PathSettings)
}

// browsers and systems in the order in which to look for their names: most claim to be others too.
var (
	browsers = [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"}}
	systems  = [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}}
)

// deviceOf says in a few words which browser a user agent is: "Firefox on Linux".
func deviceOf(agent string) string {
	find := func(list [][2]string) string {
		for _, pair := range list {
			if strings.Contains(agent, pair[0]) {
				return pair[1]
			}
		}
		return ""
	}
	browser, system := find(browsers), find(systems)
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser != "" || system != "":
		return browser + system
	case agent == "":
		return "Unknown browser"
	}
	name, _, _ := strings.Cut(agent, " ")
	return name
}

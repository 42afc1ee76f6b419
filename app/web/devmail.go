package web

import (
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

var letterLinks = regexp.MustCompile(`https?://[^\s<>"]+`)

// DevMail shows the letters that were kept because there is no mail server, in development only
// and to this machine only: whoever reads them can sign in as anybody.
func (s *Server) DevMail(c echo.Context) error {
	if !s.Config.Development || !fromHere(c.Request()) {
		return models.Errorf(models.NotFound, "There is nothing at this address. Letters are shown on the machine itself, while no mail server is set up; the log has them too.")
	}
	noStore(c)
	p := views.DevMailPage{}
	for _, l := range s.Mail.Recent() {
		p.Mails = append(p.Mails, views.Mail{To: l.To, Subject: l.Subject, Time: l.At, Body: l.Body, Links: letterLinks.FindAllString(l.Body, -1)})
	}
	p.Shell = s.shell(c, "Mail")
	return s.render(c, http.StatusOK, views.DevMail(p))
}

// fromHere reports whether a request was made on this machine, by nobody else's order: not through
// a proxy, and not by a page elsewhere whose name was made to lead here.
func fromHere(r *http.Request) bool {
	named := (&url.URL{Host: r.Host}).Hostname()
	if at := net.ParseIP(named); named != "localhost" && !strings.HasSuffix(named, ".localhost") && (at == nil || !at.IsLoopback()) {
		return false
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
		return false
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

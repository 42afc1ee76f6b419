package web

import (
	"net/http"
	"strings"
	"time"

	"bourse/app/alert"
	"bourse/app/catalog"
	"bourse/models"
	"bourse/views"
	"bourse/views/ui"

	"github.com/labstack/echo/v4"
)

// AlertsIndex lists a person's price alerts; with a model in the address it asks for another.
func (s *Server) AlertsIndex(c echo.Context) error {
	var form *views.AlertForm
	if e := s.Catalog.Current().Model(c.QueryParam("model")); e != nil {
		form = alertForm(e, c.QueryParam("price"))
	}
	return s.alertsPage(c, http.StatusOK, form)
}

func (s *Server) alertsPage(c echo.Context, status int, form *views.AlertForm) error {
	list, err := s.Alerts.List(c.Request().Context(), visitor(c).AccountID)
	if err != nil {
		return err
	}
	p := views.AlertsPage{Shell: s.shell(c, "Price alerts"), Form: form, Most: models.PriceAlertsMax, Now: time.Now()}
	for _, v := range list {
		p.Rows = append(p.Rows, alertRow(v))
	}
	p.Path = views.PathAlerts
	return s.render(c, status, views.Alerts(p))
}

func alertRow(v alert.View) views.AlertRow {
	row := views.AlertRow{
		ID: v.ID, Model: v.Name, Href: views.ModelHref(v.Model), Price: v.Measure.Label, Below: views.Price(int64(v.Below)),
		Lowest: "—", Set: v.Created(), State: "waiting", Tone: "accent",
	}
	if v.Among.Name != "" {
		row.Offers = v.Among.Label
	}
	if v.Offer != nil {
		row.Lowest, row.At = views.Price(int64(v.Rate)), "at "+v.Offer.Provider.Name
	}
	switch v.State {
	case models.AlertFired:
		row.State, row.Tone = "told", "good"
	case models.AlertEnded:
		row.State, row.Tone = "ended: not sold any more", "warn"
	}
	if v.ToldUs != 0 {
		row.Told, row.ToldOf = v.Told(), views.Price(int64(v.ToldRate))+at(v)
	}
	return row
}

// at says who asked the price that was told of, when they still sell the model.
func at(v alert.View) string {
	if v.Entry != nil {
		for _, o := range v.Entry.Endpoints {
			if o.Tag == v.ToldTag {
				return " at " + o.Provider.Name
			}
		}
	}
	return ""
}

// SetAlert keeps an alert.
func (s *Server) SetAlert(c echo.Context) error {
	w := alert.Wish{Model: field(c, "model"), Price: field(c, "price"), Offers: field(c, "offers"), Below: plainAmount(field(c, "below"))}
	v, err := s.Alerts.Set(c.Request().Context(), visitor(c).AccountID, w)
	switch {
	case err == nil:
		s.flash(c, "You get a letter when "+v.Name+" costs this: "+v.Wanted()+" per million tokens.")
		return redirect(c, views.PathAlerts)
	case models.CodeOf(err) == models.Conflict:
		s.flash(c, models.MessageOf(err))
		return redirect(c, views.PathAlerts)
	}
	errs, ok := formErrors(err)
	if !ok {
		return err
	}
	form := &views.AlertForm{Name: "a model"}
	if e := s.Catalog.Current().Model(w.Model); e != nil {
		form = alertForm(e, w.Price)
	}
	for i := range form.Offers {
		form.Offers[i].On = form.Offers[i].Value == w.Offers
	}
	form.Below, form.Errors = field(c, "below"), errs
	return s.alertsPage(c, formStatus(err), form)
}

// AlertRemoveForm asks before an alert goes, also those who come from a letter and are not signed in.
func (s *Server) AlertRemoveForm(c echo.Context) error {
	v, err := s.Alerts.ByID(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	p := views.AlertRemovePage{Shell: s.shell(c, "Remove a price alert"), ID: v.ID, Name: v.Name, Href: views.ModelHref(v.Model), Wanted: v.Wanted()}
	p.NoIndex = true
	return s.render(c, http.StatusOK, views.AlertRemove(p))
}

// AlertRemove ends an alert.
func (s *Server) AlertRemove(c echo.Context) error {
	ctx := c.Request().Context()
	v, err := s.Alerts.ByID(ctx, c.Param("id"))
	if err == nil {
		err = s.Alerts.Remove(ctx, v.ID)
	}
	if err != nil && models.CodeOf(err) != models.NotFound {
		return err
	}
	s.flash(c, "The alert is removed.")
	if visitor(c) == nil {
		return redirect(c, views.ModelHref(v.Model))
	}
	return redirect(c, views.PathAlerts)
}

// alertForm proposes a tenth less than what a price is now.
func alertForm(e *catalog.Entry, price string) *views.AlertForm {
	f := &views.AlertForm{Model: e.ID, Name: e.Name}
	list := catalog.Measures()
	if own, ok := catalog.ParseMeasure(price); ok {
		known := false
		for _, m := range list {
			known = known || m.Name == own.Name
		}
		if !known {
			list = append(list, own)
		}
	}
	for _, m := range list {
		o, rate := e.Cheapest(m, func(*catalog.Offer) bool { return true })
		if o == nil {
			continue
		}
		on := m.Name == price
		mark := proposed(rate)
		if f.Below == "" || on {
			f.Below = mark
		}
		f.Prices = append(f.Prices, ui.Option{Value: m.Name, Text: capital(m.Label) + ", now " + views.Price(int64(rate)), On: on, Fill: mark})
	}
	for _, o := range alert.Choices() {
		f.Offers = append(f.Offers, ui.Option{Value: o.Name, Text: capital(o.Label), On: o.Name == ""})
	}
	return f
}

// capital begins a sentence with a word that is in lower case elsewhere.
func capital(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// proposed is a tenth less than a price, cut to three digits.
func proposed(now models.Rate) string {
	mark, unit := int64(now)/10*9+int64(now)%10*9/10, int64(1)
	for mark/unit >= 1000 {
		unit *= 10
	}
	if mark = mark / unit * unit; mark == 0 {
		return ""
	}
	return models.Rate(mark).PerMillionUSD()
}

// alertBox is what the page of a model has about alerts.
func (s *Server) alertBox(c echo.Context, e *catalog.Entry, price string) (*views.AlertBox, error) {
	form := alertForm(e, price)
	if len(form.Prices) == 0 || s.Alerts == nil {
		return nil, nil
	}
	v := visitor(c)
	if v == nil {
		return &views.AlertBox{SignIn: withNext(views.PathSignIn, views.ModelHref(e.ID)+"#history")}, nil
	}
	list, err := s.Alerts.List(c.Request().Context(), v.AccountID)
	if err != nil {
		return nil, err
	}
	box := &views.AlertBox{Form: form}
	for _, a := range list {
		if a.Model == e.ID && a.State != models.AlertEnded {
			box.Set = append(box.Set, a.Wanted())
		}
	}
	return box, nil
}

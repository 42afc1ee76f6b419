package stripefake

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"bourse/models"
)

func (f *Fake) createSession(c *call) (any, *problem) {
	form := c.PostForm
	s := &Session{
		ID: "cs_test_" + string(models.AppendRandom(nil, 40)), Object: "checkout.session", Currency: "usd",
		ClientReferenceID: form.Get("client_reference_id"), CustomerEmail: form.Get("customer_email"),
		Created: f.config.Now().Unix(), ExpiresAt: f.config.Now().Add(sessionLife).Unix(), Metadata: metadata(form, "metadata"), Mode: form.Get("mode"),
		Livemode: f.config.Live, PaymentStatus: "unpaid", Status: "open", SuccessURL: form.Get("success_url"), CancelURL: form.Get("cancel_url"),
		SaveCard: form.Get("payment_intent_data[setup_future_usage]") == "off_session", Invoiced: form.Get("invoice_creation[enabled]") == "true",
		IntentMetadata: metadata(form, "payment_intent_data[metadata]"),
	}
	var p *problem
	if s.Lines, p = lines(form); p != nil {
		return nil, p
	}
	for _, l := range s.Lines {
		s.AmountSubtotal += l.Cents
	}
	if form.Get("automatic_tax[enabled]") == "true" {
		s.TotalDetails.Tax = s.AmountSubtotal * taxPercent / 100
	}
	s.AmountTotal = s.AmountSubtotal + s.TotalDetails.Tax
	if s.AmountTotal < 50 || s.Mode != "payment" {
		return nil, invalid("line_items", "A session needs mode=payment and at least 50 cents")
	}
	if at := form.Get("expires_at"); at != "" {
		n, err := strconv.ParseInt(at, 10, 64)
		if err != nil || n < s.Created+30*60-60 || n > s.Created+24*60*60+60 {
			return nil, invalid("expires_at", "expires_at must be between 30 minutes and 24 hours from now")
		}
		s.ExpiresAt = n
	}
	if id := form.Get("customer"); id != "" {
		customer, err := get[Customer](c.Context(), f, "cus_test_", id)
		if err != nil {
			return nil, missing("customer", id)
		}
		s.Customer, s.CustomerDetails = &id, &Details{customer.Email, customer.Name}
	}
	address := f.config.PagesURL + "checkout/" + s.ID
	s.URL = &address
	if err := f.saveSession(c.Context(), s); err != nil {
		return nil, broken(err)
	}
	return s, nil
}

// taxPercent is what the fake's tax authority asks for, where tax is switched on.
const taxPercent = 19

func lines(form url.Values) ([]Line, *problem) {
	var out []Line
	for i := 0; form.Has(fmt.Sprintf("line_items[%d][quantity]", i)); i++ {
		at := fmt.Sprintf("line_items[%d]", i)
		amount, err := strconv.ParseInt(form.Get(at+"[price_data][unit_amount]"), 10, 64)
		quantity, err2 := strconv.ParseInt(form.Get(at+"[quantity]"), 10, 64)
		if err != nil || err2 != nil || amount < 0 || quantity < 1 || quantity > 1000 || amount > 99_999_999 {
			return nil, invalid(at, "Invalid amount or quantity in "+at)
		}
		if form.Get(at+"[price_data][currency]") != "usd" {
			return nil, invalid(at+"[price_data][currency]", "The sandbox knows the currency usd only")
		}
		out = append(out, Line{form.Get(at + "[price_data][product_data][name]"), amount * quantity})
	}
	return out, nil
}

// metadata reads name[key]=value pairs.
func metadata(form url.Values, name string) map[string]string {
	out := map[string]string{}
	for field, values := range form {
		if key, ok := strings.CutPrefix(field, name+"["); ok && len(values) > 0 && strings.Count(key, "[") == 0 {
			out[strings.TrimSuffix(key, "]")] = values[0]
		}
	}
	return out
}

func (f *Fake) getSession(c *call) (any, *problem) {
	s, err := f.Session(c.Context(), c.id)
	if err != nil {
		return nil, missing("checkout.session", c.id)
	}
	return s, nil
}

func (f *Fake) listSessions(c *call) (any, *problem) {
	all, err := list[Session](c.Context(), f, "checkout.session", "", since(c))
	if err != nil {
		return nil, broken(err)
	}
	return cut(c, all, func(s *Session) string { return s.ID }), nil
}

func (f *Fake) expireSession(c *call) (any, *problem) {
	s, err := f.Session(c.Context(), c.id)
	if err != nil {
		return nil, missing("checkout.session", c.id)
	}
	if s.Status != "open" {
		return nil, invalid("session", "Only Checkout Sessions with a status in open can be expired.")
	}
	s.Status, s.URL = "expired", nil
	if err := f.saveSession(c.Context(), s); err != nil {
		return nil, broken(err)
	}
	c.tell("checkout.session.expired", s)
	return s, nil
}

// Session reads one session; one whose time is over is expired.
func (f *Fake) Session(ctx context.Context, id string) (*Session, error) {
	s, err := get[Session](ctx, f, "cs_test_", id)
	if err != nil {
		return nil, err
	}
	if s.Status == "open" && f.config.Now().Unix() > s.ExpiresAt {
		s.Status, s.URL = "expired", nil
	}
	return s, nil
}

func (f *Fake) saveSession(ctx context.Context, s *Session) error {
	return f.put(ctx, "checkout.session", s.ID, s.ClientReferenceID, s.Created, s)
}

// since is the lower bound that a list asks for.
func since(c *call) time.Time {
	n, err := strconv.ParseInt(c.Form.Get("created[gte]"), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(n, 0)
}

// cut is one page of a list.
func cut[T any](c *call, all []*T, id func(*T) string) page {
	if after := c.Form.Get("starting_after"); after != "" {
		for i, v := range all {
			if id(v) == after {
				all = all[i+1:]
				break
			}
		}
	}
	limit, err := strconv.Atoi(c.Form.Get("limit"))
	if err != nil || limit < 1 || limit > listMax {
		limit = 10
	}
	more := len(all) > limit
	return page{Object: "list", Data: all[:min(len(all), limit)], HasMore: more, URL: c.URL.Path}
}

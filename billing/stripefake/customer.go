package stripefake

import (
	"context"
	"strings"
	"time"

	"bourse/models"
)

func (f *Fake) createCustomer(c *call) (any, *problem) {
	v := &Customer{ID: newID("cus_test_"), Object: "customer", Created: f.config.Now().Unix(), Email: c.PostForm.Get("email"), Name: c.PostForm.Get("name"),
		Metadata: metadata(c.PostForm, "metadata")}
	if err := f.put(c.Context(), "customer", v.ID, v.Metadata["account_id"], v.Created, v); err != nil {
		return nil, broken(err)
	}
	return v, nil
}

func (f *Fake) listMethods(c *call) (any, *problem) {
	customer := c.Form.Get("customer")
	if customer == "" {
		return nil, invalid("customer", "Missing required param: customer.")
	}
	all, err := f.methods(c.Context(), customer)
	if err != nil {
		return nil, broken(err)
	}
	return cut(c, all, func(m *Method) string { return m.ID }), nil
}

// methods are the cards of a customer, newest first.
func (f *Fake) methods(ctx context.Context, customer string) ([]*Method, error) {
	return list[Method](ctx, f, "payment_method", customer, time.Time{})
}

func (f *Fake) detachMethod(c *call) (any, *problem) {
	m, p := f.detach(c.Context(), c, c.id)
	if p != nil {
		return nil, p
	}
	return m, nil
}

func (f *Fake) detach(ctx context.Context, c *call, id string) (*Method, *problem) {
	m, err := get[Method](ctx, f, "pm_test_", id)
	if err != nil {
		return nil, missing("payment_method", id)
	}
	if m.Customer == nil {
		return nil, invalid("payment_method", "The payment method is not attached to a customer.")
	}
	owner := *m.Customer
	m.Customer = nil
	if err := f.put(ctx, "payment_method", m.ID, "", m.Created, m); err != nil {
		return nil, broken(err)
	}
	c.tell("payment_method.detached", detached{m, map[string]string{"customer": owner}})
	return m, nil
}

// detached is a card with what it was before: only there its owner is still named.
type detached struct {
	*Method
	previous map[string]string
}

func (f *Fake) createPortal(c *call) (any, *problem) {
	customer := c.PostForm.Get("customer")
	if _, err := get[Customer](c.Context(), f, "cus_test_", customer); err != nil {
		return nil, missing("customer", customer)
	}
	v := &Portal{ID: newID("bps_test_"), Object: "billing_portal.session", Created: f.config.Now().Unix(), Customer: customer, ReturnURL: c.PostForm.Get("return_url")}
	v.URL = f.config.PagesURL + "portal/" + v.ID
	if err := f.put(c.Context(), "billing_portal.session", v.ID, customer, v.Created, v); err != nil {
		return nil, broken(err)
	}
	return v, nil
}

// portalLife is how long a way into the portal works.
const portalLife = time.Hour

// Portal reads a way into the portal with the cards behind it.
func (f *Fake) Portal(ctx context.Context, id string) (*Portal, []*Method, error) {
	p, err := get[Portal](ctx, f, "bps_test_", id)
	if err != nil {
		return nil, nil, err
	}
	if f.config.Now().After(time.Unix(p.Created, 0).Add(portalLife)) {
		return nil, nil, models.Errorf(models.NotFound, "This page is no longer open. Open it again from your credits.")
	}
	cards, err := f.methods(ctx, p.Customer)
	return p, cards, err
}

// RemoveCard takes a card of a portal's customer away.
func (f *Fake) RemoveCard(ctx context.Context, portal, method string) error {
	p, _, err := f.Portal(ctx, portal)
	if err != nil {
		return err
	}
	m, err := get[Method](ctx, f, "pm_test_", method)
	if err != nil || m.Customer == nil || *m.Customer != p.Customer {
		return models.Errorf(models.NotFound, "There is no such card.")
	}
	return f.act(ctx, func(c *call) error {
		_, problem := f.detach(ctx, c, method)
		if problem != nil {
			return models.Errorf(models.Conflict, "%s", problem.words)
		}
		return nil
	})
}

func (f *Fake) getInvoice(c *call) (any, *problem) {
	if !strings.HasPrefix(c.id, "in_test_") {
		return nil, missing("invoice", c.id)
	}
	return map[string]any{"id": c.id, "object": "invoice", "number": "SANDBOX-" + strings.ToUpper(c.id[len(c.id)-8:]), "hosted_invoice_url": "", "invoice_pdf": "", "status": "paid"}, nil
}

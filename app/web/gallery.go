package web

import (
	"net/http"
	"slices"

	"bourse/models"
	"bourse/views"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
)

// Gallery shows every page with sample data, in development only: for looking at them, and for the
// tests that look at them. /_gallery is the parts of pages and lists the names, /_gallery/<name> is
// one page.
func (s *Server) Gallery(c echo.Context) error {
	if !s.Config.Development {
		return models.Errorf(models.NotFound, "There is nothing at this address.")
	}
	name := c.Param("name")
	for _, g := range galleryPages {
		if g.name == name {
			return s.render(c, http.StatusOK, g.draw(s.galleryShell(c, g.title)))
		}
	}
	return s.render(c, http.StatusOK, galleryParts(anonymous(s.galleryShell(c, "Parts"))))
}

// GalleryNames lists the pages of the gallery.
func GalleryNames() []string {
	var names []string
	for _, g := range galleryPages {
		names = append(names, g.name)
	}
	slices.Sort(names)
	return names
}

func (s *Server) galleryShell(c echo.Context, title string) views.Shell {
	sh := s.shell(c, title)
	sh.Email, sh.Balance, sh.Sandbox, sh.Operator, sh.NoIndex = "ada@example.org", "$12.40", true, true, true
	sh.Updated = "22 Aug 2026"
	return sh
}

type galleryPage struct {
	name  string
	title string
	draw  func(views.Shell) templ.Component
}

// anonymous takes the person out of a shell.
func anonymous(sh views.Shell) views.Shell {
	sh.Email, sh.Balance, sh.Operator = "", "", false
	return sh
}

var galleryPages = []galleryPage{
	{"sign-up", "Create an account", func(sh views.Shell) templ.Component {
		return views.SignUp(views.SignUpPage{Shell: anonymous(sh), Next: "/keys", Operator: true})
	}},
	{"sign-up-errors", "Create an account", func(sh views.Shell) templ.Component {
		return views.SignUp(views.SignUpPage{Shell: anonymous(sh), Email: "ada@example", Errors: views.FormErrors{
			{Field: "email", Message: "This is not an e-mail address."},
			{Field: "password", Message: "The password has 6 characters; it needs 10."},
		}})
	}},
	{"sign-in", "Sign in", func(sh views.Shell) templ.Component {
		return views.SignIn(views.SignInPage{Shell: anonymous(sh), Errors: views.FormErrors{
			{Message: "Address and password do not belong together."},
		}})
	}},
	{"reset", "Set a new password", func(sh views.Shell) templ.Component {
		return views.ResetRequest(views.ResetRequestPage{Shell: anonymous(sh)})
	}},
	{"reset-form", "Choose a new password", func(sh views.Shell) templ.Component {
		return views.ResetForm(views.ResetFormPage{Shell: anonymous(sh), Token: "t", Email: "ada@example.org"})
	}},
	{"notice", "Look into your mail", func(sh views.Shell) templ.Component {
		sh.EmailUnverified, sh.Development = true, true
		return views.Notice(views.NoticePage{
			Shell: sh, Heading: "Look into your mail", Resend: true,
			Text:   []string{"We sent a link to ada@example.org. It confirms that the address is yours."},
			Action: views.Link{Href: views.PathCredits, Text: "Add credit"},
		})
	}},
	{"credits", "Credits", galleryCredits},
	{"credits-empty", "Credits", galleryCreditsEmpty},
	{"payments", "Payments", galleryPayments},
	{"payment", "Receipt", galleryPayment},
	{"auto-top-up", "Automatic top-up", galleryAuto},
	{"admin-payments", "Payments", galleryAdminPayments},
	{"refund", "Give credit back", func(sh views.Shell) templ.Component {
		return views.Refund(views.RefundPage{Shell: sh, ID: "top-1", Most: "$7.00", Amount: "8", Card: "Visa ending in 4242",
			Errors: views.FormErrors{{Field: "amount", Message: "Choose an amount from $0.01 to $7.00."}}})
	}},
	{"checkout", "Sandbox checkout", func(sh views.Shell) templ.Component {
		return views.Checkout(views.CheckoutPage{
			Shell: sh, ID: "cs_test_4f9a", Lines: []views.PaymentLine{{Text: "$25.00 of credits", Amount: "$25.00"}}, SaveCard: true, Total: "$25.00", Email: "ada@example.org", ReturnURL: "/credits",
		})
	}},
	{"return-waiting", "Payment", func(sh views.Shell) templ.Component { return galleryReturn(sh, views.TopUpPaid) }},
	{"return-credited", "Payment", func(sh views.Shell) templ.Component { return galleryReturn(sh, views.TopUpCredited) }},
	{"return-declined", "Payment", func(sh views.Shell) templ.Component { return galleryReturn(sh, views.TopUpDeclined) }},
	{"keys", "API keys", galleryKeys},
	{"keys-empty", "API keys", func(sh views.Shell) templ.Component {
		return views.Keys(views.KeysPage{Shell: sh, Now: galleryTime})
	}},
	{"key-new", "New key", func(sh views.Shell) templ.Component {
		return views.KeyCreate(views.KeyCreatePage{Shell: sh, Name: "Notebook", Limit: "ten", Reset: "monthly", Errors: views.FormErrors{
			{Field: "limit", Message: "“ten” is not an amount in US dollars: use digits and one decimal point."},
		}})
	}},
	{"key-created", "Your new key", func(sh views.Shell) templ.Component {
		return views.KeyCreated(views.KeyCreatedPage{
			Shell: sh, Name: "Notebook", Key: "sk-brs-v1-4mQ0cYb3J9wXkT2sVn8RzLh6Pq1EuGd5aFtBoKiMx7C3yWv2Ns",
			URL: "http://localhost:8080/api/v1/chat/completions", Model: "bourse/demo",
		})
	}},
	{"key-revoke", "Revoke a key", func(sh views.Shell) templ.Component {
		return views.KeyRevoke(views.KeyRevokePage{
			Shell: sh, ID: "key-1", Name: "Notebook", Hint: "sk-brs-v1-4mQ…2Ns", LastUsed: galleryTime, Now: galleryTime, TypeName: true,
		})
	}},
	{"activity", "Activity", galleryActivity},
	{"activity-empty", "Activity", func(sh views.Shell) templ.Component {
		return views.Activity(views.ActivityPage{Shell: sh, Requests: "0", Tokens: "0", Spent: "$0.00"})
	}},
	{"receipt", "Receipt", galleryReceipt},
	{"settings", "Settings", gallerySettings},
	{"mail", "Mail", func(sh views.Shell) templ.Component {
		return views.DevMail(views.DevMailPage{Shell: sh, Mails: []views.Mail{{
			To: "ada@example.org", Subject: "Confirm your address", Time: galleryTime,
			Body:  "Hello,\n\nopen this link to confirm that the address is yours:\n\nhttp://localhost:8080/verify?token=abc\n",
			Links: []string{"http://localhost:8080/verify?token=abc"},
		}}})
	}},
	{"error-404", "Not found", func(sh views.Shell) templ.Component {
		return views.Error(views.ErrorPage{
			Shell: sh, Status: http.StatusNotFound, Heading: "No such model", Text: "No model is called “openai/gpt-55” here.", Query: "gpt-55",
			Nearest: []views.Link{{Href: "/models/openai/gpt-5.5", Text: "openai/gpt-5.5"}},
		})
	}},
	{"error-429", "Too many tries", func(sh views.Shell) templ.Component {
		return views.Error(views.ErrorPage{
			Shell: anonymous(sh), Status: http.StatusTooManyRequests, Heading: "Too many tries",
			Text: "Wait a little before you try this again.", RetryAfter: 42,
		})
	}},
	{"error-500", "Our mistake", func(sh views.Shell) templ.Component {
		return views.Error(views.ErrorPage{
			Shell: sh, Status: http.StatusInternalServerError, Heading: "Our mistake",
			Text: "Something went wrong on our side. Nothing was charged for this page.", RequestID: "req-1764043200-abcdefghij",
		})
	}},
}

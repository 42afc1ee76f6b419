package views

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// under reports whether the page at path belongs to the part of the site at root.
func under(path, root string) bool {
	path, _, _ = strings.Cut(path, "?")
	return path == root || strings.HasPrefix(path, root+"/")
}

// signInHref leads to the sign-in page and back to where we are.
func signInHref(path string) string {
	if path == "" || path == PathHome || under(path, PathSignIn) || under(path, PathSignUp) {
		return PathSignIn
	}
	return PathSignIn + "?next=" + url.QueryEscape(path)
}

// withNext adds the way back to an address, when there is one.
func withNext(path, next string) string {
	if next == "" {
		return path
	}
	return path + "?next=" + url.QueryEscape(next)
}

// plus adds the fee to a sentence, where there is one.
func plus(fee string) string {
	if fee == "" {
		return ""
	}
	return " plus " + fee
}

// nextTheme is what the theme button asks for: system → dark → light → system.
func nextTheme(theme string) string {
	switch theme {
	case "dark":
		return "light"
	case "light":
		return "system"
	}
	return "dark"
}

func themeTitle(theme string) string {
	switch theme {
	case "dark":
		return "Theme: dark. Change to light"
	case "light":
		return "Theme: light. Change to the system's"
	}
	return "Theme: as the system. Change to dark"
}

func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64) + " ms"
}

package wire

import (
	"bytes"
	"net/netip"
	"net/url"
	"strings"
)

// addressBytesMax bounds what is looked at of an address; a data URL is not one.
const addressBytesMax = 8 << 10

// checkAddress refuses an address from which a provider would have to fetch something out of a
// private network, its own or ours: a provider may run beside us.
func checkAddress(field string, value []byte) *Error {
	if !isString(value) {
		return nil
	}
	text := unquote(value)
	if len(text) > 5 && strings.EqualFold(string(text[:5]), "data:") || !bytes.Contains(text, []byte(":")) {
		return nil // its content itself, or the base64 of it
	}
	if len(text) > addressBytesMax {
		return badMedia(field, "the address is longer than any")
	}
	u, err := url.Parse(string(text))
	switch {
	case err != nil:
		return badMedia(field, "it is no address")
	case u.Scheme != "http" && u.Scheme != "https":
		return badMedia(field, "use an address that begins with https://, or a data URL")
	case u.User != nil:
		return badMedia(field, "an address with a password in it is not passed on")
	case !publicHost(u.Hostname()):
		return badMedia(field, "its host is not on the public net")
	}
	return nil
}

func badMedia(field, reason string) *Error {
	e := Invalid(field, "%s cannot be fetched: %s.", field, reason)
	e.Type = TypeImageDownload
	return e
}

// publicHost reports whether a name or an address can belong to the public net. Names are not
// looked up here: whoever fetches has to look again.
func publicHost(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap().WithZone("")
		return ip.IsGlobalUnicast() && !ip.IsPrivate() && !sharedSpace.Contains(ip) && !embedsIPv4.Contains(ip)
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last == host || last == "" { // one word is a name of a local network
		return false
	}
	if last[0] >= '0' && last[0] <= '9' { // 127.1, 0x7f.0.0.1 and other spellings of addresses
		return false
	}
	switch last {
	case "localhost", "local", "internal", "lan", "home", "corp", "intranet", "arpa", "onion":
		return false
	}
	return true
}

// Ranges that netip does not count as private: of carriers, and of addresses within addresses.
var (
	sharedSpace = netip.MustParsePrefix("100.64.0.0/10")
	embedsIPv4  = netip.MustParsePrefix("64:ff9b::/32")
)

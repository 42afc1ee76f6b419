package wire

import (
	"strings"
	"testing"
)

func TestOnlyPublicAddressesArePassedOn(t *testing.T) {
	part := func(kind, address string) string {
		return `{"model":"a/b","messages":[{"role":"user","content":[{"type":"` + kind + `","` + kind + `":` + address + `}]}]}`
	}
	for _, address := range []string{
		`"https://example.com/a.png"`, `"http://8.8.8.8/a.png"`, `"https://[2606:4700::1111]/a"`, `"data:image/png;base64,AAAA"`, `"DATA:image/png;base64,AAAA"`,
		`"https://cdn.example.co.uk:8443/a?b=c"`, `"https:\/\/example.com\/a.png"`,
	} {
		for _, body := range []string{part("image_url", `{"url":`+address+`}`), part("image_url", address), part("video_url", `{"url":`+address+`}`)} {
			if _, fault := ParseChat([]byte(body)); fault != nil {
				t.Errorf("%s: %v", address, fault)
			}
		}
	}
	if _, fault := ParseChat([]byte(part("file", `{"filename":"a.pdf","file_data":"JVBERi0xLjQK"}`))); fault != nil {
		t.Errorf("plain base64: %v", fault)
	}
	for _, address := range []string{
		`"http://127.0.0.1/"`, `"http://localhost:8080/x"`, `"http://169.254.169.254/latest/meta-data"`, `"http://10.1.2.3/"`, `"http://192.168.0.1/"`, `"http://172.16.0.9/"`,
		`"http://[::1]/"`, `"http://[::ffff:127.0.0.1]/"`, `"http://[fd00::1]/"`, `"http://[fe80::1%25eth0]/"`, `"http://0.0.0.0/"`, `"http://100.64.1.1/"`, `"http://[64:ff9b::7f00:1]/"`,
		`"http://2130706433/"`, `"http://0x7f000001/"`, `"http://127.1/"`, `"http://0177.0.0.1/"`, `"http://postgres/"`, `"http://db.internal/"`, `"http://LOCALHOST./"`, `"http://a.localhost/"`,
		`"file:///etc/passwd"`, `"gopher://example.com/"`, `"ftp://example.com/a.png"`, `"http://user:pw@example.com/"`, `"http://%zz/"`, `"https://"`, `"http:\/\/127.0.0.1\/"`,
		`"\u0068ttp://127.0.0.1/"`, `"http://224.0.0.1/"`, `"https://example.com/` + strings.Repeat("x", addressBytesMax) + `"`,
	} {
		for _, body := range []string{part("image_url", `{"url":`+address+`}`), part("image_url", address), part("video_url", `{"url":`+address+`}`), part("file", `{"file_data":`+address+`}`)} {
			_, fault := ParseChat([]byte(body))
			if fault == nil || fault.Type != TypeImageDownload || fault.Status != 400 {
				t.Errorf("%s is passed on: %v", address[:min(len(address), 80)], fault)
			}
		}
	}
}

package wire

import (
	"strings"

	"github.com/tidwall/gjson"
)

// sealMark begins encrypted thinking that has to tell, through clients that keep nothing but the
// text of it, whose it is and to which item it belongs.
const sealMark = "bourse:"

// sealed is the data of an encrypted detail as the text that a client of another API keeps.
func sealed(d gjson.Result) string {
	return sealMark + d.Get("format").String() + ":" + d.Get("id").String() + ":" + d.Get("data").String()
}

// appendUnsealed writes the detail that such a text stands for. A text without the mark is data of
// the format given.
func appendUnsealed(dst []byte, text, format string) []byte {
	id, data := "", text
	if rest, marked := strings.CutPrefix(text, sealMark); marked {
		if parts := strings.SplitN(rest, ":", 3); len(parts) == 3 {
			format, id, data = parts[0], parts[1], parts[2]
		}
	}
	var o objectWriter
	o.raw("type", `"reasoning.encrypted"`)
	o.text("data", data)
	if id != "" {
		o.text("id", id)
	}
	if format != "" {
		o.text("format", format)
	}
	return append(dst, o.done()...)
}

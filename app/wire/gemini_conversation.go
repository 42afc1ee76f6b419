package wire

import (
	"path"
	"strings"

	"github.com/tidwall/gjson"
)

// geminiUnsigned is the signature that the maker documents for a call that another model made: its
// newer models refuse a history whose calls have none.
const geminiUnsigned = "skip_thought_signature_validator"

// conversation writes the messages: instructions go to the top, results of tools become the
// user's, and turns of one side that follow each other become one.
func (g *geminiRequest) conversation() *Error {
	for i, m := range g.member("messages").Array() {
		var fault *Error
		switch role := m.Get("role").String(); role {
		case "system", "developer":
			g.instructions(m.Get("content"))
		case "assistant":
			g.turn("model")
			fault = g.model(m, i)
		case "tool", "function":
			g.turn("user")
			g.result(m)
		default:
			g.turn("user")
			fault = g.parts(m.Get("content"), i)
		}
		if fault != nil {
			return fault
		}
	}
	if g.role == "" {
		return Invalid("messages", "messages holds instructions only: add a message of the user.")
	}
	g.endTurn()
	return nil
}

// turn opens a turn of the role unless one is open.
func (g *geminiRequest) turn(role string) {
	if g.role == role {
		return
	}
	if g.role != "" {
		g.endTurn()
		g.contents = append(g.contents, ',')
	}
	g.role = role
	g.contents = append(g.contents, `{"role":"`+role+`","parts":[`...)
}

// endTurn closes the open turn, which may not be empty.
func (g *geminiRequest) endTurn() {
	if g.contents[len(g.contents)-1] == '[' {
		g.contents = append(g.contents, `{"text":" "}`...)
	}
	g.contents = append(g.contents, "]}"...)
}

func (g *geminiRequest) instructions(content gjson.Result) {
	add := func(text gjson.Result) {
		if text.Type == gjson.String && text.Raw != `""` {
			g.system = append(append(append(orComma(g.system), `{"text":`...), text.Raw...), '}')
		}
	}
	if content.Type == gjson.String {
		add(content)
		return
	}
	for _, part := range content.Array() {
		add(part.Get("text"))
	}
}

// model writes an earlier answer with the signatures that came with it: the one of a call goes
// back to its call, the other one to the text.
func (g *geminiRequest) model(m gjson.Result, at int) *Error {
	signatures := map[string]string{}
	for _, d := range m.Get("reasoning_details").Array() {
		if d.Get("format").String() == FormatGemini && d.Get("type").String() == "reasoning.encrypted" && d.Get("data").Type == gjson.String {
			signatures[d.Get("id").String()] = d.Get("data").Raw
		}
	}
	start := len(g.contents)
	if fault := g.parts(m.Get("content"), at); fault != nil {
		return fault
	}
	if own := signatures[""]; own != "" && len(g.contents) > start { // of the last part of the text
		g.contents = append(append(append(g.contents[:len(g.contents)-1], `,"thoughtSignature":`...), own...), '}')
		delete(signatures, "")
	}
	for i, call := range m.Get("tool_calls").Array() {
		if fault := g.call(call, signatures, i, at); fault != nil {
			return fault
		}
	}
	return nil
}

func (g *geminiRequest) call(call gjson.Result, signatures map[string]string, i, at int) *Error {
	arguments := strings.TrimSpace(call.Get("function.arguments").String())
	if arguments == "" {
		arguments = "{}"
	}
	if arguments[0] != '{' || !gjson.Valid(arguments) {
		return Invalid("messages", "The arguments of a tool call in messages[%d] are not a JSON object.", at)
	}
	id, name := call.Get("id").String(), orRaw(call.Get("function.name"), `""`)
	g.names[id] = name
	g.part(`{"functionCall":{"name":` + name + `,"args":` + arguments + "}")
	signature := signatures[id]
	if signature == "" && i == 0 {
		signature = signatures[""]
		if signature == "" && geminiGeneration(g.o.Model) >= 3 {
			signature = `"` + geminiUnsigned + `"`
		}
	}
	if signature != "" {
		g.contents = append(append(g.contents, `,"thoughtSignature":`...), signature...)
	}
	g.contents = append(g.contents, '}')
	return nil
}

// result writes what a tool gave back. The dialect names the function and not the call, and wants
// an object.
func (g *geminiRequest) result(m gjson.Result) {
	name := g.names[m.Get("tool_call_id").String()]
	if name == "" {
		name = orRaw(m.Get("name"), `"unknown"`)
	}
	g.part(`{"functionResponse":{"name":` + name + `,"response":`)
	content := m.Get("content")
	text := content.String()
	if content.IsArray() {
		text = ""
		for _, part := range content.Array() {
			text += part.Get("text").String()
		}
	}
	switch trimmed := strings.TrimSpace(text); {
	case m.Get("is_error").Type == gjson.True:
		g.contents = append(appendString(append(g.contents, `{"error":`...), text), '}')
	case strings.HasPrefix(trimmed, "{") && gjson.Valid(trimmed):
		g.contents = append(g.contents, trimmed...)
	default:
		g.contents = append(appendString(append(g.contents, `{"output":`...), text), '}')
	}
	g.contents = append(g.contents, "}}"...)
}

// part starts the next part of the open turn.
func (g *geminiRequest) part(open string) {
	g.contents = append(separate(g.contents, '['), open...)
}

// parts writes the content of a message.
func (g *geminiRequest) parts(content gjson.Result, at int) *Error {
	if content.Type == gjson.String {
		g.text(content)
		return nil
	}
	for j, part := range content.Array() {
		switch kind := part.Get("type").String(); kind {
		case "text", "input_text":
			g.text(part.Get("text"))
		case "refusal":
			g.text(part.Get("refusal"))
		case "image_url", "input_image", "image", "video_url", "input_video":
			link := part.Get("image_url")
			if !link.Exists() {
				link = part.Get("video_url")
			}
			if link.IsObject() {
				link = link.Get("url")
			}
			g.media(link.String(), "image/jpeg")
		case "file", "input_file":
			file := part.Get("file")
			data := file.Get("file_data").String()
			if data == "" {
				data = file.Get("url").String()
			}
			if data == "" {
				return Invalid("messages", "messages[%d].content[%d] names no file_data, which this provider needs.", at, j)
			}
			g.media(data, "application/pdf")
		case "input_audio":
			audio := part.Get("input_audio")
			g.part(`{"inlineData":{"mimeType":`)
			g.contents = appendString(g.contents, "audio/"+audio.Get("format").String())
			g.contents = append(append(append(g.contents, `,"data":`...), orRaw(audio.Get("data"), `""`)...), "}}"...)
		case "thinking": // the model's own; its signature is what goes back
		default:
			return Invalid("messages", "messages[%d].content[%d] is of type %q, which this provider does not read.", at, j, clip(kind, nameShownMax))
		}
	}
	return nil
}

func (g *geminiRequest) text(text gjson.Result) {
	if text.Type != gjson.String || text.Raw == `""` {
		return
	}
	g.part(`{"text":`)
	g.contents = append(append(g.contents, text.Raw...), '}')
}

// media writes what is no text, given as a data URL, a link, or bare base64.
func (g *geminiRequest) media(url, kind string) {
	url = g.o.inline(url)
	head, data, inline := strings.Cut(url, ",")
	switch {
	case strings.HasPrefix(url, "data:") && inline:
		mime, _, _ := strings.Cut(strings.TrimPrefix(head, "data:"), ";")
		if mime != "" {
			kind = mime
		}
	case strings.Contains(url, "://"):
		g.part(`{"fileData":{"mimeType":`)
		g.contents = appendString(g.contents, kindOfLink(url, kind))
		g.contents = append(appendString(append(g.contents, `,"fileUri":`...), url), "}}"...)
		return
	default:
		data = url
	}
	g.part(`{"inlineData":{"mimeType":`)
	g.contents = appendString(g.contents, kind)
	g.contents = append(appendString(append(g.contents, `,"data":`...), data), "}}"...)
}

// kindOfLink guesses by its ending what is behind a link.
func kindOfLink(link, otherwise string) string {
	link, _, _ = strings.Cut(link, "?")
	link, _, _ = strings.Cut(link, "#")
	switch strings.ToLower(path.Ext(link)) {
	case ".png":
		return "image/png"
	case ".webp":
		return "image/webp"
	case ".gif":
		return "image/gif"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".heic":
		return "image/heic"
	case ".pdf":
		return "application/pdf"
	case ".mp4":
		return "video/mp4"
	case ".webm":
		return "video/webm"
	case ".mov":
		return "video/quicktime"
	}
	if strings.Contains(link, "youtube.com/") || strings.Contains(link, "youtu.be/") {
		return "video/mp4"
	}
	return otherwise
}

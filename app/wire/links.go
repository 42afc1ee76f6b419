package wire

import (
	"encoding/base64"
	"strings"

	"github.com/tidwall/gjson"
)

// Links are the addresses of pictures and documents in the conversation that are not inline, each
// once. Some providers do not follow them.
func (r *ChatRequest) Links() []string {
	if r.Images == 0 && r.Files == 0 {
		return nil
	}
	var links []string
	seen := map[string]bool{}
	add := func(v gjson.Result) {
		link := v.String()
		if (strings.HasPrefix(link, "https://") || strings.HasPrefix(link, "http://")) && !seen[link] {
			seen[link] = true
			links = append(links, link)
		}
	}
	for _, message := range r.member("messages", &UpstreamOptions{}).Array() {
		for _, part := range message.Get("content").Array() {
			if image := part.Get("image_url"); image.IsObject() {
				add(image.Get("url"))
			} else {
				add(image)
			}
			add(part.Get("file.file_data"))
			add(part.Get("file.url"))
		}
	}
	return links
}

// DataURL writes bytes as an address that holds them.
func DataURL(kind string, data []byte) string {
	return "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(data)
}

// inline is the address to write for one that the client gave: what it leads to where that was
// fetched.
func (o *UpstreamOptions) inline(url string) string {
	if data, fetched := o.Fetched[url]; fetched {
		return data
	}
	return url
}

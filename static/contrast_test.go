package static_test

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"testing"
)

var tokenLine = regexp.MustCompile(`--([a-z0-9-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)`)

// The pairs of colours that meet on pages, and how far apart WCAG wants them: 4.5 for text, 3 for
// the borders of controls and the lines of charts.
var pairs = []struct {
	front, back string
	least       float64
}{
	{"ink", "paper", 4.5}, {"ink", "sheet", 4.5}, {"ink", "well", 4.5}, {"ink", "wash", 4.5},
	{"ink-2", "paper", 4.5}, {"ink-2", "sheet", 4.5}, {"ink-2", "well", 4.5},
	{"ink-3", "paper", 4.5}, {"ink-3", "sheet", 4.5}, {"ink-3", "well", 4.5}, {"ink-3", "wash", 4.5},
	{"accent", "paper", 4.5}, {"accent", "sheet", 4.5}, {"accent", "well", 4.5}, {"accent-2", "paper", 4.5},
	{"on-accent", "accent", 4.5}, {"on-accent", "accent-2", 4.5}, {"mark-ink", "mark", 4.5},
	{"good", "sheet", 4.5}, {"good", "well", 4.5}, {"bad", "sheet", 4.5}, {"bad", "well", 4.5},
	{"good", "paper", 4.5}, {"bad", "paper", 4.5}, {"warn", "sheet", 4.5}, {"warn", "paper", 4.5}, {"warn", "well", 4.5},
	{"s3", "sheet", 4.5}, {"s4", "sheet", 4.5}, {"s5", "sheet", 4.5}, // words of code
	{"edge", "paper", 3}, {"edge", "sheet", 3}, {"edge", "well", 3},
	{"s1", "sheet", 3}, {"s2", "sheet", 3}, {"s3", "sheet", 3}, {"s4", "sheet", 3}, {"s5", "sheet", 3}, {"s6", "sheet", 3},
}

func TestContrast(t *testing.T) {
	body, err := os.ReadFile("css/20-tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	tokens := map[string][2]float64{}
	for _, m := range tokenLine.FindAllStringSubmatch(string(body), -1) {
		tokens[m[1]] = [2]float64{luminance(t, m[2]), luminance(t, m[3])}
	}
	for _, p := range pairs {
		front, ok1 := tokens[p.front]
		back, ok2 := tokens[p.back]
		if !ok1 || !ok2 {
			t.Errorf("no token %s or %s", p.front, p.back)
			continue
		}
		for i, theme := range []string{"light", "dark"} {
			light, dark := max(front[i], back[i]), min(front[i], back[i])
			if got := (light + .05) / (dark + .05); got < p.least {
				t.Errorf("%s on %s, %s: %.2f, need %.1f", p.front, p.back, theme, got, p.least)
			}
		}
	}
}

// luminance is WCAG's relative luminance of a colour written as #rrggbb.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	var sum float64
	for i, weight := range []float64{.2126, .7152, .0722} {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= .04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

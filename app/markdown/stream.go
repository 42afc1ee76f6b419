package markdown

import "strings"

// answerBytesMax is how much of one answer is rendered. What comes after is as good as never read,
// and every step of a stream looks at the whole of it.
const answerBytesMax = 256 << 10

// nestingMax is how deep quotes and lists may go before their marks are taken as text: each level
// costs the parser another look at the line.
const nestingMax = 32

// linksMax is how many links of an answer are made: for each, the parser looks for its end in all
// that follows.
const linksMax = 1000

func clipAnswer(s string) string {
	if len(s) > answerBytesMax {
		s = s[:answerBytesMax]
	}
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "�")
	if n := strings.Count(s, "]("); n > linksMax {
		at := 0
		for range linksMax {
			at += strings.Index(s[at:], "](") + 2
		}
		s = s[:at] + strings.ReplaceAll(s[at:], "](", "] (")
	}
	return flatten(s)
}

// flatten takes marks away that open more levels in one line than anybody writes.
func flatten(s string) string {
	if !strings.Contains(s, strings.Repeat(">", 2)) && !strings.Contains(s, "> >") && !strings.Contains(s, "- -") && !strings.Contains(s, "* *") && !strings.Contains(s, "+ +") {
		return s
	}
	var out strings.Builder
	for line := range strings.Lines(s) {
		marks, end := 0, 0
		for i := 0; i < len(line); i++ {
			c := line[i]
			if c == '>' || c == '-' || c == '*' || c == '+' {
				marks++
			} else if c != ' ' && c != '\t' {
				break
			}
			if marks == nestingMax {
				end = i + 1
				break
			}
		}
		if marks < nestingMax {
			out.WriteString(line)
			continue
		}
		out.WriteString(line[:end])
		out.WriteString(strings.TrimLeft(line[end:], ">-*+ \t"))
	}
	return out.String()
}

// Stream renders an answer while it comes: each block once, when it is complete, and the block in
// progress again and again.
type Stream struct {
	answers *Answers
	source  strings.Builder
	sent    int             // blocks given out as complete
	out     strings.Builder // of them
}

// Stream begins an answer.
func (a *Answers) Stream() *Stream { return &Stream{answers: a} }

// Add takes the next piece of the answer.
func (s *Stream) Add(piece string) {
	if s.source.Len() < answerBytesMax {
		s.source.WriteString(piece)
	}
}

// Source is the Markdown that came so far.
func (s *Stream) Source() string { return s.source.String() }

// Step returns the blocks that have been completed since the last step, and the one in progress.
func (s *Stream) Step() (done, open string) {
	blocks := s.answers.blocks([]byte(clipAnswer(s.source.String())))
	if len(blocks) == 0 {
		return "", ""
	}
	var b strings.Builder
	for ; s.sent < len(blocks)-1; s.sent++ {
		b.WriteString(blocks[s.sent]())
	}
	s.out.WriteString(b.String())
	return b.String(), blocks[len(blocks)-1]()
}

// End returns what is left. Something at the end of a text can change what stands before it, such
// as the address of a link that was named earlier: then all is true, and rest is the whole answer.
func (s *Stream) End() (rest string, all bool) {
	whole := s.answers.Render(s.source.String())
	if rest, ok := strings.CutPrefix(whole, s.out.String()); ok {
		return rest, false
	}
	return whole, true
}

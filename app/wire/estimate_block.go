package wire

import (
	"encoding/binary"
	"math/bits"
)

const (
	blockMost  = 64
	blockLeast = 6 // fewer are counted one by one
)

// block adds up to 64 bytes at once where they are what most text consists of, letters, blanks and
// punctuation of ASCII, and returns how many it added: 0 where something else comes too soon. The
// sum is the same as of the bytes one by one: each class is a bit set, and what costs is counted in
// it, a word by its first letter and the further six by the seventh, the thirteenth and so on.
func (e *Estimator) block(text []byte) int {
	letters, uppers, blanks, n := classify(text)
	if n < blockLeast {
		return 0
	}
	done := n - bits.OnesCount64(letters|blanks) // the punctuation
	e.hundredths += int64(done) * weightPunct

	// What continues the word or the blanks before this block is counted one by one.
	switch {
	case letters&1 != 0 && (e.last == classLower || e.last == classUpper):
		k := bits.TrailingZeros64(^letters)
		for i := range k {
			if uppers>>i&1 != 0 {
				e.letter(classUpper)
			} else {
				e.letter(classLower)
			}
		}
		if k == n {
			return n
		}
		letters &= ^uint64(0) << k
		uppers &= ^uint64(0) << k
	case blanks&1 != 0 && e.last == classSpace:
		k := bits.TrailingZeros64(^blanks)
		for range k {
			e.space(' ')
		}
		if k == n {
			return n
		}
		blanks &= ^uint64(0) << k
	}

	words := bits.OnesCount64(letters &^ (letters << 1))
	humps := uppers & ((letters &^ uppers) << 1)
	pairs := blanks & (blanks << 1)
	e.hundredths += int64(words)*weightWord + int64(bits.OnesCount64(humps))*weightHump +
		int64(bits.OnesCount64(pairs&^(pairs<<1)))*weightSpaces
	two := letters & (letters << 1)
	four := two & (two << 2)
	for long := four & (four << 3); long != 0; long &= long << wordLetters { // the seventh letters and later ones
		e.hundredths += int64(bits.OnesCount64(long&^(long<<1)&^humps)) * weightLetters
	}
	e.end(letters<<(blockMost-n), uppers<<(blockMost-n), blanks<<(blockMost-n))
	return n
}

// end sets the state behind a block by the last bits of its sets.
func (e *Estimator) end(letters, uppers, blanks uint64) {
	const last = 1 << (blockMost - 1)
	e.inWord = false
	switch {
	case letters&last != 0:
		e.last, e.run, e.inWord = classLower, int32(bits.LeadingZeros64(^letters)), true
		if uppers&last != 0 {
			e.last = classUpper
		}
	case blanks&last != 0:
		e.last, e.run = classSpace, int32(bits.LeadingZeros64(^blanks))
	default:
		e.last, e.run = classPunct, 1
	}
}

// classify returns which of the first n bytes are letters, which of them upper-case, and which are
// blanks, the first byte in the lowest bit. The n are at most 64, and end before the first byte
// that is not ASCII, a digit, a quote, a backslash or a control character.
//
// Eight bytes are compared at once: a sum sets the high bit of each that is at least, or more than,
// what it was made for.
func classify(text []byte) (letters, uppers, blanks uint64, n int) {
	const (
		sevens    = lowBits * 0x7f
		fromA     = lowBits * (0x80 - 'a')
		pastZ     = lowBits * (0x80 - 'z' - 1)
		from0     = lowBits * (0x80 - '0')
		past9     = lowBits * (0x80 - '9' - 1)
		fromBlank = lowBits * (0x80 - ' ')
	)
	for ; n < blockMost && n < len(text); n += 8 {
		var x uint64
		if left := len(text) - n; left >= 8 {
			x = binary.LittleEndian.Uint64(text[n:])
		} else if n > 0 { // the zeros behind the text end the block
			x = binary.LittleEndian.Uint64(text[len(text)-8:]) >> (8 * (8 - left))
		} else {
			break
		}
		y := x & sevens
		folded := y | spaces // upper-case letters become lower-case ones
		letter := (folded + fromA) &^ (folded + pastZ) & highBits
		blank := ^((y ^ spaces) + sevens) & highBits
		other := (x | (y+from0)&^(y+past9) | ^((y ^ backslashes) + sevens) | ^((y ^ quotes) + sevens) | ^(y + fromBlank)) & highBits
		letters |= gather(letter) << n
		uppers |= gather(letter&^(y<<2)) << n
		blanks |= gather(blank) << n
		if other != 0 {
			n += bits.TrailingZeros64(other) / 8
			keep := uint64(1)<<n - 1
			return letters & keep, uppers & keep, blanks & keep, n
		}
	}
	return letters, uppers, blanks, n
}

// gather puts the high bits of eight bytes beside each other.
func gather(high uint64) uint64 { return (high >> 7) * 0x0102040810204080 >> 56 }

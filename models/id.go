package models

import (
	"crypto/rand"
	"encoding/binary"
	"strconv"
	"time"
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// NewID mints "<prefix>-<unix seconds>-<20 random characters>". The time comes first so
// that rows minted together stand together in an index; the rest has 119 bits.
func NewID(prefix string) string {
	b := make([]byte, 0, len(prefix)+32)
	b = append(b, prefix...)
	b = append(b, '-')
	b = strconv.AppendInt(b, time.Now().Unix(), 10)
	b = append(b, '-')
	return string(AppendRandom(b, 20))
}

// AppendRandom appends n characters of 0-9A-Za-z from the system's random source.
func AppendRandom(b []byte, n int) []byte {
	for n > 0 {
		var raw [8]byte
		rand.Read(raw[:]) // never fails: crypto/rand stops the program instead
		// 62^10 < 2^60: ten characters of a 64-bit number are uniform to within 2^-4 of a
		// single bit in the topmost, so take eight and drop the rest.
		v := binary.LittleEndian.Uint64(raw[:])
		for i := 0; i < 8 && n > 0; i++ {
			b = append(b, base62[v%62])
			v /= 62
			n--
		}
	}
	return b
}

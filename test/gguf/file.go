package main

import (
	"bufio"
	"encoding/binary"
	"math"
	"os"
)

const (
	alignment    = 32
	feedForward  = 32 // unused: its weights are zero
	contextMax   = 2048
	frequency    = 2.0 // base of the rotary embedding: every pair turns at nearly the same speed
	sharpness    = 8.0 // of attention: practically one token gets all of it
	normEpsilon  = 1e-6
	typeF32      = 0
	typeF16      = 1
	valueU32     = 4
	valueI32     = 5
	valueF32     = 6
	valueBool    = 7
	valueString  = 8
	valueArray   = 9
	fileTypeHalf = 1
)

// tensor is one matrix, row by row; a single row is a vector and is kept in full precision.
type tensor struct {
	name      string
	rows, row int
	at        func(row, column int) float64
}

// tensors are the weights of a network of one block that computes the n-gram model.
//
// The embedding of a token is a one at its place in slot 0, and a constant one. Head h attends to
// the token h+1 back, by position alone, and copies its place into slot h+1. The output matrix then
// adds up the weights for all slots. Norms divide by a known length, so the matrices multiply by it.
func tensors(size int, m *ngram) []tensor {
	heads := memory - 1
	width := (memory*size + 1 + 31) / 32 * 32
	constant := memory * size
	early := math.Sqrt(float64(width) / 2)           // what the first norm multiplies by: two ones
	late := math.Sqrt(float64(width) / (memory + 1)) // and the last: one for each slot, and the constant
	one := func(int, int) float64 { return 1 }
	zero := func(int, int) float64 { return 0 }
	identity := func(row, column int) float64 {
		if row == column {
			return 1
		}
		return 0
	}
	return []tensor{
		{"token_embd.weight", size, width, func(row, column int) float64 {
			if column == row || column == constant {
				return 1
			}
			return 0
		}},
		{"blk.0.attn_norm.weight", 1, width, one},
		{"blk.0.attn_q.weight", heads * size, width, func(row, column int) float64 {
			if column != constant {
				return 0
			}
			back, place := float64(row/size+1), row%size
			angle := -back * math.Pow(frequency, -float64(place/2*2)/float64(size))
			if place%2 == 0 {
				return sharpness * math.Cos(angle) / early
			}
			return sharpness * math.Sin(angle) / early
		}},
		{"blk.0.attn_k.weight", size, width, func(row, column int) float64 {
			if column == constant && row%2 == 0 {
				return sharpness / early
			}
			return 0
		}},
		{"blk.0.attn_v.weight", size, width, identity},
		{"blk.0.attn_output.weight", width, heads * size, func(row, column int) float64 {
			if row == column+size {
				return 1 / early
			}
			return 0
		}},
		{"blk.0.ffn_norm.weight", 1, width, one},
		{"blk.0.ffn_gate.weight", feedForward, width, zero},
		{"blk.0.ffn_up.weight", feedForward, width, zero},
		{"blk.0.ffn_down.weight", width, feedForward, zero},
		{"output_norm.weight", 1, width, one},
		{"output.weight", size, width, func(row, column int) float64 {
			switch {
			case column == constant:
				return float64(m.bias[row]) / late
			case column > constant:
				return 0
			}
			return float64(m.weights[column/size][column%size][row]) / late
		}},
	}
}

// write writes a GGUF file, version 3.
func write(name string, v *vocabulary, m *ngram) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	w := &writer{Writer: bufio.NewWriterSize(f, 1<<20)}
	list := tensors(len(v.tokens), m)
	w.header(v, list)
	for _, t := range list {
		w.pad()
		for row := range t.rows {
			for column := range t.row {
				if t.rows == 1 {
					w.u32(math.Float32bits(float32(t.at(row, column))))
				} else {
					w.u16(half(float32(t.at(row, column))))
				}
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

type writer struct {
	*bufio.Writer
	n int
}

func (w *writer) bytes(b []byte) {
	w.n += len(b)
	w.Write(b) // the first error comes again with Flush
}

func (w *writer) u16(n uint16) { w.bytes(binary.LittleEndian.AppendUint16(nil, n)) }
func (w *writer) u32(n uint32) { w.bytes(binary.LittleEndian.AppendUint32(nil, n)) }
func (w *writer) u64(n int)    { w.bytes(binary.LittleEndian.AppendUint64(nil, uint64(n))) }

func (w *writer) text(s string) {
	w.u64(len(s))
	w.bytes([]byte(s))
}

func (w *writer) pad() {
	for w.n%alignment != 0 {
		w.bytes([]byte{0})
	}
}

// member writes one entry of the metadata: strings, lists and single values.
func (w *writer) member(name string, value any) {
	w.text(name)
	switch value := value.(type) {
	case string:
		w.u32(valueString)
		w.text(value)
	case int:
		w.u32(valueU32)
		w.u32(uint32(value))
	case float64:
		w.u32(valueF32)
		w.u32(math.Float32bits(float32(value)))
	case bool:
		w.u32(valueBool)
		w.bytes([]byte{map[bool]byte{true: 1}[value]})
	case []string:
		w.list(valueString, len(value))
		for _, s := range value {
			w.text(s)
		}
	case []float32:
		w.list(valueF32, len(value))
		for _, x := range value {
			w.u32(math.Float32bits(x))
		}
	case []int32:
		w.list(valueI32, len(value))
		for _, x := range value {
			w.u32(uint32(x))
		}
	}
}

func (w *writer) list(kind uint32, n int) {
	w.u32(valueArray)
	w.u32(kind)
	w.u64(n)
}

func (w *writer) header(v *vocabulary, list []tensor) {
	size := len(v.tokens)
	members := []struct {
		name  string
		value any
	}{
		{"general.architecture", "llama"}, {"general.name", "tiny-demo"}, {"general.file_type", fileTypeHalf},
		{"llama.context_length", contextMax}, {"llama.embedding_length", list[0].row}, {"llama.block_count", 1},
		{"llama.feed_forward_length", feedForward}, {"llama.vocab_size", size},
		{"llama.attention.head_count", memory - 1}, {"llama.attention.head_count_kv", 1},
		{"llama.attention.key_length", size}, {"llama.attention.value_length", size},
		{"llama.attention.layer_norm_rms_epsilon", normEpsilon},
		{"llama.rope.dimension_count", size}, {"llama.rope.freq_base", frequency},
		{"tokenizer.ggml.model", "llama"}, {"tokenizer.ggml.pre", "default"},
		{"tokenizer.ggml.tokens", v.tokens}, {"tokenizer.ggml.scores", v.scores}, {"tokenizer.ggml.token_type", v.kinds},
		{"tokenizer.ggml.unknown_token_id", unknown}, {"tokenizer.ggml.bos_token_id", begin}, {"tokenizer.ggml.eos_token_id", end},
		{"tokenizer.ggml.add_bos_token", true}, {"tokenizer.ggml.add_space_prefix", true},
	}
	w.bytes([]byte("GGUF"))
	w.u32(3)
	w.u64(len(list))
	w.u64(len(members))
	for _, m := range members {
		w.member(m.name, m.value)
	}
	offset := 0
	for _, t := range list {
		w.text(t.name)
		bytes := 2 * t.rows * t.row
		if t.rows == 1 {
			bytes = 4 * t.row
			w.u32(1)
			w.u64(t.row)
			w.u32(typeF32)
		} else {
			w.u32(2)
			w.u64(t.row)
			w.u64(t.rows)
			w.u32(typeF16)
		}
		w.u64(offset)
		offset += (bytes + alignment - 1) / alignment * alignment
	}
}

// half rounds to a float of 16 bits; what is too small for one becomes zero.
func half(x float32) uint16 {
	bits := math.Float32bits(x)
	sign := uint16(bits >> 16 & 0x8000)
	exponent := int(bits>>23&0xff) - 127 + 15
	switch {
	case exponent <= 0:
		return sign
	case exponent >= 31:
		return sign | 0x7bff
	}
	return sign | uint16((uint32(exponent)<<10|bits>>13&0x3ff)+bits>>12&1)
}

package main

import (
	"math"
	"math/rand/v2"
)

const (
	memory   = 3 // tokens that the next one depends on
	epochs   = 25
	stepSize = 0.5
)

// ngram is a log-linear model: the score of a next token is its bias plus one weight for each
// token before it, by distance.
type ngram struct {
	bias    []float32
	weights [memory][][]float32 // [distance][token before][next token]
}

// fit learns which token follows which. What stands before the first token of an answer is random
// while learning, so that an answer begins afresh whatever the prompt was.
func fit(v *vocabulary, paragraphs []string) *ngram {
	size := len(v.tokens)
	m := &ngram{bias: make([]float32, size)}
	seen := &ngram{bias: make([]float32, size)} // sums of squares, for the size of the next step
	for k := range memory {
		m.weights[k], seen.weights[k] = matrix(size), matrix(size)
	}
	random := rand.New(rand.NewPCG(1, 2))
	share := make([]float64, size)
	for range epochs {
		for _, i := range random.Perm(len(paragraphs)) {
			answer := append(v.encode(paragraphs[i]), end)
			var before [memory]int
			for k := range before {
				before[k] = random.IntN(size)
			}
			before[0] = begin
			for _, next := range answer {
				m.learn(seen, before, next, share)
				copy(before[1:], before[:memory-1])
				before[0] = next
			}
		}
	}
	return m
}

func matrix(size int) [][]float32 {
	cells := make([]float32, size*size)
	rows := make([][]float32, size)
	for i := range rows {
		rows[i], cells = cells[:size:size], cells[size:]
	}
	return rows
}

// learn is one step of AdaGrad.
func (m *ngram) learn(seen *ngram, before [memory]int, next int, share []float64) {
	top := math.Inf(-1)
	for t := range share {
		score := m.bias[t]
		for k, b := range before {
			score += m.weights[k][b][t]
		}
		share[t] = float64(score)
		top = max(top, share[t])
	}
	sum := 0.0
	for t := range share {
		share[t] = math.Exp(share[t] - top)
		sum += share[t]
	}
	for t := range share {
		wrong := float32(share[t] / sum)
		if t == next {
			wrong--
		}
		if wrong > -1e-4 && wrong < 1e-4 {
			continue
		}
		step(&m.bias[t], &seen.bias[t], wrong)
		for k, b := range before {
			step(&m.weights[k][b][t], &seen.weights[k][b][t], wrong)
		}
	}
}

func step(weight, seen *float32, wrong float32) {
	*seen += wrong * wrong
	*weight -= stepSize * wrong / float32(math.Sqrt(float64(*seen)+1e-6))
}

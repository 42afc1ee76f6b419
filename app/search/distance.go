package search

// distanceToBeginning is how many slips turn what was typed into a beginning of the word that was
// meant, so that a word may be found before it is typed to its end. A slip is a letter inserted,
// left out, changed, or swapped with its neighbour.
func distanceToBeginning(typed, meant []rune) int {
	columns := min(len(meant), len(typed)+2) // a beginning much longer than what was typed is no nearer
	var rows [3][wordRunesMax + 3]int
	before, previous, row := rows[0][:columns+1], rows[1][:columns+1], rows[2][:columns+1]
	for j := range previous {
		previous[j] = j
	}
	for i, a := range typed {
		row[0] = i + 1
		for j := range columns {
			b := meant[j]
			change := previous[j]
			if a != b {
				change++
			}
			row[j+1] = min(change, previous[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a == meant[j-1] && typed[i-1] == b {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, previous, row = previous, row, before
	}
	best := previous[0]
	for _, d := range previous[1:] {
		best = min(best, d)
	}
	return best
}

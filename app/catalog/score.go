package catalog

import (
	"fmt"

	"bourse/seeds"
)

// arenaBenchmark is the ranking that most models have a score in.
const arenaBenchmark = "lmarena-text"

// published is what others measured and wrote down, embedded with the catalogue.
type published struct {
	milestones []seeds.Milestone
	arena      map[string]float64 // score by model; the first recorded stands
	day        string             // of the newest score
	url        string
}

func readPublished() (published, error) {
	p := published{arena: map[string]float64{}}
	var err error
	if p.milestones, err = seeds.Milestones(); err != nil {
		return p, fmt.Errorf("read milestones: %w", err)
	}
	scores, err := seeds.Scores()
	if err != nil {
		return p, fmt.Errorf("read scores: %w", err)
	}
	for _, s := range scores {
		if s.Benchmark != arenaBenchmark {
			continue
		}
		if _, known := p.arena[s.Model]; !known {
			p.arena[s.Model] = s.Score
		}
		p.day, p.url = max(p.day, s.Date), s.URL
	}
	return p, nil
}

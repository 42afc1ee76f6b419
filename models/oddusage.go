package models

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// OddUsage is one way in which the counts of an endpoint did not add up, as often as it did so.
type OddUsage struct {
	Model   string
	Tag     string
	Anomaly string
	Count   int64
	Last    *Generation // the newest of them
}

// oddUsagesMax bounds how many generations are looked at; the newest say what is wrong now.
const oddUsagesMax = 20_000

// OddUsages gathers the generations since a moment whose counts, or whose reported cost, did not add
// up: the most frequent first.
func (db *DB) OddUsages(ctx context.Context, since time.Time) ([]OddUsage, error) {
	var rows []generationRow
	err := db.r(ctx).Table("generation").Where(`created_us >= ? AND usage LIKE '%"anomaly":%'`, since.UnixMicro()).
		Order("created_us DESC, id DESC").Limit(oddUsagesMax).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list odd usages: %w", err)
	}
	index := map[[3]string]int{}
	var out []OddUsage
	for i := range rows {
		g, err := rows[i].generation()
		if err != nil {
			return nil, err
		}
		key := [3]string{g.Model, g.Tag, g.Usage.Anomaly}
		at, known := index[key]
		if !known {
			at = len(out)
			index[key] = at
			out = append(out, OddUsage{Model: g.Model, Tag: g.Tag, Anomaly: g.Usage.Anomaly, Last: g})
		}
		out[at].Count++
	}
	slices.SortStableFunc(out, func(a, b OddUsage) int { return cmp.Compare(b.Count, a.Count) })
	return out, nil
}

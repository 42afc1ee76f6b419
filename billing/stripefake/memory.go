package stripefake

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"bourse/models"
)

// Memory is a store that forgets everything with its process.
func Memory() Store {
	var mu sync.Mutex
	all := map[string]models.SandboxObject{}
	var order []string
	return Store{
		Put: func(_ context.Context, o models.SandboxObject) error {
			mu.Lock()
			defer mu.Unlock()
			if _, known := all[o.ID]; !known {
				order = append(order, o.ID)
			}
			o.Body = bytes.Clone(o.Body)
			all[o.ID] = o
			return nil
		},
		Get: func(_ context.Context, id string) ([]byte, error) {
			mu.Lock()
			defer mu.Unlock()
			o, ok := all[id]
			if !ok {
				return nil, models.Errorf(models.NotFound, "There is no such object.")
			}
			return o.Body, nil
		},
		List: func(_ context.Context, kind, ref string, since time.Time, limit int) ([][]byte, error) {
			mu.Lock()
			defer mu.Unlock()
			var out [][]byte
			for _, id := range slices.Backward(order) {
				o := all[id]
				if o.Kind == kind && (ref == "" || o.Ref == ref) && !o.Created.Before(since) && len(out) < limit {
					out = append(out, o.Body)
				}
			}
			return out, nil
		},
	}
}

package api

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"

	"bourse/app/catalog"
)

// rendered is the list of models as JSON, made once for each snapshot: every model on its own, for
// filtered lists, and the whole default answer, plain and compressed.
type rendered struct {
	snapshot *catalog.Snapshot
	objects  map[string]json.RawMessage // by model id
	etag     string
	all      []byte
	allGzip  []byte
}

// current renders the current snapshot unless that is done. Two requests may do it at the same
// time after a change; either result will do.
func (s *Server) current() (*rendered, error) {
	snapshot := s.Catalog.Current()
	if r := s.rendered.Load(); r != nil && r.snapshot == snapshot {
		return r, nil
	}
	r := &rendered{
		snapshot: snapshot, objects: make(map[string]json.RawMessage, len(snapshot.Models)),
		etag: fmt.Sprintf(`"%s-%d"`, snapshot.Version, s.FeeBPS),
	}
	for _, e := range snapshot.Models {
		object, err := json.Marshal(s.modelJSON(e))
		if err != nil {
			return nil, fmt.Errorf("render %s: %w", e.ID, err)
		}
		r.objects[e.ID] = object
	}
	body, err := json.Marshal(r.list(snapshot.Find(defaultFilter()), nil))
	if err != nil {
		return nil, fmt.Errorf("render the list of models: %w", err)
	}
	r.all = body
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	r.allGzip = packed.Bytes()
	s.rendered.Store(r)
	return r, nil
}

func (r *rendered) list(rows []catalog.Row, ignored []string) list {
	out := list{Data: make([]json.RawMessage, len(rows)), TotalCount: len(rows), Ignored: ignored}
	for i, row := range rows {
		out.Data[i] = r.objects[row.ID]
	}
	return out
}

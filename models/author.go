package models

import (
	"context"
	"fmt"
)

// PutAuthors writes the authors, replacing the names of those that exist.
func (db *DB) PutAuthors(ctx context.Context, authors []Author) error {
	b := newBulk("slug:t name:t")
	for _, a := range authors {
		b.add(a.Slug, a.Name)
	}
	return db.put(ctx, b, "", "author", "slug")
}

// Authors lists all authors by slug.
func (db *DB) Authors(ctx context.Context) ([]Author, error) {
	var out []Author
	if err := db.r(ctx).Table("author").Order("slug").Find(&out).Error; err != nil {
		return nil, fmt.Errorf("read authors: %w", err)
	}
	return out, nil
}

package catalog

import (
	"context"
	"fmt"

	"bourse/models"
	"bourse/seeds"
)

// Import writes the embedded catalogue into the database, in one transaction, and reloads. The
// same facts a second time change nothing; newer ones replace facts, add prices, and retire the
// offers that are gone. What the operator changed by hand stays.
func (c *Catalog) Import(ctx context.Context) error {
	version, err := seeds.Version()
	if err != nil {
		return err
	}
	have, err := c.db.SeedVersion(ctx)
	if err != nil {
		return err
	}
	if have == version {
		return c.Reload(ctx)
	}
	list, err := seeds.Load()
	if err != nil {
		return fmt.Errorf("read the embedded catalogue: %w", err)
	}
	err = c.db.Tx(ctx, func(tx *models.DB) error {
		if err := tx.PutAuthors(ctx, list.Authors); err != nil {
			return err
		}
		if err := tx.PutProviders(ctx, version, list.Providers); err != nil {
			return err
		}
		if err := tx.PutModels(ctx, version, list.Models); err != nil {
			return err
		}
		if err := tx.PutEndpoints(ctx, version, list.Endpoints); err != nil {
			return err
		}
		if err := tx.RetireSeedRows(ctx, version); err != nil {
			return err
		}
		if err := tx.AddPriceVersions(ctx, list.Prices); err != nil {
			return err
		}
		return tx.SetSeedVersion(ctx, version)
	})
	if err != nil {
		return fmt.Errorf("import the catalogue: %w", err)
	}
	return c.Reload(ctx)
}

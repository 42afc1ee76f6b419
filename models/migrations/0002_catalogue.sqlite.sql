CREATE TRIGGER price_version_no_update BEFORE UPDATE ON price_version BEGIN SELECT RAISE(ABORT, 'price_version is append-only'); END;

CREATE TRIGGER price_version_no_delete BEFORE DELETE ON price_version BEGIN SELECT RAISE(ABORT, 'price_version is append-only'); END;

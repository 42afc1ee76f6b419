-- A management key makes, changes and deletes the account's other keys, and calls no model.
ALTER TABLE api_key ADD COLUMN management BOOLEAN NOT NULL DEFAULT FALSE;

-- Since when its owner has it rest; 0 while it works.
ALTER TABLE api_key ADD COLUMN disabled_us BIGINT NOT NULL DEFAULT 0;

-- When it was last changed; 0 for never.
ALTER TABLE api_key ADD COLUMN updated_us BIGINT NOT NULL DEFAULT 0;

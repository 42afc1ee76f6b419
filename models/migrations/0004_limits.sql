-- How many requests a key may make in a minute; 0 is as many as it likes.
ALTER TABLE api_key ADD COLUMN per_minute BIGINT NOT NULL DEFAULT 0;

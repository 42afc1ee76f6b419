-- How many requests a key may make in a minute; 0 is as many as it likes.
ALTER TABLE api_key ADD COLUMN per_minute BIGINT NOT NULL DEFAULT 0;

-- When the newest entry of an account was written: each is later than the one before, whichever
-- replica's clock is ahead, so that statements have one order.
ALTER TABLE account ADD COLUMN entry_us BIGINT NOT NULL DEFAULT 0;

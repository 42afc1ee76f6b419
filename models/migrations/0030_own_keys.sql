-- People's own keys at providers. The key itself is sealed: who has the database alone cannot use it.
CREATE TABLE provider_key (
  id         TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  provider   TEXT NOT NULL,
  hint       TEXT NOT NULL,
  base_url   TEXT NOT NULL,
  sealed     TEXT NOT NULL,
  place      BIGINT NOT NULL,
  tested_us  BIGINT NOT NULL DEFAULT 0,
  trouble    TEXT NOT NULL DEFAULT '',
  created_us BIGINT NOT NULL
);

CREATE INDEX provider_key_account ON provider_key (account_id, place);

-- An answer that a person's own key was used for: the provider is paid by that person, and only the
-- fee by the account. cost_pico then says what the price list comes to.
ALTER TABLE generation ADD COLUMN own_key BOOLEAN NOT NULL DEFAULT FALSE;

-- A code that a program exchanges for a key, once. Only its hash is kept.
CREATE TABLE auth_code (
  hash        TEXT PRIMARY KEY,
  user_id     TEXT NOT NULL,
  account_id  TEXT NOT NULL,
  challenge   TEXT NOT NULL,
  method      TEXT NOT NULL,
  key_name    TEXT NOT NULL,
  limit_nano  BIGINT NOT NULL,
  limit_reset TEXT NOT NULL,
  key_ends_us BIGINT NOT NULL,
  created_us  BIGINT NOT NULL,
  expires_us  BIGINT NOT NULL
);

CREATE INDEX auth_code_expires ON auth_code (expires_us);

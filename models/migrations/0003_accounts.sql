CREATE TABLE users (
  id            TEXT PRIMARY KEY,
  email         TEXT NOT NULL UNIQUE,
  name          TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  role          TEXT NOT NULL,
  verified_us   BIGINT NOT NULL,
  created_us    BIGINT NOT NULL
);

-- Whoever inserts this row first is the operator: two sign-ups at once cannot both be.
CREATE TABLE first_user (
  one     BIGINT PRIMARY KEY CHECK (one = 1),
  user_id TEXT NOT NULL
);

-- Only the hash of a session's token is kept.
CREATE TABLE session (
  id         TEXT PRIMARY KEY,
  hash       TEXT NOT NULL UNIQUE,
  user_id    TEXT NOT NULL,
  ip         TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  seen_us    BIGINT NOT NULL,
  expires_us BIGINT NOT NULL
);

CREATE INDEX session_of_user ON session (user_id);

-- Tokens of letters: to verify an address, to set a new password. Each is used once.
CREATE TABLE letter_token (
  hash       TEXT PRIMARY KEY,
  kind       TEXT NOT NULL,
  user_id    TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  expires_us BIGINT NOT NULL
);

CREATE TABLE api_key (
  id           TEXT PRIMARY KEY,
  user_id      TEXT NOT NULL,
  account_id   TEXT NOT NULL,
  form_id      TEXT NOT NULL UNIQUE,
  name         TEXT NOT NULL,
  hash         TEXT NOT NULL UNIQUE,
  hint         TEXT NOT NULL,
  limit_nano   BIGINT NOT NULL,
  limit_reset  TEXT NOT NULL,
  created_us   BIGINT NOT NULL,
  expires_us   BIGINT NOT NULL,
  last_used_us BIGINT NOT NULL,
  revoked_us   BIGINT NOT NULL
);

CREATE INDEX api_key_user ON api_key (user_id, created_us);

-- What was used, summed up from the generations by one replica at a time. Nothing is written here
-- when a call is made; every row can be counted again from the generations.

-- How far the counting has come: each day and each hour before these is final.
CREATE TABLE usage_state (
  id         BIGINT PRIMARY KEY,
  next_day   BIGINT NOT NULL,
  next_hour  BIGINT NOT NULL,
  version    BIGINT NOT NULL DEFAULT 0,
  owner      TEXT NOT NULL DEFAULT '',
  until_us   BIGINT NOT NULL DEFAULT 0
);

-- By hour since 1970, the last two days.
CREATE TABLE usage_hour (
  at          BIGINT NOT NULL,
  traffic     TEXT NOT NULL,
  model       TEXT NOT NULL,
  provider    TEXT NOT NULL,
  account_id  TEXT NOT NULL,
  requests    BIGINT NOT NULL,
  tokens_in   BIGINT NOT NULL,
  tokens_out  BIGINT NOT NULL,
  reasoning   BIGINT NOT NULL,
  cached      BIGINT NOT NULL,
  spend_nano  BIGINT NOT NULL,
  PRIMARY KEY (at, traffic, model, provider, account_id)
) /* keyed */;

-- By day since 1970, so long as distinct accounts have to be counted over several days.
CREATE TABLE usage_account (
  at          BIGINT NOT NULL,
  traffic     TEXT NOT NULL,
  model       TEXT NOT NULL,
  provider    TEXT NOT NULL,
  account_id  TEXT NOT NULL,
  requests    BIGINT NOT NULL,
  tokens_in   BIGINT NOT NULL,
  tokens_out  BIGINT NOT NULL,
  reasoning   BIGINT NOT NULL,
  cached      BIGINT NOT NULL,
  spend_nano  BIGINT NOT NULL,
  PRIMARY KEY (at, traffic, model, provider, account_id)
) /* keyed */;

-- By day, for good, without anybody's name.
CREATE TABLE usage_day (
  at          BIGINT NOT NULL,
  traffic     TEXT NOT NULL,
  model       TEXT NOT NULL,
  provider    TEXT NOT NULL,
  accounts    BIGINT NOT NULL,
  requests    BIGINT NOT NULL,
  tokens_in   BIGINT NOT NULL,
  tokens_out  BIGINT NOT NULL,
  reasoning   BIGINT NOT NULL,
  cached      BIGINT NOT NULL,
  spend_nano  BIGINT NOT NULL,
  PRIMARY KEY (at, traffic, model, provider)
) /* keyed */;

-- How many accounts a model had on a day at all its providers, and the largest of them: what decides
-- whether its figures may be shown.
CREATE TABLE usage_reach (
  at          BIGINT NOT NULL,
  traffic     TEXT NOT NULL,
  model       TEXT NOT NULL,
  accounts    BIGINT NOT NULL,
  tokens      BIGINT NOT NULL,
  spend_nano  BIGINT NOT NULL,
  most_tokens BIGINT NOT NULL,
  most_nano   BIGINT NOT NULL,
  PRIMARY KEY (at, traffic, model)
) /* keyed */;

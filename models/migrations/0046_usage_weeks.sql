-- The same as usage_reach, by calendar week: at is the day of its Monday. Distinct accounts cannot be
-- added up from days, so a week is counted when its Sunday is closed.
CREATE TABLE usage_week (
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

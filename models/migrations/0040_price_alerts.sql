-- Prices that people want to hear of. epoch counts the changes of an alert's state, so that each
-- happens once, whichever process sees it first.
CREATE TABLE price_alert (
  id          TEXT PRIMARY KEY,
  account_id  TEXT NOT NULL,
  model       TEXT NOT NULL,
  price       TEXT NOT NULL,
  offers      TEXT NOT NULL,
  below_pico  BIGINT NOT NULL CHECK (below_pico > 0),
  state       TEXT NOT NULL,
  epoch       BIGINT NOT NULL,
  told_us     BIGINT NOT NULL,
  told_pico   BIGINT NOT NULL,
  told_tag    TEXT NOT NULL,
  created_us  BIGINT NOT NULL,
  UNIQUE (account_id, model, price, offers, below_pico)
);

CREATE INDEX price_alert_state ON price_alert (state, id);

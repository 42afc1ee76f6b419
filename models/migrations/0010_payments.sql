-- promo_nano is the part of posted that was given with an end date; disputes counts the payments of
-- this account that a bank has taken back or may; the rest is what the ledger watches: below
-- auto_below_nano it orders a top-up, below low_below_nano a letter, each once until it is armed
-- again. -1 is never.
ALTER TABLE account ADD COLUMN promo_nano BIGINT NOT NULL DEFAULT 0;

ALTER TABLE account ADD COLUMN disputes BIGINT NOT NULL DEFAULT 0;

ALTER TABLE account ADD COLUMN auto_below_nano BIGINT NOT NULL DEFAULT -1;

ALTER TABLE account ADD COLUMN auto_armed BOOLEAN NOT NULL DEFAULT FALSE;

ALTER TABLE account ADD COLUMN auto_epoch BIGINT NOT NULL DEFAULT 0;

ALTER TABLE account ADD COLUMN low_below_nano BIGINT NOT NULL DEFAULT 1000000000;

ALTER TABLE account ADD COLUMN low_armed BOOLEAN NOT NULL DEFAULT FALSE;

ALTER TABLE account ADD COLUMN low_epoch BIGINT NOT NULL DEFAULT 0;

-- charge_cents is what is asked for: the credit and the processing line. tax_cents comes on top, as
-- the payment provider computed it. What a receipt shows is frozen here when it is paid.
ALTER TABLE topup ADD COLUMN fee_cents BIGINT NOT NULL DEFAULT 0;

ALTER TABLE topup ADD COLUMN tax_cents BIGINT NOT NULL DEFAULT 0;

ALTER TABLE topup ADD COLUMN save_card BOOLEAN NOT NULL DEFAULT FALSE;

ALTER TABLE topup ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;

ALTER TABLE topup ADD COLUMN ip TEXT NOT NULL DEFAULT '';

ALTER TABLE topup ADD COLUMN charge_id TEXT NOT NULL DEFAULT '';

ALTER TABLE topup ADD COLUMN card TEXT NOT NULL DEFAULT '';

ALTER TABLE topup ADD COLUMN risk TEXT NOT NULL DEFAULT '';

ALTER TABLE topup ADD COLUMN billed_to TEXT NOT NULL DEFAULT '';

ALTER TABLE topup ADD COLUMN receipt_url TEXT NOT NULL DEFAULT '';

ALTER TABLE topup ADD COLUMN invoice_url TEXT NOT NULL DEFAULT '';

ALTER TABLE topup ADD COLUMN invoice_number TEXT NOT NULL DEFAULT '';

-- Money that went back. id is ours for what was asked for here, the provider's for what was not.
CREATE TABLE refund (
  id           TEXT PRIMARY KEY,
  form_id      TEXT NOT NULL UNIQUE,
  topup_id     TEXT NOT NULL,
  account_id   TEXT NOT NULL,
  credit_nano  BIGINT NOT NULL,
  fee_cents    BIGINT NOT NULL,
  tax_cents    BIGINT NOT NULL,
  amount_cents BIGINT NOT NULL,
  status       TEXT NOT NULL,
  refund_id    TEXT NOT NULL,
  failure      TEXT NOT NULL,
  created_us   BIGINT NOT NULL,
  ended_us     BIGINT NOT NULL
);

CREATE INDEX refund_topup ON refund (topup_id);

CREATE INDEX refund_account ON refund (account_id, created_us);

CREATE TABLE dispute (
  id           TEXT PRIMARY KEY,
  topup_id     TEXT NOT NULL,
  account_id   TEXT NOT NULL,
  amount_cents BIGINT NOT NULL,
  fee_cents    BIGINT NOT NULL,
  status       TEXT NOT NULL,
  reason       TEXT NOT NULL,
  created_us   BIGINT NOT NULL,
  closed_us    BIGINT NOT NULL,
  released_us  BIGINT NOT NULL
);

CREATE INDEX dispute_topup ON dispute (topup_id);

-- Who an account is at the payment provider, and the card kept there. Of the card we know only
-- what its owner may see.
CREATE TABLE payer (
  account_id     TEXT PRIMARY KEY,
  customer_id    TEXT NOT NULL UNIQUE,
  payment_method TEXT NOT NULL,
  card           TEXT NOT NULL,
  updated_us     BIGINT NOT NULL
);

CREATE TABLE auto_topup (
  account_id   TEXT PRIMARY KEY,
  enabled      BOOLEAN NOT NULL,
  below_nano   BIGINT NOT NULL,
  amount_cents BIGINT NOT NULL,
  cap_cents    BIGINT NOT NULL,
  failures     BIGINT NOT NULL,
  reason       TEXT NOT NULL,
  resume_us    BIGINT NOT NULL,
  updated_us   BIGINT NOT NULL
);

-- Work that a committed transaction owes: written with it, done once after it.
CREATE TABLE outbox (
  id         TEXT PRIMARY KEY,
  topic      TEXT NOT NULL,
  account_id TEXT NOT NULL,
  payload    TEXT NOT NULL,
  due_us     BIGINT NOT NULL,
  attempts   BIGINT NOT NULL,
  done_us    BIGINT NOT NULL,
  last_error TEXT NOT NULL,
  created_us BIGINT NOT NULL
);

CREATE INDEX outbox_due ON outbox (due_us) WHERE done_us = 0;

CREATE TABLE card_failure (
  id         TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  ip         TEXT NOT NULL,
  created_us BIGINT NOT NULL
);

CREATE INDEX card_failure_account ON card_failure (account_id, created_us);

CREATE TABLE promo_code (
  code        TEXT PRIMARY KEY,
  amount_nano BIGINT NOT NULL,
  uses_max    BIGINT NOT NULL,
  uses        BIGINT NOT NULL CHECK (uses <= uses_max),
  credit_days BIGINT NOT NULL,
  expires_us  BIGINT NOT NULL,
  reason      TEXT NOT NULL,
  created_us  BIGINT NOT NULL
);

CREATE TABLE promo_lot (
  id          TEXT PRIMARY KEY,
  code        TEXT NOT NULL,
  account_id  TEXT NOT NULL,
  amount_nano BIGINT NOT NULL,
  expires_us  BIGINT NOT NULL,
  created_us  BIGINT NOT NULL,
  posted_us   BIGINT NOT NULL,
  closed_us   BIGINT NOT NULL,
  UNIQUE (code, account_id)
);

CREATE INDEX promo_lot_account ON promo_lot (account_id, expires_us);

-- What the payment provider and our books do not agree on, while they do not.
CREATE TABLE payment_difference (
  id          TEXT PRIMARY KEY,
  kind        TEXT NOT NULL,
  object_id   TEXT NOT NULL,
  topup_id    TEXT NOT NULL,
  account_id  TEXT NOT NULL,
  words       TEXT NOT NULL,
  found_us    BIGINT NOT NULL,
  seen_us     BIGINT NOT NULL,
  resolved_us BIGINT NOT NULL
);

CREATE TABLE reconcile_run (
  id         TEXT PRIMARY KEY,
  since_us   BIGINT NOT NULL,
  started_us BIGINT NOT NULL,
  ended_us   BIGINT NOT NULL,
  sessions   BIGINT NOT NULL,
  payments   BIGINT NOT NULL,
  refunds    BIGINT NOT NULL,
  disputes   BIGINT NOT NULL,
  events     BIGINT NOT NULL,
  corrected  BIGINT NOT NULL,
  open       BIGINT NOT NULL,
  error      TEXT NOT NULL
);

-- The sandbox's objects are listed as the provider lists them: by kind, by what they belong to.
ALTER TABLE sandbox_object ADD COLUMN ref TEXT NOT NULL DEFAULT '';

ALTER TABLE sandbox_object ADD COLUMN created_us BIGINT NOT NULL DEFAULT 0;

CREATE INDEX sandbox_object_kind ON sandbox_object (kind, ref, created_us);

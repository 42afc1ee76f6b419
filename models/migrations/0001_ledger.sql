-- A table marked "keyed" is stored in the order of its primary key where the engine can do that
-- (WITHOUT ROWID on SQLite), instead of in the order of writing with an index beside it.

-- Money. Amounts are nano-USD, times are microseconds since 1970 in UTC: both plain integers, so
-- that the batches of the ledger are the same on both engines.

CREATE TABLE setting (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- posted is the sum of the account's entries; sandbox is the part of it that no real provider may
-- be paid with; held covers running requests, held_real those of them that need real credit.
CREATE TABLE account (
  id             TEXT PRIMARY KEY,
  user_id        TEXT NOT NULL UNIQUE,
  posted_nano    BIGINT NOT NULL DEFAULT 0,
  sandbox_nano   BIGINT NOT NULL DEFAULT 0,
  held_nano      BIGINT NOT NULL DEFAULT 0 CHECK (held_nano >= 0),
  held_real_nano BIGINT NOT NULL DEFAULT 0 CHECK (held_real_nano >= 0),
  frozen         BOOLEAN NOT NULL DEFAULT FALSE,
  created_us     BIGINT NOT NULL
);

-- The id of a transaction is what makes it happen once: usage:gen-…, topup:top-…, grant:…
CREATE TABLE ledger_tx (
  id         TEXT PRIMARY KEY,
  kind       TEXT NOT NULL,
  ref        TEXT NOT NULL,
  hash       TEXT NOT NULL,
  note       TEXT NOT NULL,
  actor      TEXT NOT NULL,
  created_us BIGINT NOT NULL
) /* keyed */;

CREATE TABLE ledger_entry (
  tx_id        TEXT NOT NULL,
  seq          BIGINT NOT NULL,
  account_id   TEXT NOT NULL,
  amount_nano  BIGINT NOT NULL,
  balance_nano BIGINT NOT NULL,
  created_us   BIGINT NOT NULL,
  PRIMARY KEY (tx_id, seq)
) /* keyed */;

-- Customers' entries only: the house's own accounts are summed up, never listed.
CREATE INDEX ledger_entry_account ON ledger_entry (account_id, created_us) WHERE account_id LIKE 'acc-%';

CREATE TABLE key_window (
  key_id     TEXT NOT NULL,
  kind       TEXT NOT NULL,
  start_us   BIGINT NOT NULL,
  spent_nano BIGINT NOT NULL DEFAULT 0,
  held_nano  BIGINT NOT NULL DEFAULT 0 CHECK (held_nano >= 0),
  PRIMARY KEY (key_id, kind, start_us)
) /* keyed */;

-- One request and its record. While state is 0 the row is the hold.
CREATE TABLE generation (
  id             TEXT PRIMARY KEY,
  account_id     TEXT NOT NULL,
  key_id         TEXT NOT NULL,
  state          BIGINT NOT NULL DEFAULT 0,
  api_type       TEXT NOT NULL,
  model          TEXT NOT NULL,
  provider       TEXT NOT NULL,
  tag            TEXT NOT NULL,
  price_version  TEXT NOT NULL,
  fee_bps        BIGINT NOT NULL,
  real_credit    BOOLEAN NOT NULL,
  streamed       BOOLEAN NOT NULL,
  hold_nano      BIGINT NOT NULL,
  usage          TEXT NOT NULL DEFAULT '',
  tokens_in      BIGINT NOT NULL DEFAULT 0,
  tokens_cached  BIGINT NOT NULL DEFAULT 0,
  tokens_out     BIGINT NOT NULL DEFAULT 0,
  cost_pico      BIGINT NOT NULL DEFAULT 0,
  cost_nano      BIGINT NOT NULL DEFAULT 0,
  fee_nano       BIGINT NOT NULL DEFAULT 0,
  estimated      BOOLEAN NOT NULL DEFAULT FALSE,
  cancelled      BOOLEAN NOT NULL DEFAULT FALSE,
  finish         TEXT NOT NULL DEFAULT '',
  native_finish  TEXT NOT NULL DEFAULT '',
  upstream_id    TEXT NOT NULL DEFAULT '',
  error_type     TEXT NOT NULL DEFAULT '',
  status         BIGINT NOT NULL DEFAULT 0,
  attempts       TEXT NOT NULL DEFAULT '[]',
  referer        TEXT NOT NULL,
  title          TEXT NOT NULL,
  user_agent     TEXT NOT NULL,
  request_id     TEXT NOT NULL,
  replica        TEXT NOT NULL,
  created_us     BIGINT NOT NULL,
  first_token_us BIGINT NOT NULL DEFAULT 0,
  finished_us    BIGINT NOT NULL DEFAULT 0,
  beat_us        BIGINT NOT NULL
) /* keyed */;

CREATE INDEX generation_account ON generation (account_id, created_us);

CREATE INDEX generation_open ON generation (beat_us) WHERE state = 0;

CREATE TABLE topup (
  id             TEXT PRIMARY KEY,
  account_id     TEXT NOT NULL,
  form_id        TEXT NOT NULL UNIQUE,
  kind           TEXT NOT NULL,
  livemode       BOOLEAN NOT NULL,
  credit_nano    BIGINT NOT NULL,
  charge_cents   BIGINT NOT NULL,
  status         TEXT NOT NULL,
  session_id     TEXT NOT NULL,
  session_url    TEXT NOT NULL,
  payment_intent TEXT NOT NULL,
  failure        TEXT NOT NULL,
  created_us     BIGINT NOT NULL,
  paid_us        BIGINT NOT NULL,
  credited_us    BIGINT NOT NULL
);

CREATE INDEX topup_account ON topup (account_id, created_us);

CREATE UNIQUE INDEX topup_session ON topup (session_id) WHERE session_id <> '';

CREATE UNIQUE INDEX topup_payment ON topup (payment_intent) WHERE payment_intent <> '';

CREATE TABLE stripe_event (
  id          TEXT PRIMARY KEY,
  type        TEXT NOT NULL,
  api_version TEXT NOT NULL,
  livemode    BOOLEAN NOT NULL,
  object_id   TEXT NOT NULL,
  received_us BIGINT NOT NULL,
  deliveries  BIGINT NOT NULL,
  last_error  TEXT NOT NULL
);

CREATE TABLE sandbox_object (
  id         TEXT PRIMARY KEY,
  kind       TEXT NOT NULL,
  body       TEXT NOT NULL,
  updated_us BIGINT NOT NULL
);

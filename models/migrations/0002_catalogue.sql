-- The catalogue. Facts of models, providers and offers; seed names the import that wrote a row,
-- "" for rows that a person made. Lists and records are JSON; open_weights is yes, no or unknown ("").

CREATE TABLE author (
  slug TEXT PRIMARY KEY,
  name TEXT NOT NULL
);

CREATE TABLE provider (
  slug               TEXT PRIMARY KEY,
  name               TEXT NOT NULL,
  kind               TEXT NOT NULL,
  dialect            TEXT NOT NULL,
  base_url           TEXT NOT NULL,
  api_key_env        TEXT NOT NULL,
  headquarters       TEXT NOT NULL,
  region             TEXT NOT NULL,
  legal_entity       TEXT NOT NULL,
  website            TEXT NOT NULL,
  doc_url            TEXT NOT NULL,
  status_page_url    TEXT NOT NULL,
  terms_url          TEXT NOT NULL,
  privacy_policy_url TEXT NOT NULL,
  policy             TEXT NOT NULL,
  quirks             TEXT NOT NULL,
  seed               TEXT NOT NULL
);

CREATE TABLE model (
  id                TEXT PRIMARY KEY,
  canonical_slug    TEXT NOT NULL,
  name              TEXT NOT NULL,
  author            TEXT NOT NULL,
  family            TEXT NOT NULL,
  type              TEXT NOT NULL,
  description       TEXT NOT NULL,
  created           TEXT NOT NULL,
  knowledge_cutoff  TEXT NOT NULL,
  context_length    BIGINT NOT NULL,
  max_output        BIGINT NOT NULL,
  input_modalities  TEXT NOT NULL,
  output_modalities TEXT NOT NULL,
  tools             BOOLEAN NOT NULL,
  structured_output BOOLEAN NOT NULL,
  reasoning         BOOLEAN NOT NULL,
  prompt_caching    BOOLEAN NOT NULL,
  open_weights      TEXT NOT NULL,
  tokenizer         TEXT NOT NULL,
  hugging_face_id   TEXT NOT NULL,
  status            TEXT NOT NULL,
  first_seen        TEXT NOT NULL,
  dimensions        BIGINT NOT NULL,
  reasoning_config  TEXT NOT NULL,
  seed              TEXT NOT NULL
);

-- One model at one provider. Its price is not here: it is the newest price_version that has begun.
CREATE TABLE endpoint (
  model                TEXT NOT NULL,
  tag                  TEXT NOT NULL,
  provider             TEXT NOT NULL,
  provider_model_id    TEXT NOT NULL,
  context_length       BIGINT NOT NULL,
  max_output           BIGINT NOT NULL,
  quantization         TEXT NOT NULL,
  status               TEXT NOT NULL,
  supported_parameters TEXT NOT NULL,
  reasoning            BOOLEAN NOT NULL,
  confidence           TEXT NOT NULL,
  price_source         TEXT NOT NULL,
  last_updated         TEXT NOT NULL,
  last_seen            TEXT NOT NULL,
  retires_at           TEXT NOT NULL,
  seed                 TEXT NOT NULL,
  PRIMARY KEY (model, tag)
);

-- What an offer costs from one moment on, microseconds since 1970. Rows are only ever added:
-- every generation names the one it was charged by.
CREATE TABLE price_version (
  id           TEXT PRIMARY KEY,
  model        TEXT NOT NULL,
  tag          TEXT NOT NULL,
  pricing      TEXT NOT NULL,
  effective_us BIGINT NOT NULL,
  recorded_us  BIGINT NOT NULL,
  source       TEXT NOT NULL,
  flag         TEXT NOT NULL
);

CREATE INDEX price_version_offer ON price_version (model, tag, effective_us);

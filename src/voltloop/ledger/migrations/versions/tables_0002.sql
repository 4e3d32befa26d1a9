CREATE TABLE passport (
  id UUID NOT NULL,
  passport_id TEXT NOT NULL,
  product_key UUID NOT NULL,
  product_id TEXT NOT NULL,
  granularity TEXT NOT NULL,
  operator_id TEXT,
  status TEXT NOT NULL,
  version INTEGER NOT NULL,
  from_at TIMESTAMP WITH TIME ZONE NOT NULL,
  folded_at TIMESTAMP WITH TIME ZONE,
  digest TEXT NOT NULL,
  document TEXT NOT NULL,
  CONSTRAINT pk_passport PRIMARY KEY (id)
);

CREATE UNIQUE INDEX ix_passport_current ON passport (product_key) WHERE status = 'active';

CREATE INDEX ix_passport_product_key ON passport (product_key);

CREATE TABLE passport_contract (
  id UUID NOT NULL,
  party TEXT NOT NULL,
  tiers TEXT[] NOT NULL,
  points INTEGER[] NOT NULL,
  products TEXT[] NOT NULL,
  from_at TIMESTAMP WITH TIME ZONE NOT NULL,
  until_at TIMESTAMP WITH TIME ZONE,
  note TEXT NOT NULL,
  CONSTRAINT pk_passport_contract PRIMARY KEY (id)
);

CREATE INDEX ix_passport_contract_party ON passport_contract (party);

CREATE TABLE passport_read (
  id BIGSERIAL NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  reader TEXT NOT NULL,
  party TEXT NOT NULL,
  passport_key UUID,
  asked TEXT NOT NULL,
  is_granted BOOLEAN NOT NULL,
  tiers TEXT[] NOT NULL,
  CONSTRAINT pk_passport_read PRIMARY KEY (id)
);

CREATE INDEX ix_passport_read_at ON passport_read (at);

CREATE INDEX ix_passport_read_passport_key_at ON passport_read (passport_key, at);

CREATE TABLE passport_registration (
  id UUID NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  passport_key UUID NOT NULL,
  document TEXT NOT NULL,
  CONSTRAINT pk_passport_registration PRIMARY KEY (id)
);

CREATE UNIQUE INDEX ix_passport_registration_passport_key ON passport_registration (passport_key);

CREATE TABLE passport_signing_key (
  id TEXT NOT NULL,
  jwk TEXT NOT NULL,
  from_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_passport_signing_key PRIMARY KEY (id)
);

CREATE TABLE passport_version (
  passport_key UUID NOT NULL,
  version INTEGER NOT NULL,
  from_at TIMESTAMP WITH TIME ZONE NOT NULL,
  document TEXT NOT NULL,
  digest TEXT NOT NULL,
  previous TEXT NOT NULL,
  signature TEXT NOT NULL,
  CONSTRAINT pk_passport_version PRIMARY KEY (passport_key, version)
);

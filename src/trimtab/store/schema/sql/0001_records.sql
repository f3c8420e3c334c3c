-- Records that are not versioned facts: people, runs, approvals, audit, the desk's own business.
CREATE TABLE desk.checkpoints (
  firm_id TEXT NOT NULL, seq BIGINT NOT NULL, digest TEXT NOT NULL, at TIMESTAMP(6) WITH TIME ZONE NOT NULL, seal
  TEXT NOT NULL, PRIMARY KEY (firm_id, seq)
);

CREATE TABLE desk.shards (
  run_id TEXT NOT NULL, shard BIGINT NOT NULL, firm_id TEXT NOT NULL, accounts BIGINT NOT NULL, content TEXT NOT
  NULL, state TEXT NOT NULL, worker TEXT, lease_until TIMESTAMP(6) WITH TIME ZONE, attempts INTEGER NOT NULL,
  result_digest TEXT, finished_at TIMESTAMP(6) WITH TIME ZONE, error TEXT, PRIMARY KEY (run_id, shard)
);

CREATE TABLE desk.tenants (
  firm_id TEXT NOT NULL, name TEXT NOT NULL, joined_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, left_at TIMESTAMP(6)
  WITH TIME ZONE, PRIMARY KEY (firm_id)
);

CREATE TABLE firm.audit_events (
  firm_id TEXT NOT NULL, seq BIGINT NOT NULL, at TIMESTAMP(6) WITH TIME ZONE NOT NULL, who TEXT NOT NULL, verb TEXT
  NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL, previous TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY
  (firm_id, seq)
);

CREATE TABLE firm.audit_heads (
  firm_id TEXT NOT NULL, seq BIGINT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (firm_id)
);

CREATE TABLE firm.edition_failures (
  firm_id TEXT NOT NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, ordinal BIGINT NOT NULL, reason TEXT NOT
  NULL, "table" TEXT NOT NULL, row TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, message TEXT NOT NULL,
  remedy TEXT NOT NULL, accounts TEXT NOT NULL, PRIMARY KEY (firm_id, known_at, ordinal)
);

CREATE TABLE firm.editions (
  firm_id TEXT NOT NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, as_of DATE NOT NULL, market_known_at
  TIMESTAMP(6) WITH TIME ZONE, book_name TEXT NOT NULL, book_digest TEXT NOT NULL, cause TEXT NOT NULL, who TEXT NOT
  NULL, PRIMARY KEY (firm_id, known_at)
);

CREATE TABLE firm.grants (
  firm_id TEXT NOT NULL, user_id TEXT NOT NULL, role TEXT NOT NULL, granted_by TEXT NOT NULL, granted_at
  TIMESTAMP(6) WITH TIME ZONE NOT NULL, PRIMARY KEY (firm_id, user_id, role)
);

CREATE TABLE firm.halts (
  firm_id TEXT NOT NULL, halt_id TEXT NOT NULL, level TEXT NOT NULL, subject TEXT NOT NULL, why TEXT NOT NULL,
  halted_by TEXT NOT NULL, halted_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, lifted_by TEXT, lifted_at TIMESTAMP(6)
  WITH TIME ZONE, PRIMARY KEY (firm_id, halt_id)
);

CREATE TABLE firm.outbox (
  firm_id TEXT NOT NULL, effect_id TEXT NOT NULL, kind TEXT NOT NULL, content TEXT NOT NULL, made_at TIMESTAMP(6)
  WITH TIME ZONE NOT NULL, due_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, attempts INTEGER NOT NULL, done_at
  TIMESTAMP(6) WITH TIME ZONE, last_error TEXT, PRIMARY KEY (firm_id, effect_id)
);

CREATE TABLE firm.proposals (
  firm_id TEXT NOT NULL, proposal_id TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, as_of DATE NOT NULL,
  state TEXT NOT NULL, content_digest TEXT NOT NULL, content TEXT NOT NULL, made_by TEXT NOT NULL, made_at
  TIMESTAMP(6) WITH TIME ZONE NOT NULL, state_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, run_id TEXT, PRIMARY KEY
  (firm_id, proposal_id)
);

CREATE TABLE firm.runs (
  firm_id TEXT NOT NULL, run_id TEXT NOT NULL, as_of DATE NOT NULL, edition_known_at TIMESTAMP(6) WITH TIME ZONE NOT
  NULL, kind TEXT NOT NULL, state TEXT NOT NULL, started_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, finished_at
  TIMESTAMP(6) WITH TIME ZONE, engine TEXT NOT NULL, result_digest TEXT, summary TEXT, PRIMARY KEY (firm_id, run_id)
);

CREATE TABLE people.users (
  user_id TEXT NOT NULL, name TEXT NOT NULL, password_hash TEXT, made_at TIMESTAMP(6) WITH TIME ZONE NOT NULL,
  ended_at TIMESTAMP(6) WITH TIME ZONE, desk_roles TEXT NOT NULL, external_id TEXT, PRIMARY KEY (user_id), UNIQUE
  (name)
);

CREATE TABLE firm.approvals (
  firm_id TEXT NOT NULL, proposal_id TEXT NOT NULL, user_id TEXT NOT NULL, content_digest TEXT NOT NULL, approved_at
  TIMESTAMP(6) WITH TIME ZONE NOT NULL, void_at TIMESTAMP(6) WITH TIME ZONE, void_why TEXT, PRIMARY KEY (firm_id,
  proposal_id, user_id), FOREIGN KEY(firm_id, proposal_id) REFERENCES firm.proposals (firm_id, proposal_id)
);

CREATE TABLE people.api_keys (
  key_digest TEXT NOT NULL, key_id TEXT NOT NULL, user_id TEXT NOT NULL, label TEXT NOT NULL, made_at TIMESTAMP(6)
  WITH TIME ZONE NOT NULL, expires_at TIMESTAMP(6) WITH TIME ZONE, ended_at TIMESTAMP(6) WITH TIME ZONE, PRIMARY KEY
  (key_digest), FOREIGN KEY(user_id) REFERENCES people.users (user_id), UNIQUE (key_id)
);

CREATE TABLE people.sessions (
  token_digest TEXT NOT NULL, user_id TEXT NOT NULL, made_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, expires_at
  TIMESTAMP(6) WITH TIME ZONE NOT NULL, ended_at TIMESTAMP(6) WITH TIME ZONE, PRIMARY KEY (token_digest), FOREIGN
  KEY(user_id) REFERENCES people.users (user_id)
);
CREATE INDEX sessions_of ON people.sessions (user_id);

CREATE INDEX keys_of ON people.api_keys (user_id);

CREATE INDEX shards_waiting ON desk.shards (state, lease_until);

-- Where a firm is told of what happens, and what was sent. No key is here: they are made of the store's own.
CREATE TABLE firm.hooks (
  firm_id TEXT NOT NULL, hook_id TEXT NOT NULL, url TEXT NOT NULL, kinds TEXT NOT NULL, made_by TEXT NOT NULL, made_at
  TIMESTAMP(6) WITH TIME ZONE NOT NULL, ended_by TEXT, ended_at TIMESTAMP(6) WITH TIME ZONE, PRIMARY KEY (firm_id,
  hook_id)
);

CREATE TABLE firm.hook_keys (
  firm_id TEXT NOT NULL, hook_id TEXT NOT NULL, key_id TEXT NOT NULL, made_by TEXT NOT NULL, made_at TIMESTAMP(6) WITH
  TIME ZONE NOT NULL, ended_by TEXT, ended_at TIMESTAMP(6) WITH TIME ZONE, PRIMARY KEY (firm_id, hook_id, key_id),
  FOREIGN KEY(firm_id, hook_id) REFERENCES firm.hooks (firm_id, hook_id)
);

CREATE TABLE firm.deliveries (
  firm_id TEXT NOT NULL, delivery_id TEXT NOT NULL, hook_id TEXT NOT NULL, effect_id TEXT NOT NULL, kind TEXT NOT NULL,
  content TEXT NOT NULL, made_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, due_at TIMESTAMP(6) WITH TIME ZONE NOT NULL,
  attempts INTEGER NOT NULL, done_at TIMESTAMP(6) WITH TIME ZONE, dead_at TIMESTAMP(6) WITH TIME ZONE, last_error TEXT,
  PRIMARY KEY (firm_id, delivery_id), FOREIGN KEY(firm_id, hook_id) REFERENCES firm.hooks (firm_id, hook_id)
);

CREATE INDEX deliveries_waiting ON firm.deliveries (firm_id, due_at);

CREATE INDEX effects_waiting ON firm.outbox (firm_id, done_at);

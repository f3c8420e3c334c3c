CREATE TABLE facts.model_versions (
  firm_id TEXT NOT NULL, model_id TEXT NOT NULL, version TEXT NOT NULL, node_id TEXT NOT NULL, parent_node_id TEXT,
  kind TEXT, ref TEXT, weight DOUBLE PRECISION, lower DOUBLE PRECISION, upper DOUBLE PRECISION, name TEXT, effective
  DATE, business_date DATE NOT NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT NULL,
  PRIMARY KEY (firm_id, model_id, version, node_id, known_at)
);

CREATE TABLE market.model_versions (
  model_id TEXT NOT NULL, version TEXT NOT NULL, node_id TEXT NOT NULL, parent_node_id TEXT, kind TEXT, ref TEXT,
  weight DOUBLE PRECISION, lower DOUBLE PRECISION, upper DOUBLE PRECISION, firm_id TEXT, name TEXT, effective DATE,
  business_date DATE NOT NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT NULL,
  PRIMARY KEY (model_id, version, node_id, known_at)
);

CREATE TABLE results.list_proposals (
  firm_id TEXT NOT NULL, run_id TEXT NOT NULL, security_id TEXT NOT NULL, status TEXT, firm_status TEXT, successor
  TEXT, by TEXT, reason TEXT, as_of DATE, accounts BIGINT, value DOUBLE PRECISION, gain DOUBLE PRECISION, effect TEXT,
  PRIMARY KEY (firm_id, run_id, security_id), FOREIGN KEY(firm_id, run_id) REFERENCES firm.runs (firm_id, run_id)
);

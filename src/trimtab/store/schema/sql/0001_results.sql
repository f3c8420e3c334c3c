-- A firm's part of a run, in the columns of the book's tables out.
CREATE TABLE results.conflicts (
  firm_id TEXT NOT NULL, run_id TEXT NOT NULL, account_id TEXT NOT NULL, "limit" TEXT NOT NULL, shortfall DOUBLE
  PRECISION, relaxation TEXT, relaxation_cost DOUBLE PRECISION, PRIMARY KEY (firm_id, run_id, account_id, "limit"),
  FOREIGN KEY(firm_id, run_id) REFERENCES firm.runs (firm_id, run_id)
);

CREATE TABLE results.evaluations (
  firm_id TEXT NOT NULL, run_id TEXT NOT NULL, account_id TEXT NOT NULL, unit_id TEXT, decision TEXT, release TEXT,
  flags TEXT, why TEXT, value NUMERIC(38, 9), cash_before NUMERIC(38, 9), cash_after NUMERIC(38, 9), drift_before
  DOUBLE PRECISION, drift_after DOUBLE PRECISION, worst_class TEXT, worst_class_deviation DOUBLE PRECISION,
  tracking_error_before DOUBLE PRECISION, tracking_error_after DOUBLE PRECISION, turnover DOUBLE PRECISION,
  realized_short NUMERIC(38, 9), realized_long NUMERIC(38, 9), harvested_loss NUMERIC(38, 9), tax NUMERIC(38, 9),
  budget_used NUMERIC(38, 9), budget_left NUMERIC(38, 9), cost NUMERIC(38, 9), tax_of_full_realignment NUMERIC(38,
  9), unrealized_short NUMERIC(38, 9), unrealized_long NUMERIC(38, 9), objective DOUBLE PRECISION,
  objective_no_trade DOUBLE PRECISION, lower_bound DOUBLE PRECISION, gap DOUBLE PRECISION, rounding_cost DOUBLE
  PRECISION, next_review DATE, solve_ms DOUBLE PRECISION, inputs_digest TEXT, settings_digest TEXT, result_digest
  TEXT, engine TEXT, release_hits TEXT, PRIMARY KEY (firm_id, run_id, account_id), FOREIGN KEY(firm_id, run_id)
  REFERENCES firm.runs (firm_id, run_id)
);

CREATE TABLE results.failures (
  firm_id TEXT NOT NULL, run_id TEXT NOT NULL, ordinal BIGINT NOT NULL, "table" TEXT, row TEXT, field TEXT, value
  TEXT, reason TEXT, remedy TEXT, PRIMARY KEY (firm_id, run_id, ordinal), FOREIGN KEY(firm_id, run_id) REFERENCES
  firm.runs (firm_id, run_id)
);

CREATE TABLE results.orders (
  firm_id TEXT NOT NULL, run_id TEXT NOT NULL, account_id TEXT NOT NULL, custodian TEXT, security_id TEXT NOT NULL,
  symbol TEXT, side TEXT NOT NULL, quantity NUMERIC(38, 9), order_type TEXT, lot_instructions TEXT, lot_method TEXT, PRIMARY KEY
  (firm_id, run_id, account_id, security_id, side), FOREIGN KEY(firm_id, run_id) REFERENCES firm.runs (firm_id,
  run_id)
);

CREATE TABLE results.reasons (
  firm_id TEXT NOT NULL, run_id TEXT NOT NULL, account_id TEXT NOT NULL, security_id TEXT NOT NULL, decision TEXT
  NOT NULL, code TEXT NOT NULL, text TEXT, benefit DOUBLE PRECISION, tax DOUBLE PRECISION, cost DOUBLE PRECISION,
  blocked_by TEXT, PRIMARY KEY (firm_id, run_id, account_id, security_id, decision, code), FOREIGN KEY(firm_id,
  run_id) REFERENCES firm.runs (firm_id, run_id)
);

CREATE TABLE results.sales (
  firm_id TEXT NOT NULL, run_id TEXT NOT NULL, account_id TEXT NOT NULL, lot_id TEXT NOT NULL, security_id TEXT,
  quantity NUMERIC(38, 9), proceeds NUMERIC(38, 9), basis NUMERIC(38, 9), gain NUMERIC(38, 9), term TEXT, disallowed
  NUMERIC(38, 9), tax NUMERIC(38, 9), acquired DATE, PRIMARY KEY (firm_id, run_id, account_id, lot_id), FOREIGN
  KEY(firm_id, run_id) REFERENCES firm.runs (firm_id, run_id)
);

CREATE TABLE results.settings (
  firm_id TEXT NOT NULL, run_id TEXT NOT NULL, account_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT, scope TEXT,
  set_by TEXT, PRIMARY KEY (firm_id, run_id, account_id, key), FOREIGN KEY(firm_id, run_id) REFERENCES firm.runs
  (firm_id, run_id)
);

CREATE TABLE results.targets (
  firm_id TEXT NOT NULL, run_id TEXT NOT NULL, account_id TEXT NOT NULL, security_id TEXT NOT NULL, slot TEXT,
  asset_class TEXT, target_weight DOUBLE PRECISION, weight_before DOUBLE PRECISION, weight_after DOUBLE PRECISION,
  PRIMARY KEY (firm_id, run_id, account_id, security_id), FOREIGN KEY(firm_id, run_id) REFERENCES firm.runs
  (firm_id, run_id)
);

CREATE TABLE results.trades (
  firm_id TEXT NOT NULL, run_id TEXT NOT NULL, account_id TEXT NOT NULL, security_id TEXT NOT NULL, side TEXT NOT
  NULL, quantity NUMERIC(38, 9), price NUMERIC(38, 9), notional NUMERIC(38, 9), cost NUMERIC(38, 9), gain_short
  NUMERIC(38, 9), gain_long NUMERIC(38, 9), tax NUMERIC(38, 9), reason TEXT, binding TEXT, PRIMARY KEY (firm_id,
  run_id, account_id, security_id, side), FOREIGN KEY(firm_id, run_id) REFERENCES firm.runs (firm_id, run_id)
);

CREATE TABLE results.wash_windows (
  firm_id TEXT NOT NULL, run_id TEXT NOT NULL, account_id TEXT NOT NULL, security_id TEXT NOT NULL, no_buy_until
  DATE, loss_at_risk_if_bought NUMERIC(38, 9), disallowed_if_sold NUMERIC(38, 9), PRIMARY KEY (firm_id, run_id,
  account_id, security_id), FOREIGN KEY(firm_id, run_id) REFERENCES firm.runs (firm_id, run_id)
);

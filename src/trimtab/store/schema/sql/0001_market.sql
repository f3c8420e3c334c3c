-- The desk's facts: read by every firm, written by the desk.
CREATE TABLE market.calendar (
  date DATE NOT NULL, business_date DATE NOT NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT
  NULL, PRIMARY KEY (date, known_at)
);

CREATE TABLE market.distributions (
  security_id TEXT NOT NULL, ex_date DATE NOT NULL, kind TEXT, per_share NUMERIC(38, 9), estimated BOOLEAN,
  business_date DATE NOT NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT NULL, PRIMARY KEY
  (security_id, ex_date, known_at)
);

CREATE TABLE market.editions (
  known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, as_of DATE NOT NULL, book_name TEXT NOT NULL, cause TEXT NOT NULL,
  who TEXT NOT NULL, PRIMARY KEY (known_at)
);

CREATE TABLE market.factor_covariance (
  factor_a TEXT NOT NULL, factor_b TEXT NOT NULL, covariance DOUBLE PRECISION, business_date DATE NOT NULL, known_at
  TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT NULL, PRIMARY KEY (factor_a, factor_b, known_at)
);

CREATE TABLE market.factor_exposures (
  security_id TEXT NOT NULL, factor TEXT NOT NULL, exposure DOUBLE PRECISION, business_date DATE NOT NULL, known_at
  TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT NULL, PRIMARY KEY (security_id, factor, known_at)
);

CREATE TABLE market.fund_terms (
  security_id TEXT NOT NULL, custodian TEXT, ticket NUMERIC(38, 9), minimum_initial NUMERIC(38, 9),
  minimum_additional NUMERIC(38, 9), redemption_fee_bps DOUBLE PRECISION, redemption_days BIGINT, round_trip_days
  BIGINT, cutoff TEXT, business_date DATE NOT NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT
  NULL, PRIMARY KEY (security_id, known_at)
);

CREATE TABLE market.halts (
  halt_id TEXT NOT NULL, why TEXT NOT NULL, halted_by TEXT NOT NULL, halted_at TIMESTAMP(6) WITH TIME ZONE NOT NULL,
  lifted_by TEXT, lifted_at TIMESTAMP(6) WITH TIME ZONE, PRIMARY KEY (halt_id)
);

CREATE TABLE market.indexes (
  index_id TEXT NOT NULL, security_id TEXT NOT NULL, weight DOUBLE PRECISION, business_date DATE NOT NULL, known_at
  TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT NULL, PRIMARY KEY (index_id, security_id, known_at)
);

CREATE TABLE market.models (
  model_id TEXT NOT NULL, node_id TEXT NOT NULL, parent_node_id TEXT, kind TEXT, ref TEXT, weight DOUBLE PRECISION,
  lower DOUBLE PRECISION, upper DOUBLE PRECISION, firm_id TEXT, version TEXT, name TEXT, business_date DATE NOT
  NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT NULL, PRIMARY KEY (model_id, node_id,
  known_at)
);

CREATE TABLE market.policies (
  scope TEXT NOT NULL, scope_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT, locked BOOLEAN, by TEXT, since DATE,
  until DATE, business_date DATE NOT NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT NULL,
  PRIMARY KEY (scope, scope_id, key, known_at)
);

CREATE TABLE market.prices (
  date DATE NOT NULL, security_id TEXT NOT NULL, close NUMERIC(38, 9), total_return_index DOUBLE PRECISION,
  business_date DATE NOT NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT NULL, PRIMARY KEY
  (date, security_id, known_at)
);

CREATE TABLE market.recommendations (
  security_id TEXT NOT NULL, status TEXT, successor TEXT, by TEXT, reason TEXT, as_of DATE, business_date DATE NOT
  NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT NULL, PRIMARY KEY (security_id, known_at)
);

CREATE TABLE market.restrictions (
  scope TEXT NOT NULL, scope_id TEXT NOT NULL, rule TEXT NOT NULL, selector TEXT NOT NULL, value TEXT, since DATE,
  until DATE, note TEXT, business_date DATE NOT NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN
  NOT NULL, PRIMARY KEY (scope, scope_id, rule, selector, known_at)
);

CREATE TABLE market.risk_free (
  date DATE NOT NULL, rate DOUBLE PRECISION, business_date DATE NOT NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT
  NULL, gone BOOLEAN NOT NULL, PRIMARY KEY (date, known_at)
);

CREATE TABLE market.securities (
  security_id TEXT NOT NULL, kind TEXT, price NUMERIC(38, 9), asset_class TEXT, name TEXT, symbol TEXT, sector TEXT,
  industry TEXT, expense_ratio DOUBLE PRECISION, dividend_yield DOUBLE PRECISION, qualified_fraction DOUBLE
  PRECISION, half_spread_bps DOUBLE PRECISION, fractional BOOLEAN, identical_group TEXT, cusip TEXT, isin TEXT, figi
  TEXT, illiquid BOOLEAN, next_window DATE, price_date DATE, price_factor NUMERIC(38, 9), accrued NUMERIC(38, 9),
  min_denomination NUMERIC(38, 9), maturity DATE, adv NUMERIC(38, 9), business_date DATE NOT NULL, known_at
  TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT NULL, PRIMARY KEY (security_id, known_at)
);

CREATE TABLE market.specific_risk (
  security_id TEXT NOT NULL, variance DOUBLE PRECISION, business_date DATE NOT NULL, known_at TIMESTAMP(6) WITH TIME
  ZONE NOT NULL, gone BOOLEAN NOT NULL, PRIMARY KEY (security_id, known_at)
);

CREATE TABLE market.tags (
  security_id TEXT NOT NULL, tag TEXT NOT NULL, value DOUBLE PRECISION, business_date DATE NOT NULL, known_at
  TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT NULL, PRIMARY KEY (security_id, tag, known_at)
);

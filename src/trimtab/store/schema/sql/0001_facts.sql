-- Firms' facts: appended, never changed; the row in force is the one known last.
CREATE TABLE facts.accounts (
  firm_id TEXT NOT NULL, account_id TEXT NOT NULL, tax_type TEXT, cash NUMERIC(38, 9), household_id TEXT,
  taxpayer_id TEXT, advisor_id TEXT, custodian TEXT, model_id TEXT, name TEXT, registration TEXT, status TEXT,
  discretion BOOLEAN, margin BOOLEAN, unsettled_cash NUMERIC(38, 9), held_away BOOLEAN, reinvest BOOLEAN, ytd_short
  NUMERIC(38, 9), ytd_long NUMERIC(38, 9), opened DATE, business_date DATE NOT NULL, known_at TIMESTAMP(6) WITH TIME
  ZONE NOT NULL, gone BOOLEAN NOT NULL, PRIMARY KEY (firm_id, account_id, known_at)
);

CREATE TABLE facts.approved_list (
  firm_id TEXT NOT NULL, security_id TEXT NOT NULL, status TEXT, successor TEXT, by TEXT, reason TEXT, as_of DATE,
  business_date DATE NOT NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT NULL, PRIMARY KEY
  (firm_id, security_id, known_at)
);

CREATE TABLE facts.cash_flows (
  firm_id TEXT NOT NULL, account_id TEXT NOT NULL, flow_id TEXT NOT NULL, date DATE, amount NUMERIC(38, 9),
  direction TEXT, kind TEXT, every TEXT, until DATE, status TEXT, business_date DATE NOT NULL, known_at TIMESTAMP(6)
  WITH TIME ZONE NOT NULL, gone BOOLEAN NOT NULL, PRIMARY KEY (firm_id, account_id, flow_id, known_at)
);

CREATE TABLE facts.firms (
  firm_id TEXT NOT NULL, name TEXT, business_date DATE NOT NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone
  BOOLEAN NOT NULL, PRIMARY KEY (firm_id, known_at)
);

CREATE TABLE facts.households (
  firm_id TEXT NOT NULL, household_id TEXT NOT NULL, name TEXT, model_id TEXT, business_date DATE NOT NULL, known_at
  TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT NULL, PRIMARY KEY (firm_id, household_id, known_at)
);

CREATE TABLE facts.lots (
  firm_id TEXT NOT NULL, account_id TEXT NOT NULL, lot_id TEXT NOT NULL, security_id TEXT, quantity NUMERIC(38, 9),
  unit_cost NUMERIC(38, 9), acquired DATE, adjusted_acquired DATE, business_date DATE NOT NULL, known_at
  TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT NULL, PRIMARY KEY (firm_id, account_id, lot_id, known_at)
);

CREATE TABLE facts.menu (
  firm_id TEXT NOT NULL, account_id TEXT NOT NULL, security_id TEXT NOT NULL, business_date DATE NOT NULL, known_at
  TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT NULL, PRIMARY KEY (firm_id, account_id, security_id,
  known_at)
);

CREATE TABLE facts.models (
  firm_id TEXT NOT NULL, model_id TEXT NOT NULL, node_id TEXT NOT NULL, parent_node_id TEXT, kind TEXT, ref TEXT,
  weight DOUBLE PRECISION, lower DOUBLE PRECISION, upper DOUBLE PRECISION, version TEXT, name TEXT, business_date
  DATE NOT NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT NULL, PRIMARY KEY (firm_id,
  model_id, node_id, known_at)
);

CREATE TABLE facts.open_orders (
  firm_id TEXT NOT NULL, account_id TEXT NOT NULL, order_id TEXT NOT NULL, security_id TEXT, side TEXT, quantity
  NUMERIC(38, 9), business_date DATE NOT NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT NULL,
  PRIMARY KEY (firm_id, account_id, order_id, known_at)
);

CREATE TABLE facts.plans (
  firm_id TEXT NOT NULL, account_id TEXT NOT NULL, approved DATE, budget_tax NUMERIC(38, 9), budget_gain NUMERIC(38,
  9), until DATE, point TEXT, business_date DATE NOT NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone
  BOOLEAN NOT NULL, PRIMARY KEY (firm_id, account_id, known_at)
);

CREATE TABLE facts.policies (
  firm_id TEXT NOT NULL, scope TEXT NOT NULL, scope_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT, locked BOOLEAN,
  by TEXT, since DATE, until DATE, business_date DATE NOT NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone
  BOOLEAN NOT NULL, PRIMARY KEY (firm_id, scope, scope_id, key, known_at)
);

CREATE TABLE facts.positions (
  firm_id TEXT NOT NULL, account_id TEXT NOT NULL, security_id TEXT NOT NULL, quantity NUMERIC(38, 9), business_date
  DATE NOT NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT NULL, PRIMARY KEY (firm_id,
  account_id, security_id, known_at)
);

CREATE TABLE facts.products (
  firm_id TEXT NOT NULL, model_id TEXT NOT NULL, node_id TEXT NOT NULL, security_id TEXT NOT NULL, rank BIGINT,
  hurdle_bps DOUBLE PRECISION, hold_only BOOLEAN, account_types TEXT, share DOUBLE PRECISION, business_date DATE NOT
  NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT NULL, PRIMARY KEY (firm_id, model_id,
  node_id, security_id, known_at)
);

CREATE TABLE facts.restrictions (
  firm_id TEXT NOT NULL, scope TEXT NOT NULL, scope_id TEXT NOT NULL, rule TEXT NOT NULL, selector TEXT NOT NULL,
  value TEXT, since DATE, until DATE, note TEXT, business_date DATE NOT NULL, known_at TIMESTAMP(6) WITH TIME ZONE
  NOT NULL, gone BOOLEAN NOT NULL, PRIMARY KEY (firm_id, scope, scope_id, rule, selector, known_at)
);

CREATE TABLE facts.scheduled_buys (
  firm_id TEXT NOT NULL, account_id TEXT NOT NULL, security_id TEXT NOT NULL, date DATE NOT NULL, amount NUMERIC(38,
  9), business_date DATE NOT NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT NULL, PRIMARY KEY
  (firm_id, account_id, security_id, date, known_at)
);

CREATE TABLE facts.taxpayers (
  firm_id TEXT NOT NULL, taxpayer_id TEXT NOT NULL, household_id TEXT, short_rate DOUBLE PRECISION, long_rate DOUBLE
  PRECISION, ordinary_rate DOUBLE PRECISION, ytd_short NUMERIC(38, 9), ytd_long NUMERIC(38, 9), carryforward_short
  NUMERIC(38, 9), carryforward_long NUMERIC(38, 9), loss_limit NUMERIC(38, 9), expected_gain NUMERIC(38, 9),
  zero_gain_room NUMERIC(38, 9), filing_status TEXT, ordinary_income NUMERIC(38, 9), magi NUMERIC(38, 9),
  business_date DATE NOT NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone BOOLEAN NOT NULL, PRIMARY KEY
  (firm_id, taxpayer_id, known_at)
);

CREATE TABLE facts.transactions (
  firm_id TEXT NOT NULL, account_id TEXT NOT NULL, transaction_id TEXT NOT NULL, date DATE, kind TEXT, security_id
  TEXT, quantity NUMERIC(38, 9), amount NUMERIC(38, 9), gain NUMERIC(38, 9), term TEXT, lot_id TEXT, "order" TEXT,
  underlying TEXT, method TEXT, lots TEXT, "new" NUMERIC(38, 9), "old" NUMERIC(38, 9), new_symbol TEXT, child TEXT,
  child_basis_fraction DOUBLE PRECISION, fmv_parent NUMERIC(38, 9), fmv_child NUMERIC(38, 9), fmv_new NUMERIC(38,
  9), fmv NUMERIC(38, 9), cash_per_share NUMERIC(38, 9), cash_in_lieu NUMERIC(38, 9), per_share NUMERIC(38, 9),
  "from" TEXT, "to" TEXT, donor_basis NUMERIC(38, 9), donor_acquired DATE, gift_tax_paid NUMERIC(38, 9),
  taxable_gift NUMERIC(38, 9), business_date DATE NOT NULL, known_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, gone
  BOOLEAN NOT NULL, PRIMARY KEY (firm_id, account_id, transaction_id, known_at)
);

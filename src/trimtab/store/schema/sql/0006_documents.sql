-- What was worked out for a person who decides, and what a firm traded by its present system.
CREATE TABLE firm.documents (
  firm_id TEXT NOT NULL, document_id TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, as_of DATE NOT NULL,
  content TEXT NOT NULL, content_digest TEXT NOT NULL, made_by TEXT NOT NULL,
  made_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, PRIMARY KEY (firm_id, document_id)
);

CREATE TABLE firm.shadow_trades (
  firm_id TEXT NOT NULL, as_of DATE NOT NULL, account_id TEXT NOT NULL, trade_id TEXT NOT NULL,
  security_id TEXT NOT NULL, side TEXT NOT NULL, quantity NUMERIC(38, 9) NOT NULL, price NUMERIC(38, 9),
  made_by TEXT NOT NULL, made_at TIMESTAMP(6) WITH TIME ZONE NOT NULL,
  PRIMARY KEY (firm_id, as_of, account_id, trade_id)
);

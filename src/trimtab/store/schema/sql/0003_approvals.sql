-- What a firm has signed, and what left under which approval.
CREATE TABLE firm.agreements (
  firm_id TEXT NOT NULL, agreement_id TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, signed_by TEXT NOT NULL,
  signed_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, ended_by TEXT, ended_at TIMESTAMP(6) WITH TIME ZONE, PRIMARY KEY
  (firm_id, agreement_id)
);

CREATE TABLE firm.releases (
  firm_id TEXT NOT NULL, proposal_id TEXT NOT NULL, approved_by TEXT NOT NULL, content_digest TEXT NOT NULL,
  released_by TEXT NOT NULL, released_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, PRIMARY KEY (firm_id, proposal_id),
  FOREIGN KEY(firm_id, proposal_id, approved_by) REFERENCES firm.approvals (firm_id, proposal_id, user_id)
);

"""What the desk, the firm and the client want, resolved for a whole shard of accounts at once."""

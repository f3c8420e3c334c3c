"""Floor 3: what to do about it. One solve per unit of accounts, with a proven bound."""

"""Floor 2: what each account owns, lot by lot, and what is realized and taxed on it."""

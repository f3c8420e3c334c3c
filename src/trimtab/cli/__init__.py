"""Floor 8: the operators' door: one command a verb."""

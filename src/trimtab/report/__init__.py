"""Floor 5: what happened and why."""

"""Floor 4: from wish to ownership."""

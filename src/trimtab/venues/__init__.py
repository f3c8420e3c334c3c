"""Floor 6: the way out to custodians and brokers."""

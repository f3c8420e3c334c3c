"""Files of others in: what custodians, brokers and people write, as transactions and positions with their faults."""

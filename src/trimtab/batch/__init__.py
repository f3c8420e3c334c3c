"""The night: shards leased from the store, evaluated by any number of processes, each kept once."""

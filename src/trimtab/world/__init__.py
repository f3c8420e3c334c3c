"""A seeded world of invented firms and accounts over a simulated market: what the demo and the simulator stand on."""

"""Floor 6: what is kept, in PostgreSQL or in memory, behind one door."""

"""One file a format: a table of its fields and words more than code."""

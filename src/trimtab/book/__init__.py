"""Floor 6: the open file contract: a folder of tables is read, checked and written, in columns."""

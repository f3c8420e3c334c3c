"""Floor 7: the verbs; the only room where the floors meet."""

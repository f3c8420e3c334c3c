"""What operators see of a running Trimtab: structured logs and figures, with nothing of any client's in them."""

"""What speaks with machines that are not ours: webhooks out, and identity providers."""

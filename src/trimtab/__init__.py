"""Trimtab rebalances every account of many firms, each to its own customization and its client's own taxes."""

__version__ = "0.1.0"

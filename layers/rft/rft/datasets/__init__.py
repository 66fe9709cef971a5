"""Reads, validates, splits, tokenises and describes datasets. No network access."""

"""Read, validate, split, count and describe datasets. No network."""

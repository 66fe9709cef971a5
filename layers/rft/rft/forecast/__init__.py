"""A run's expected cost, and its budget."""

"""A run's forecast cost, and its budget."""

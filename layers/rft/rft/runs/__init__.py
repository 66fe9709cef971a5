"""Rules for runs: ids, statuses, and what follows from them. Pure unless stated."""

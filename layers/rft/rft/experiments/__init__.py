"""Experiment logic: arms, budgets, early stopping and leaderboards."""

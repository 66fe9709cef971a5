"""The engine of experiments: arms, budgets, early stopping and leaderboards."""

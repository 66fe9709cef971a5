"""Rounds: selection of rows from the previous run, and comparison of the two models."""

"""Rounds: the rows that a run takes over from the run before, and how the two models compare."""

"""Searches for answers that are wrong by the task's own rules and rewarded all the same."""

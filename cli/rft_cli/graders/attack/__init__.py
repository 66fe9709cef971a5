"""Searches for answers that are wrong by the task's rules but rewarded by the grader."""

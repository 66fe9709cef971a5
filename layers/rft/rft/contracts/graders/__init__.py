"""Grader configuration in dataset rows and requests."""

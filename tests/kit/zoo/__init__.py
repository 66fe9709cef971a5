"""Graders of known worth, as source of `grade(sample)`, and rows to try them on: broken ones with the codes that find
them, and honest ones, which nothing may block."""

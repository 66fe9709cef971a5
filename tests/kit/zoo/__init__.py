"""Graders of known quality, as source of `grade(sample)`, and rows for them: broken ones with the codes that find
them, and honest ones, which nothing may block."""

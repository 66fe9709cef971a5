"""Graders of known quality as source of `grade(sample)`, and rows for them: broken graders with the codes that must be
found, and honest graders that must not be blocked."""

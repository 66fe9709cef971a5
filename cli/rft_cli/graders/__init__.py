"""Graders run on this machine, on local rows."""

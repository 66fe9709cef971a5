"""Runs graders locally, on local rows."""

"""Reuse of prepared rows: by another run, by a pilot, or by a run that removes rows."""

"""Prepared rows that are used again: by another run, or in part by a pilot or by a run that leaves rows out."""

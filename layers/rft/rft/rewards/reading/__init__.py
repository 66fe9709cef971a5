"""Parsers for answers, questions and report pages: markup, numbers, units, JSON."""

"""Pilots, rounds, and experiments of several runs."""

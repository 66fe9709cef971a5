"""Pilots, and experiments of several runs."""

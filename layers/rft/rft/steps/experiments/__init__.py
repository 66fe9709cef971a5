"""The steps of an experiment."""

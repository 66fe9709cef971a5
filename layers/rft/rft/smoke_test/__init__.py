"""Probes, statistics, checks and the gate that validates a grader before training. Pure."""

"""Probes, statistics and the gate that proves a grader. Pure."""

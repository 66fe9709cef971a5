"""Reward functions for each task: pure, without I/O."""

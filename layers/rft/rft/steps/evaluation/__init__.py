"""Measuring the base model before training and the trained one after it."""

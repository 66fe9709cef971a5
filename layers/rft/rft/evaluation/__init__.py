"""Measures a model before and after training. Pure, but for `sampling`, which takes its ports as arguments."""

"""Measures a model before and after training. Pure unless a module takes ports."""

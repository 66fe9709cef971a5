"""One use case per step, under the step's name."""

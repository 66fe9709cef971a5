"""What a run is expected to cost, and whether its budget allows it."""

"""What speed and size rest on, measured. `make bench` runs each bench_*.py here: `measure()` gives its ratios."""

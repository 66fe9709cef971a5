"""Benchmarks of speed, memory and cost. `make bench` runs each bench_*.py; its `measure()` returns ratios."""

"""What tests and benchmarks share: fakes, runs to begin with, waiting, the cost model."""

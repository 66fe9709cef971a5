"""Shared by tests and benchmarks: fakes, prepared runs, waiting, the cost model."""

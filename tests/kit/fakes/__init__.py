"""In-memory implementations of `rft.ports`, shared by all tests."""

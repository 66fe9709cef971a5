"""Ports: interfaces of the steps' external dependencies, in the steps' terms.

`rft.adapters` implements them for AWS, `tests/kit/fakes` in memory. Methods raise only errors of `rft.errors`; any
other exception is a bug and is not handled.
"""

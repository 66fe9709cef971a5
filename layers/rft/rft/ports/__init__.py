"""The steps' dependencies on the outside, in the steps' terms.

`rft.adapters` implements these for AWS,
`tests/kit/fakes` in memory. Methods raise only errors of `rft.errors`; anything else is a bug and stays loud.
"""

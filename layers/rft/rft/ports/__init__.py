"""What the steps need from outside, in the steps' own words.

`rft.adapters` implements these for AWS,
`tests/kit/fakes` in memory. Methods raise only errors of `rft.errors`; anything else is a bug and stays loud.
"""

"""The `rft` command: starts, follows and stops runs from a terminal, on AWS or on the emulated AWS."""

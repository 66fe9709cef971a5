"""The `rft` command: start, follow and stop runs from a terminal, on AWS or on the emulated AWS."""

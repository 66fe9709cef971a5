"""Models that commands let answer on this machine."""

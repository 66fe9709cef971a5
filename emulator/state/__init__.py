"""What outlives the emulator where it was given a folder: written as it happens, read at the next start."""

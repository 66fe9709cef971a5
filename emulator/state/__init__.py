"""State persisted in a folder: written with each change and restored at the next start."""

"""The project's own SAM template: read, translated, deployed."""

"""Configuration of graders, in rows and requests."""

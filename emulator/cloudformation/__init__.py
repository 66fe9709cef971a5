"""Reads, translates and deploys the project's SAM template."""

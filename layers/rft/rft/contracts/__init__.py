"""Pydantic models of the data that crosses a process or service boundary."""

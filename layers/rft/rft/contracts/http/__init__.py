"""Requests of callers, events of AWS, and responses of the API."""

"""One use case per call of the HTTP API."""

"""API requests and responses, and events received from AWS."""

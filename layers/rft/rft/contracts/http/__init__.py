"""What callers and events send, and what the API answers."""

"""The deployed stack: where it is, its API, requests and uploads."""

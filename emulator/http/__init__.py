"""The two ports: AWS's endpoint, with requests, signatures and replies as on the wire, and the HTTP API."""

"""The two ports: the AWS endpoint, with AWS's wire protocols and signatures, and the HTTP API."""

"""AWS implementations of the ports; only this package imports boto3 and tiktoken."""

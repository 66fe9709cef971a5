"""The only imports of boto3 and tiktoken: ports implemented for AWS."""

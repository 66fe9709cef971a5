"""Bedrock's jobs, deployments and models."""

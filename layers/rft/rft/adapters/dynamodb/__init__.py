"""Ports backed by DynamoDB: run records, histories, decisions, rejections, sent messages."""

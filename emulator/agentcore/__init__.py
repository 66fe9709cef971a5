"""Bedrock AgentCore: Code Interpreter sessions. A session is a plain process here, without isolation."""

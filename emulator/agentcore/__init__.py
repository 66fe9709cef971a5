"""Bedrock AgentCore: the Code Interpreter's sessions. What runs in one is a plain process here: it isolates nothing."""

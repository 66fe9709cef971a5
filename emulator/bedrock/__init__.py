"""Bedrock: reinforcement fine-tuning jobs, simulated but for the grader, which is the real one; and Converse."""

"""Bedrock: simulated reinforcement fine-tuning jobs with the real grader, custom models and Converse."""

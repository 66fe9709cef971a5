"""The emulated model: a policy over kinds of answers, trained with GRPO on the real grader's scores."""

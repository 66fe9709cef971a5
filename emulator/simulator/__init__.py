"""The emulated model: a policy over kinds of answer that learns by GRPO from the real grader's scores."""

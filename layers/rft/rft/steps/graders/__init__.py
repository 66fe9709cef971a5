"""One use case per grader of this stack."""

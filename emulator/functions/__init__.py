"""Lambda: the project's real handlers in processes of their own, under AWS's own runtime client."""

"""Pure scorers: verdicts, rubrics, numbers."""

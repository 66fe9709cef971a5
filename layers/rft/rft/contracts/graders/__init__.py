"""What rows and requests configure of a grader."""

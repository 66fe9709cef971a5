"""Lambda: runs the project's real handlers in separate processes, with AWS's runtime interface client."""

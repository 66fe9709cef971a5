"""One module per command: parses options, calls `client` and `graders`, prints `views`."""

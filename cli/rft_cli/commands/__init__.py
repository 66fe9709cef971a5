"""One module per command: options in, calls to `client` and `graders`, `views` out."""

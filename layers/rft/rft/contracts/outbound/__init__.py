"""Messages of the stack to other systems and to people."""

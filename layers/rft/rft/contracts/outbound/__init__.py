"""Messages from the stack to other systems and to people."""

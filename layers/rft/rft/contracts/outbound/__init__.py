"""What the stack sends to other systems and to people."""

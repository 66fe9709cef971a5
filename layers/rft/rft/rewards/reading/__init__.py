"""How an answer, a question and a page are read: markup, numbers, units, JSON."""

"""Moto, as this emulator needs it: all that touches its private names. Moto is pinned for their sake."""

"""What is wrong with a statement as a whole."""

from __future__ import annotations


class InvalidStatementError(Exception):
    """Not a statement, cut off or beyond a limit; the message repeats nothing of it."""

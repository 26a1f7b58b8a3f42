"""What is wrong with a statement as a whole."""

from __future__ import annotations


class Unfit(Exception):  # noqa: N818 (named by what is wrong)
    """Not a statement, cut off or beyond a limit; the message repeats nothing of it."""

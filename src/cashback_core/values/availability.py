"""What is said when the database is away."""

from __future__ import annotations


class StoreUnavailable(Exception):  # noqa: N818 (named by what is wrong)
    """The database cannot be reached or does not answer: nothing is known to be stored.

    After an `accept` the sale may be stored all the same, never sent; the same sale, sent again
    under its name, gets the right answer.
    """

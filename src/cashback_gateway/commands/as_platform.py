"""The command line as an administrator of the platform: the same stores as behind the routes.

Whoever may run it holds the database's password. The audit trail has `cli:` and their login here.
"""

from __future__ import annotations

import getpass
import re
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from adapters.postgres.administration.merchants import merchant_meant
from adapters.postgres.administration.transactions import Administration
from adapters.postgres.connection.database import Database
from cashback_core.administration.resources import Caller, Done, Missing, Slice
from cashback_gateway.commands.refusals import refused

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from typing import TypeVar

    from cashback_core.administration.resources import Refusal
    from cashback_gateway.commands.place import Workplace

    T = TypeVar("T")


MOST: Final = 10_000
"""As many of a list are read."""


def caller() -> Caller:
    """Whoever runs this, for the audit trail."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a uid that has no name
        name = "unknown"
    return Caller(actor="cli:" + re.sub(r"[^A-Za-z0-9._-]", "_", name)[:64], merchant_id=None)


async def caller_for(opened: Administration, slug: str) -> Caller:
    """The same, for one merchant alone. Raises ActRefusedError when there is none of that slug."""
    by = caller()
    async with opened.transaction(by) as connection:
        merchant_id = await merchant_meant(connection, by, slug)
    if merchant_id is None:
        raise refused(Missing(), f"merchant {slug!r}")
    return replace(by, merchant_id=merchant_id)


@asynccontextmanager
async def administration(here: Workplace) -> AsyncGenerator[Administration, None]:
    """The transactions of administrators, for as long as one command takes."""
    with here.settings() as settings:
        async with Database(settings.database.url) as database:
            yield Administration(database)


def done(outcome: Done[T] | Refusal, what: str) -> T:
    """What a change left. Raises ActRefusedError for what came to nothing."""
    if not isinstance(outcome, Done):
        raise refused(outcome, what)
    return outcome.resource


def there(found: T | None, what: str) -> T:
    """What was found. Raises ActRefusedError for what there is not."""
    if found is None:
        raise refused(Missing(), what)
    return found


def all_by(sort: str, *, descending: bool = False) -> Slice:
    """A whole list, so that one that is cut says of how many."""
    return Slice(sort=sort, descending=descending, limit=MOST)

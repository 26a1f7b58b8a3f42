"""The command line as an administrator of the platform: the same stores as behind the routes.

Whoever may run it holds the database's password. The audit trail has `cli:` and their login here.
"""

from __future__ import annotations

import getpass
import re
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from adapters.postgres.administration.merchants import merchant_meant
from adapters.postgres.administration.transactions import Administration
from adapters.postgres.connection.database import Database
from cashback_core.administration.resources import Caller, Conflict, InUse, Invalid, Missing, Taken
from cashback_core.values.violations import Violation
from cashback_gateway.commands.operators import ActRefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from cashback_core.administration.resources import Refusal
    from cashback_gateway.settings.table import Settings


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
async def administration(settings: Settings) -> AsyncGenerator[Administration, None]:
    """The transactions of administrators, for as long as one command takes."""
    async with Database(settings.database.url) as database:
        yield Administration(database)


def refused(refusal: Refusal, what: str) -> ActRefusedError:
    """Why a change to `what` came to nothing, in a line."""
    match refusal:
        case Missing():
            return ActRefusedError(f"there is no {what}")
        case Conflict():
            return ActRefusedError(f"{what} was changed at this moment: try again")
        case Taken(name=name):
            return ActRefusedError(f"the {name} of {what} is taken")
        case InUse(reason=fault, values=values) | Invalid(fault=fault, values=values):
            told = Violation(pointer="", code=fault, values=values)
            return ActRefusedError(f"{what}: {told.detail()} Expected: {told.expected()}.")


def unreadable(faults: Sequence[Violation]) -> ActRefusedError:
    """Everything that is wrong with what was asked for, in a line."""
    told = [
        f"{fault.pointer[1:]}: {fault.detail()} Expected: {fault.expected()}." for fault in faults
    ]
    return ActRefusedError(" ".join(told))

"""`merchants` and `clients`: what is set up from the command line before anybody can sign in.

The same stores as over HTTP, as the platform; the audit trail has `cli:` and who runs this.
"""

from __future__ import annotations

import getpass
import re
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from adapters.http.administration_texts import ADMINISTRATION_FAULTS
from cashback_core.administering import Caller, InUse, Kept, Missing, Stale, Taken, Unfit
from cashback_core.clients import ClientState
from cashback_core.merchants import MerchantState
from cashback_core.messages import Language
from cashback_core.rounding import Rounding
from cashback_gateway.operator_commands import ActRefusedError

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncGenerator

    from adapters.postgres.administration import Administration
    from cashback_core.administering import Refusal
    from cashback_core.clients import Issued
    from cashback_gateway.settings import Settings


def actor() -> str:
    """Whoever runs this, for the audit trail."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a uid that has no name
        name = "unknown"
    return "cli:" + re.sub(r"[^A-Za-z0-9._-]", "_", name)[:64]


async def add_merchant(settings: Settings, options: argparse.Namespace) -> None:
    """Add a merchant."""
    from adapters.postgres.kept_merchants import PostgresMerchants

    state = MerchantState(
        name=options.merchant_name,
        zone=options.zone,
        rounding=Rounding(options.rounding),
        max_sale_age_days=options.max_sale_age_days,
    )
    async with _administration(settings) as administration:
        outcome = await PostgresMerchants(administration).create(_caller(), options.slug, state)
    if not isinstance(outcome, Kept):
        raise _refused(outcome, options.slug)
    print(f"merchant {options.slug} is there; next: users add NAME --merchant {options.slug}")


async def add_client(settings: Settings, options: argparse.Namespace) -> None:
    """Add an API client; its secret comes alone on the last line."""
    from adapters.postgres.kept_clients import PostgresClients

    state = ClientState(name=options.client_name, role=options.role)
    async with _administration(settings) as administration:
        clients = PostgresClients(administration)
        outcome = await clients.create(_caller(), state, merchant=options.merchant)
    _print_secret(outcome, options.client_name)


async def rotate_client(settings: Settings, options: argparse.Namespace) -> None:
    """Give a client a further secret, alone on the last line."""
    from adapters.postgres.kept_clients import PostgresClients

    async with _administration(settings) as administration:
        outcome = await PostgresClients(administration).rotate(
            _caller(), options.client_id, overlap=timedelta(seconds=options.overlap)
        )
    _print_secret(outcome, options.client_id)


def _print_secret(outcome: Kept[Issued] | Refusal, what: str) -> None:
    if not isinstance(outcome, Kept):
        raise _refused(outcome, what)
    issued = outcome.resource
    print(
        f"client {issued.client.id} of merchant {issued.client.merchant}, secret {issued.number};"
    )
    print("it is told this once, on the next line alone:")
    print(issued.secret)


def _caller() -> Caller:
    return Caller(actor=actor(), merchant_id=None)


def _refused(refusal: Refusal, what: str) -> ActRefusedError:
    match refusal:
        case Missing():
            return ActRefusedError(f"there is no {what}")
        case Stale():
            return ActRefusedError(f"{what} was changed at this moment: try again")
        case Taken(name=name):
            return ActRefusedError(f"{name} {what!r} is taken")
        case InUse(reason=fault) | Unfit(fault=fault):
            text = ADMINISTRATION_FAULTS[fault][Language.EN]
            return ActRefusedError(f"{text.detail} Expected: {text.expected}")


@asynccontextmanager
async def _administration(settings: Settings) -> AsyncGenerator[Administration, None]:
    from adapters.postgres.administration import Administration

    administration = Administration(settings.database.url)
    await administration.open()
    try:
        yield administration
    finally:
        await administration.close()

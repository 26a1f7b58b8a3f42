"""`merchants`, `product-types` and `clients`, by the stores that are behind the routes.

A client's secret comes alone on the last line, so that a script can take it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cashback_core.administration.brakes import StopFilter
from cashback_core.administration.merchants import MerchantState, NewMerchant
from cashback_core.administration.product_types import NewProductType, NewRate
from cashback_core.administration.resources import Done, Invalid, Missing, Slice
from cashback_core.administration.stops import NewStop
from cashback_core.delivery.brakes import Ceilings
from cashback_core.people.clients import ClientState, NewClient
from cashback_core.sales.effective_dates import BEGINNING, ChangeFault
from cashback_core.sales.same_sale import EqualContent
from cashback_core.values.instants import format_instant
from cashback_core.values.names import NameDifference
from cashback_core.values.rounding import Rounding
from cashback_gateway.commands.operators import ActRefusedError

if TYPE_CHECKING:
    import argparse

    from cashback_core.administration.resources import Refusal
    from cashback_core.people.clients import Issued
    from cashback_gateway.settings.table import Settings


MAX_LISTED: Final = 200
"""Most stops that are listed at once."""


async def add_merchant(settings: Settings, options: argparse.Namespace) -> None:
    """Add a merchant. Raises ActRefusedError and StoreUnavailable."""
    from adapters.postgres.administration.merchants import PostgresMerchants
    from cashback_gateway.commands.as_platform import administration, caller, refused

    state = MerchantState(
        name=options.merchant_name,
        zone=options.zone,
        rounding=Rounding(options.rounding),
        max_sale_age_days=options.max_sale_age_days,
        equal_content=EqualContent(options.equal_content),
        name_difference=NameDifference(options.name_difference),
        ceilings=Ceilings(
            max_cashback_centavos=options.max_cashback_centavos,
            max_day_centavos=options.max_day_centavos,
        ),
    )
    new = NewMerchant(slug=options.slug, state=state)
    async with administration(settings) as opened:
        outcome = await PostgresMerchants(opened).create(caller(), new)
    if not isinstance(outcome, Done):
        raise refused(outcome, f"merchant {options.slug!r}")
    print(f"merchant {options.slug} is there")


async def add_product_type(settings: Settings, options: argparse.Namespace) -> None:
    """Add a product type with its first rate. Raises ActRefusedError and StoreUnavailable."""
    from adapters.postgres.administration.product_types import PostgresProductTypes
    from cashback_gateway.commands.as_platform import administration, caller_for, refused

    new = NewProductType(
        type=options.type,
        name=options.type_name,
        first=NewRate(
            rate_bp=options.rate_bp, starts_at=BEGINNING, confirmed_bp=options.confirm_rate_bp
        ),
    )
    async with administration(settings) as opened:
        by = await caller_for(opened, options.merchant)
        outcome = await PostgresProductTypes(opened).create(by, new)
    if isinstance(outcome, Invalid) and outcome.fault == ChangeFault.UNCONFIRMED:
        raise ActRefusedError(
            "nothing was added: a rate above 20 % is taken only when it is said twice:"
            f" --confirm-rate-bp {options.rate_bp}"
        )
    if not isinstance(outcome, Done):
        raise refused(outcome, f"product type {options.type!r}")
    print(f"product type {options.type} of merchant {options.merchant} pays {options.rate_bp} bp")


async def put_stop_on(settings: Settings, options: argparse.Namespace) -> None:
    """Stop a product type or a merchant. Raises ActRefusedError and StoreUnavailable."""
    from adapters.postgres.administration.stops import PostgresStops
    from cashback_gateway.commands.as_platform import administration, caller, refused

    new = NewStop(
        by=options.by, reason=options.reason, merchant=options.merchant, type=options.type
    )
    async with administration(settings) as opened:
        outcome = await PostgresStops(opened).create(caller(), new)
    if not isinstance(outcome, Done):
        raise refused(outcome, f"stop of {options.type or options.merchant!r}")
    print(f"stopped: what is under way ends, nothing more is sent; stop {outcome.resource.id}")


async def lift_stop(settings: Settings, options: argparse.Namespace) -> None:
    """Lift a stop. Raises ActRefusedError and StoreUnavailable."""
    from adapters.postgres.administration.stops import PostgresStops
    from cashback_gateway.commands.as_platform import administration, caller, refused

    async with administration(settings) as opened:
        outcome = await PostgresStops(opened).lift(
            caller(), options.id, by=options.by, reason=options.reason
        )
    if not isinstance(outcome, Done):
        raise refused(outcome, f"stop {options.id}")
    print("lifted: what waits is sent within seconds")


async def list_stops(settings: Settings, options: argparse.Namespace) -> None:
    """List stops. Raises StoreUnavailable."""
    from adapters.postgres.administration.stops import PostgresStops
    from cashback_gateway.commands.as_platform import administration, caller

    wanted = Slice(sort="stopped_at", descending=True, limit=MAX_LISTED)
    which = StopFilter(merchant=options.merchant, standing=None if options.all else True)
    async with administration(settings) as opened:
        page = await PostgresStops(opened).page(caller(), wanted, which)
    for stop in page.items:
        what = "everything" if stop.type is None else f"type {stop.type}"
        lifted = ""
        if stop.lifted_at is not None:
            at = format_instant(stop.lifted_at)[:19]
            lifted = f"; lifted {at}Z by {stop.lifted_by}: {stop.lift_reason}"
        print(
            f"{stop.id} {what} of {stop.merchant} since {format_instant(stop.stopped_at)[:19]}Z"
            f" by {stop.stopped_by}: {stop.reason}{lifted}"
        )
    if page.more:
        print(f"only the latest {MAX_LISTED}: --merchant tells one merchant's")


async def add_client(settings: Settings, options: argparse.Namespace) -> None:
    """Add an API client. Raises ActRefusedError and StoreUnavailable."""
    from adapters.postgres.administration.clients import PostgresClients
    from cashback_gateway.commands.as_platform import administration, caller

    state = ClientState(name=options.client_name, role=options.role, group=options.group)
    new = NewClient(state=state, merchant=options.merchant)
    async with administration(settings) as opened:
        outcome = await PostgresClients(opened).create(caller(), new)
    _tell_secret(outcome, f"client {options.client_name!r} of merchant {options.merchant!r}")


async def put_into_group(settings: Settings, options: argparse.Namespace) -> None:
    """Put a client into a group. Raises ActRefusedError and StoreUnavailable."""
    from adapters.postgres.administration.clients import PostgresClients
    from cashback_gateway.commands.as_platform import administration, caller, refused

    what = f"client {options.client_id!r}"
    async with administration(settings) as opened:
        clients = PostgresClients(opened)
        present = await clients.find(caller(), options.client_id)
        if present is None:
            raise refused(Missing(), what)
        state = replace(present.state, group=options.group)
        outcome = await clients.replace(caller(), present.id, state, frozenset({present.version}))
    if not isinstance(outcome, Done):
        raise refused(outcome, what)
    whose = outcome.resource.state.group
    print(f"{what} is in {'its own group' if whose is None else f'the group of {whose}'}")


async def rotate_secret(settings: Settings, options: argparse.Namespace) -> None:
    """Give a client a further secret. Raises ActRefusedError and StoreUnavailable."""
    from adapters.postgres.administration.clients import PostgresClients
    from cashback_gateway.commands.as_platform import administration, caller

    overlap = timedelta(seconds=options.overlap)
    async with administration(settings) as opened:
        outcome = await PostgresClients(opened).rotate(caller(), options.client_id, overlap=overlap)
    _tell_secret(outcome, f"client {options.client_id!r}")


async def end_secret(settings: Settings, options: argparse.Namespace) -> None:
    """End one secret of a client now. Raises ActRefusedError and StoreUnavailable."""
    from adapters.postgres.administration.clients import PostgresClients
    from cashback_gateway.commands.as_platform import administration, caller, refused

    async with administration(settings) as opened:
        refusal = await PostgresClients(opened).end_secret(
            caller(), options.client_id, options.number
        )
    what = f"secret {options.number} of client {options.client_id}"
    if refusal is not None:
        raise refused(refusal, f"{what} that is good")
    print(f"{what} is good no more")


def _tell_secret(outcome: Done[Issued] | Refusal, what: str) -> None:
    from cashback_gateway.commands.as_platform import refused

    if not isinstance(outcome, Done):
        raise refused(outcome, what)
    issued = outcome.resource
    print(
        f"client {issued.client.id} ({issued.client.state.name}) of merchant"
        f" {issued.client.merchant}; its secret {issued.number} is told this once:"
    )
    print(issued.secret)

"""`stops`: nothing more is sent of a product type, or of a merchant, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from adapters.postgres.administration.stops import PostgresStops
from cashback_core.administration.brakes import StopFilter
from cashback_core.administration.stops import NewStop
from cashback_gateway.commands.as_platform import administration, all_by, caller, done
from cashback_gateway.commands.parameters import Id, Json, Limit, Signature, Slug
from cashback_gateway.commands.place import Here
from cashback_gateway.commands.tables import TableColumn, listing_of, show_listing

if TYPE_CHECKING:
    from cashback_core.administration.stops import Stop

_COLUMNS: Final = (
    TableColumn("id"),
    TableColumn("merchant"),
    TableColumn("type"),
    TableColumn("stopped_at", "SINCE"),
    TableColumn("stopped_by", "BY"),
    TableColumn("reason", folds=True),
    TableColumn("lifted_at", "LIFTED"),
    TableColumn("lifted_by", "BY"),
    TableColumn("lift_reason", "REASON", folds=True),
)


async def add(
    *,
    merchant: Slug,
    type: Annotated[  # noqa: A002
        str | None, Parameter(help="default: everything of the merchant")
    ] = None,
    signed: Signature,
    here: Here,
) -> None:
    """Stop a product type or a merchant."""
    new = NewStop(by=signed.by, reason=signed.reason, merchant=merchant, type=type)
    async with administration(here) as opened:
        outcome = await PostgresStops(opened).create(caller(), new)
    stop = done(outcome, f"stop of {type or merchant!r}")
    print(f"stopped: what is under way ends, nothing more is sent; stop {stop.id}")


async def lift(stop: Id, /, *, signed: Signature, here: Here) -> None:
    """Lift a stop."""
    async with administration(here) as opened:
        outcome = await PostgresStops(opened).lift(
            caller(), stop, by=signed.by, reason=signed.reason
        )
    done(outcome, f"stop {stop}")
    print("lifted: what waits is sent within seconds")


async def list_all(
    *,
    all_: Annotated[bool, Parameter(name="--all", help="those that were lifted, too")] = False,
    merchant: Annotated[Slug | None, Parameter(help="default: every merchant")] = None,
    limit: Limit = 200,
    json: Json = False,
    here: Here,
) -> None:
    """List stops."""
    wanted = all_by("stopped_at", descending=True)
    which = StopFilter(merchant=merchant, standing=None if all_ else True)
    async with administration(here) as opened:
        page = await PostgresStops(opened).page(caller(), wanted, which)
    records = [*map(_stop, page.items)]
    show_listing(listing_of(records, _COLUMNS, limit=limit, more=page.more), as_json=json)


def _stop(one: Stop) -> dict[str, object]:
    return {
        "id": one.id,
        "merchant": one.merchant,
        "type": one.type or "everything",
        "stopped_at": one.stopped_at,
        "stopped_by": one.stopped_by,
        "reason": one.reason,
        "lifted_at": one.lifted_at,
        "lifted_by": one.lifted_by,
        "lift_reason": one.lift_reason,
    }

"""`product-types`: what a merchant sells, by the sort that pays."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from adapters.postgres.administration.product_types import PostgresProductTypes
from cashback_core.administration.product_types import TYPE, NewProductType
from cashback_core.administration.resources import Invalid
from cashback_core.sales.effective_dates import BEGINNING, ChangeFault
from cashback_core.sales.programme import MAX_RATE_BP, NewRate
from cashback_gateway.commands.as_platform import administration, caller_for, done
from cashback_gateway.commands.parameters import ResourceName, Slug
from cashback_gateway.commands.place import Here
from cashback_gateway.commands.readers import matching, whole_from
from cashback_gateway.commands.refusals import ActRefusedError, WrongUseError

_TYPE = matching(TYPE, "1 to 32 of A-Z a-z 0-9 . _ -: it is no product type", "as sales name it")


async def add(
    product_type: Annotated[str, _TYPE, Parameter(name="type")],
    /,
    *,
    merchant: Slug,
    rate_bp: Annotated[
        int | None,
        whole_from(
            0,
            MAX_RATE_BP,
            "basis points of cashback, 500 for 5 %; for sales of any time until the next rate",
        ),
    ] = None,
    excluded: Annotated[
        bool, Parameter(negative="", help="its sales are recorded, and earn nothing")
    ] = False,
    confirm_rate_bp: Annotated[
        int | None, whole_from(0, MAX_RATE_BP, "the same once more, for a rate above 20 %")
    ] = None,
    name: Annotated[ResourceName | None, Parameter(help="what people call it")] = None,
    here: Here,
) -> None:
    """Add a product type with its first rate."""
    if (rate_bp is None) is not excluded:
        raise WrongUseError("a rate or an exclusion: say either --rate-bp or --excluded")
    first = NewRate(
        rate_bp=rate_bp or 0,
        starts_at=BEGINNING,
        confirmed_bp=confirm_rate_bp,
        excluded=excluded,
    )
    new = NewProductType(type=product_type, name=name, first=first)
    async with administration(here) as opened:
        by = await caller_for(opened, merchant)
        outcome = await PostgresProductTypes(opened).create(by, new)
    if isinstance(outcome, Invalid) and outcome.fault == ChangeFault.UNCONFIRMED:
        raise ActRefusedError(
            "nothing was added: a rate above 20 % is taken only when it is said twice:"
            f" --confirm-rate-bp {rate_bp}"
        )
    done(outcome, f"product type {product_type!r}")
    pays = "is excluded: it earns nothing" if excluded else f"pays {rate_bp} bp"
    print(f"product type {product_type} of merchant {merchant} {pays}")

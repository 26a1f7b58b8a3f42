"""The acts beside what every resource of the catalogue takes: rates and types are announced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.http.catalogue.product_types import NEXT_RATE, PRODUCT_TYPES, RateList
from adapters.http.catalogue.products import NEXT_TYPE, PRODUCTS
from adapters.http.openapi.parts import Operation, Success, parameter
from adapters.http.openapi.resources import (
    ANSWERED,
    CREATED,
    EVERY,
    IF_MATCH,
    WRITE,
    address_parameter,
    reading,
)
from adapters.http.wire import fresh

if TYPE_CHECKING:
    from typing import Any

    from adapters.http.resources.resource import Resource
    from adapters.http.wire.fields import Schema

_VERSION: Final = parameter(
    "version", "path", "The number of the change.", {"type": "integer", "minimum": 1}
)


def _announced(
    id_: str, of: Resource[Any, Any, Any, Any, Any], what: str, body: str, example: object
) -> Operation:
    shape = of.answer.shape.__name__
    return Operation(
        id=id_,
        tag=of.says.tag,
        summary=f"Announce the next {what} of {of.says.one}",
        description="It starts at least 10 minutes from now and after every other; what has begun"
        " never changes. Without an offset the instant is in the merchant's own time.",
        parameters=(address_parameter(of.key),),
        body=body,
        example=example,
        successes={201: Success(schema=shape, description="Announced.", headers=CREATED)},
        problems=(*WRITE, "not_found"),
    )


def _withdrawn(id_: str, of: Resource[Any, Any, Any, Any, Any], what: str) -> Operation:
    shape = of.answer.shape.__name__
    return Operation(
        id=id_,
        tag=of.says.tag,
        summary=f"Take the latest {what} of {of.says.one} back",
        description="Until 10 minutes before its start, and the latest one only.",
        parameters=(address_parameter(of.key), _VERSION, IF_MATCH),
        successes={200: Success(schema=shape, description="As it is now.", headers=ANSWERED)},
        problems=(*EVERY, "not_found", "precondition_required", "precondition_failed", "in_use"),
    )


_RATE: Final = {"rate_bp": 700, "starts_at": fresh.STARTS_AT}
_TYPE: Final = {"type": "B", "starts_at": fresh.STARTS_AT}

CATALOGUE_SHAPES: Final = (RateList,)
CATALOGUE_BODIES: Final[dict[str, Schema]] = {
    "RateInput": NEXT_RATE.schema(),
    "TypeInput": NEXT_TYPE.schema(),
}
CATALOGUE: Final[dict[tuple[str, str], Operation]] = {
    ("get", f"{PRODUCT_TYPES.one}/rates"): reading(
        "listRates",
        PRODUCT_TYPES.says.tag,
        "a product type's rates",
        "RateList",
        address_parameter(PRODUCT_TYPES.key),
    ),
    ("post", f"{PRODUCT_TYPES.one}/rates"): _announced(
        "addRate", PRODUCT_TYPES, "rate", "RateInput", _RATE
    ),
    ("delete", f"{PRODUCT_TYPES.one}/rates/{{version}}"): _withdrawn(
        "withdrawRate", PRODUCT_TYPES, "rate"
    ),
    ("post", f"{PRODUCTS.one}/types"): _announced("addType", PRODUCTS, "type", "TypeInput", _TYPE),
    ("delete", f"{PRODUCTS.one}/types/{{version}}"): _withdrawn("withdrawType", PRODUCTS, "type"),
}
"""By method and path."""

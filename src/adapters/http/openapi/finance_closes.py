"""The operations of closed days."""

from __future__ import annotations

from typing import Final

from adapters.http.finance.closes import KEYS_PATH, PATH
from adapters.http.openapi.parts import ANY, CURSOR, LIMIT, Operation, Success, parameter
from adapters.http.openapi.resources import EVERY

_DAY: Final = parameter(
    "day", "path", "The day, by the merchant's zone.", {"type": "string", "format": "date"}
)

CLOSES: Final[dict[tuple[str, str], Operation]] = {
    ("get", PATH): Operation(
        id="listCloses",
        tag="Finance",
        summary="List closed days, latest first",
        description="For the platform's administrators those of the provider's account. A day is"
        " closed at the earliest ten minutes after its end, and once nothing is under way that"
        " began before it; nothing is ever moved into it afterwards.",
        parameters=(LIMIT, CURSOR),
        successes={200: Success(schema="ClosedDayPage", description="A page of closed days.")},
        problems=(*EVERY, "invalid_query"),
    ),
    ("get", f"{PATH}/{{day}}"): Operation(
        id="readClose",
        tag="Finance",
        summary="Read a closed day's signed document",
        description="Byte for byte as it was signed: what was owed, what moved, by state, type and"
        " store, and the hash of the close before it. `python -m cashback_core.verify` verifies it"
        " without us.",
        parameters=(_DAY,),
        successes={200: Success(schema="CloseDocument", description="The document.")},
        problems=(*EVERY, "not_found"),
    ),
    ("get", f"{PATH}/{{day}}/lines"): Operation(
        id="readCloseLines",
        tag="Finance",
        summary="Read a closed day's lines",
        description="Every move of a cashback that day, a line each, in the order and the bytes"
        " that the close has the hash of. Who bought is an HMAC. What breaks in the middle ends"
        " without the last chunk: then it is not whole.",
        parameters=(_DAY,),
        successes={
            200: Success(description="The lines, JSON Lines.", streamed=("application/jsonl",))
        },
        problems=(*EVERY, "not_found"),
    ),
    ("get", KEYS_PATH): Operation(
        id="closeKeys",
        tag="Finance",
        summary="The public keys of closed days",
        description="Every key that closes were ever signed with. Keep what you were sent first: a"
        " file that comes beside the closes proves nothing by itself.",
        secured=False,
        successes={200: Success(schema="CloseKeys", description="The keys, canonical JSON.")},
        problems=(*ANY, "unavailable"),
    ),
}
"""By method and path."""

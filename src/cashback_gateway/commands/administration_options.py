"""The command line's words for merchants, their product types and API clients."""

from __future__ import annotations

import argparse
import re
import unicodedata
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import UUID

from cashback_core.administration.merchants import (
    DEFAULT_MAX_SALE_AGE_DAYS,
    MAX_SALE_AGE_DAYS,
    SLUG,
)
from cashback_core.administration.product_types import TYPE
from cashback_core.delivery.brakes import MAX_CASHBACK_CEILING, MAX_DAY_CEILING
from cashback_core.people.clients import CLIENT_ID, CLIENT_ROLES, DEFAULT_OVERLAP_S, MAX_OVERLAP_S
from cashback_core.sales.programme import MAX_RATE_BP
from cashback_core.sales.same_sale import EqualContent
from cashback_core.values.names import NameDifference
from cashback_core.values.reasons import is_plain_text
from cashback_core.values.rounding import Rounding
from cashback_core.values.zones import is_zone_name
from cashback_gateway.commands import administration as commands
from cashback_gateway.commands.operator_options import add_signature

if TYPE_CHECKING:
    from cashback_gateway.commands.operator_options import Add

MAX_NAME_CHARS: Final = 120
_GROUP: Final = "the client whose own group it is, be it deleted; by default itself"


def declare_merchants(add: Add) -> None:
    """Add the commands of merchants."""
    added = add("add", commands.add_merchant, "add a merchant")
    added.add_argument("slug", type=_slug, metavar="SLUG", help="its address, for ever")
    added.add_argument(
        "--name", dest="merchant_name", type=_name, required=True, help="what it is called"
    )
    added.add_argument(
        "--zone", type=_zone, default="America/Sao_Paulo", help="default: %(default)s"
    )
    added.add_argument(
        "--rounding",
        choices=[rounding.value for rounding in Rounding],
        default=Rounding.HALF_EVEN.value,
        help="default: %(default)s",
    )
    added.add_argument(
        "--max-sale-age-days",
        type=_days,
        default=DEFAULT_MAX_SALE_AGE_DAYS,
        metavar="N",
        help="default: %(default)s",
    )
    for name, highest, what in (
        ("--max-cashback-centavos", MAX_CASHBACK_CEILING, "a cashback of more is held"),
        ("--max-day-centavos", MAX_DAY_CEILING, "what would be more in a day is held"),
    ):
        added.add_argument(
            name, type=partial(_whole, lowest=0, highest=highest), metavar="N", help=what
        )
    added.add_argument(
        "--equal-content",
        choices=[choice.value for choice in EqualContent],
        default=EqualContent.SALE_ID.value,
        help="which sales may have the content of a recorded one; default: %(default)s",
    )
    added.add_argument(
        "--name-difference",
        choices=[wanted.value for wanted in NameDifference],
        default=NameDifference.REFUSE.value,
        help="a sale whose CPF is known under another name; default: %(default)s",
    )


def declare_product_types(add: Add) -> None:
    """Add the command of product types."""
    added = add("add", commands.add_product_type, "add a product type with its first rate")
    added.add_argument("type", type=_type, metavar="TYPE", help="as sales name it")
    added.add_argument("--merchant", type=_slug, required=True, metavar="SLUG")
    added.add_argument(
        "--rate-bp",
        type=_rate,
        required=True,
        metavar="N",
        help="basis points of cashback, 500 for 5 %%; for sales of any time until the next rate",
    )
    added.add_argument(
        "--confirm-rate-bp",
        type=_rate,
        metavar="N",
        help="the same once more, for a rate above 20 %%",
    )
    added.add_argument("--name", dest="type_name", type=_name, help="what people call it")


def declare_stops(add: Add) -> None:
    """Add the commands of stops."""
    put_on = add(
        "add", commands.put_stop_on, "send nothing of a product type, or of a merchant, from now on"
    )
    put_on.add_argument("--merchant", type=_slug, required=True, metavar="SLUG")
    put_on.add_argument("--type", metavar="TYPE", help="default: everything of the merchant")
    add_signature(put_on)
    lifted = add("lift", commands.lift_stop, "send what a stop held back")
    lifted.add_argument("id", type=UUID, metavar="ID", help="the stop's id")
    add_signature(lifted)
    listed = add("list", commands.list_stops, "list the stops that stand, latest first")
    listed.add_argument("--all", action="store_true", help="those that were lifted, too")
    listed.add_argument("--merchant", type=_slug, metavar="SLUG", help="default: every merchant")


def declare_clients(add: Add) -> None:
    """Add the commands of API clients."""
    added = add("add", commands.add_client, "add an API client, its secret alone on the last line")
    added.add_argument("client_name", type=_name, metavar="NAME", help="what it is called")
    added.add_argument("--merchant", type=_slug, required=True, metavar="SLUG")
    added.add_argument("--role", choices=CLIENT_ROLES, default="erp", help="default: %(default)s")
    added.add_argument("--group", type=_client_id, metavar="GROUP-ID", help=_GROUP)
    grouped = add(
        "group", commands.put_into_group, "put it into a group: what it reads, and sends under"
    )
    grouped.add_argument("client_id", metavar="ID", help="cli_…")
    grouped.add_argument("group", type=_client_id, metavar="GROUP-ID", help=_GROUP)
    rotated = add(
        "rotate", commands.rotate_secret, "give it a further secret, alone on the last line"
    )
    rotated.add_argument("client_id", metavar="ID", help="cli_…")
    rotated.add_argument(
        "--overlap",
        type=_seconds,
        default=DEFAULT_OVERLAP_S,
        metavar="S",
        help="how long the present secret is good yet; default: %(default)s s",
    )

    ended = add("end-secret", commands.end_secret, "end one secret now, with its tokens")
    ended.add_argument("client_id", metavar="ID", help="cli_…")
    ended.add_argument("number", type=_number, metavar="NUMBER", help="which of its secrets")


def _client_id(text: str) -> str:
    if CLIENT_ID.match(text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no client's id: cli_ and 22 characters")
    return text


def _type(text: str) -> str:
    if TYPE.match(text) is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no product type: 1 to 32 of A-Z a-z 0-9 . _ -"
        )
    return text


def _slug(text: str) -> str:
    if SLUG.match(text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no slug: 1 to 63 of a-z 0-9 -")
    return text


def _name(text: str) -> str:
    name = unicodedata.normalize("NFC", text).strip()
    if not is_plain_text(name, MAX_NAME_CHARS):
        raise argparse.ArgumentTypeError(f"a name has 1 to {MAX_NAME_CHARS} printable characters")
    return name


def _zone(text: str) -> str:
    if not is_zone_name(text):
        raise argparse.ArgumentTypeError(f"the IANA database has no time zone {text!r}")
    return text


def _rate(text: str) -> int:
    return _whole(text, 0, MAX_RATE_BP)


def _days(text: str) -> int:
    return _whole(text, 1, MAX_SALE_AGE_DAYS)


def _number(text: str) -> int:
    return _whole(text, 1, 999_999_999)


def _seconds(text: str) -> int:
    return _whole(text, 0, MAX_OVERLAP_S)


def _whole(text: str, lowest: int, highest: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) or not lowest <= int(text) <= highest:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, {lowest} to {highest}")
    return int(text)

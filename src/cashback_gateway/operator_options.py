"""The command line's words for operators' acts: names, choices, and what each value must be."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from cashback_core.delivery import DONE, Status
from cashback_core.documents import Cpf, InvalidDocument
from cashback_core.instants import NoSuchInstant, NotAnInstant, parse_bound
from cashback_core.messages import SOLD_AT, Language
from cashback_core.operating import (
    MAX_NAME_CHARS,
    MAX_REASON_CHARS,
    ActKind,
    goes_with,
    is_plain_text,
)
from cashback_core.same_sale import EqualOutcome
from cashback_gateway import operator_commands as commands

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cashback_gateway.operator_commands import Operate

    Add = Callable[[str, Operate, str], argparse.ArgumentParser]

ZONE: Final = "America/Sao_Paulo"
OPEN: Final = tuple(status for status in Status if status not in DONE)
RESENDABLE: Final = goes_with(ActKind.RESEND)


def declare(add: Add) -> None:
    """Add the commands; `add(name, operate, what)` makes the parser of each."""
    listed = add("open", commands.list_open, "list what waits for somebody, oldest first, and why")
    listed.add_argument("--status", choices=OPEN, metavar="S", help="|".join(OPEN))
    listed.add_argument("--limit", type=_count, default=100, help="default: %(default)s")
    _add_merchant(listed)
    equals = add(
        "equals", commands.list_equals, "list sales of equal content, latest first, with both tries"
    )
    equals.add_argument("--outcome", choices=[outcome.value for outcome in EqualOutcome])
    equals.add_argument("--limit", type=_count, default=100, help="default: %(default)s")
    _add_merchant(equals)
    resend = add("resend", commands.resend, "send a held, rejected or doubtful cashback again")
    _add_id(resend)
    _add_risk(resend)
    _add_signature(resend)
    many = add(
        "resend-many", commands.resend_many, "count what a filter means; --expect N sends it again"
    )
    many.add_argument(
        "--status",
        action="append",
        required=True,
        choices=RESENDABLE,
        metavar="S",
        help=f"{'|'.join(RESENDABLE)}, more than once for several",
    )
    many.add_argument("--document", type=_cpf, metavar="CPF", help="only this customer's")
    for name, read, words in (
        ("--sold-from", _from, "or a day, YYYY-MM-DD, from its start"),
        ("--sold-to", _to, "or a day, to its end"),
    ):
        help_ = f"{words}; without an offset: in {ZONE}"
        many.add_argument(name, type=read, metavar="INSTANT", help=help_)
    many.add_argument("--expect", type=_count, metavar="N", help="the count that was looked at")
    _add_merchant(many)
    _add_risk(many)
    _add_signature(many, required=False)
    cancel = add("cancel", commands.cancel, "end a pending, held or rejected cashback unpaid")
    _add_id(cancel)
    _add_signature(cancel)
    resolve = add(
        "resolve", commands.resolve, "say on the provider's evidence what became of one in doubt"
    )
    _add_id(resolve)
    resolve.add_argument("became", choices=("applied", "rejected"))
    _add_signature(resolve)


def declare_sender(add: Add) -> None:
    """Add the commands of the sender's switch."""
    add("status", commands.sender_status, "tell whether anything is sent")
    _add_signature(
        add("pause", commands.sender_pause, "send nothing, for any merchant, until released")
    )
    _add_signature(add("release", commands.sender_release, "send again what waits"))


def _add_id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", type=UUID, metavar="ID", help="the cashback's id")


def _add_merchant(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--merchant", metavar="SLUG", help="default: every merchant")


def _add_risk(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--accept-risk", action="store_true", help="those in doubt may be paid a second time"
    )


def _add_signature(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    parser.add_argument("--reason", type=_reason, required=required, help="kept for ever")
    parser.add_argument(
        "--as", dest="by", type=_name, required=required, metavar="NAME", help="who does it"
    )


def _reason(text: str) -> str:
    if not is_plain_text(text.strip(), MAX_REASON_CHARS):
        raise argparse.ArgumentTypeError(f"a reason has 1 to {MAX_REASON_CHARS} characters")
    return text.strip()


def _name(text: str) -> str:
    if not is_plain_text(text, MAX_NAME_CHARS):
        raise argparse.ArgumentTypeError(f"a name has 1 to {MAX_NAME_CHARS} characters")
    return text


def _cpf(text: str) -> Cpf:
    try:
        return Cpf.parse(text)
    except InvalidDocument as error:
        raise argparse.ArgumentTypeError("not a CPF") from error


def _from(text: str) -> datetime:
    return _bound(text, end=False)


def _to(text: str) -> datetime:
    return _bound(text, end=True)


def _bound(text: str, *, end: bool) -> datetime:
    try:
        return parse_bound(text, ZoneInfo(ZONE), end=end)
    except (NotAnInstant, NoSuchInstant) as error:
        wanted = f"not YYYY-MM-DD or {SOLD_AT[Language.EN]}, or it does not exist"
        raise argparse.ArgumentTypeError(wanted) from error


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)

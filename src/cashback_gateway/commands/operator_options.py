"""The command line's words for operators' acts: names, choices, and what each value must be."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from cashback_core.delivery.states import DONE, Status
from cashback_core.operators.acts import ActKind, goes_with
from cashback_core.reconciliation.findings import NEED_A_PERSON, FindingClass
from cashback_core.sales.same_sale import EqualOutcome
from cashback_core.values.documents import Cpf, InvalidDocument
from cashback_core.values.instants import NoSuchInstant, NotAnInstant, parse_bound
from cashback_core.values.reasons import MAX_NAME_CHARS, is_plain_text, refuse_reason
from cashback_core.words.locales import ENGLISH, phrase
from cashback_gateway.commands import incidents as incident_commands
from cashback_gateway.commands import operators as commands

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cashback_gateway.commands.operators import Operate

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
    paid = add(
        "by-rate",
        commands.list_by_rate,
        "list what a version of a type's rate paid, or is to pay, latest first",
    )
    paid.add_argument("type", metavar="TYPE", help="the product type")
    paid.add_argument("version", type=_count, metavar="VERSION", help="the rate's, from 1")
    paid.add_argument("--status", choices=tuple(Status), metavar="S", help="|".join(Status))
    paid.add_argument("--limit", type=_count, default=100, help="default: %(default)s")
    paid.add_argument("--merchant", required=True, metavar="SLUG")
    resend = add("resend", commands.resend, "send a held, rejected or doubtful cashback again")
    _add_id(resend)
    _add_risk(resend)
    add_signature(resend)
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
    many.add_argument(
        "--above-ceiling",
        action="store_true",
        help="what a ceiling holds, too; without it that is released one by one",
    )
    many.add_argument("--expect", type=_count, metavar="N", help="the count that was looked at")
    _add_merchant(many)
    _add_risk(many)
    add_signature(many, required=False)
    cancel = add("cancel", commands.cancel, "end a pending, held or rejected cashback unpaid")
    _add_id(cancel)
    _add_risk(cancel)
    add_signature(cancel)
    resolve = add(
        "resolve",
        commands.resolve,
        "say on the provider's evidence what became of one in doubt, or that one is credited",
    )
    _add_id(resolve)
    resolve.add_argument("became", choices=("applied", "rejected"))
    add_signature(resolve)
    back = add(
        "take-back", commands.take_back, "call doubtful again what another operator has marked"
    )
    _add_id(back)
    _add_risk(back)
    add_signature(back)
    _declare_incidents(add)


def _declare_incidents(add: Add) -> None:
    listed = add(
        "incidents",
        incident_commands.list_incidents,
        "list what the provider's statement tells and nothing explains, oldest first",
    )
    classes = "|".join(sorted(NEED_A_PERSON | {FindingClass.DOUBT_UNDECIDED}))
    listed.add_argument(
        "--class", dest="cls", choices=tuple(FindingClass), metavar="C", help=classes
    )
    listed.add_argument("--all", action="store_true", help="those that have ended, too")
    listed.add_argument("--limit", type=_count, default=100, help="default: %(default)s")
    _add_merchant(listed, "default: every merchant, and what is nobody's")
    explain = add(
        "explain",
        incident_commands.explain,
        "say what an incident is; it is remembered for every later statement",
    )
    explain.add_argument("id", type=UUID, metavar="INCIDENT", help="the incident's id")
    meaning = explain.add_mutually_exclusive_group(required=True)
    meaning.add_argument("--foreign", action="store_true", help="the line is no credit of ours")
    meaning.add_argument(
        "--ours", type=UUID, metavar="CASHBACK", help="the line is the credit of this cashback"
    )
    meaning.add_argument(
        "--known-absent",
        action="store_true",
        help="the cashback is applied, on no statement, and that is known",
    )
    explain.add_argument("--dry-run", action="store_true", help="only tell what would be done")
    _add_risk(explain)
    add_signature(explain)


def declare_sender(add: Add) -> None:
    """Add the commands of the sender's switch."""
    add("status", commands.sender_status, "tell whether anything is sent")
    add_signature(
        add("pause", commands.sender_pause, "send nothing, for any merchant, until released")
    )
    add_signature(add("release", commands.sender_release, "send again what waits"))


def _add_id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", type=UUID, metavar="ID", help="the cashback's id")


def _add_merchant(
    parser: argparse.ArgumentParser, default: str = "default: every merchant"
) -> None:
    parser.add_argument("--merchant", metavar="SLUG", help=default)


def _add_risk(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--accept-risk",
        action="store_true",
        help="what may be paid already may be paid again, or be called unpaid",
    )


def add_signature(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Add the options of whoever acts: a reason, and a name."""
    parser.add_argument("--reason", type=_reason, required=required, help="kept for ever")
    parser.add_argument(
        "--as",
        "--by",
        dest="by",
        type=_name,
        required=required,
        metavar="NAME",
        help="who does it",
    )


def _reason(text: str) -> str:
    try:
        refuse_reason(text.strip())
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
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
        wanted = f"not YYYY-MM-DD or {phrase(ENGLISH, 'instant')}, or it does not exist"
        raise argparse.ArgumentTypeError(wanted) from error


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)

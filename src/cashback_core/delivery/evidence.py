"""What one call to the provider left behind, and what it means for the money.

Exception classes do not tell a processed request from an unprocessed one: a reset or a
disconnect comes both ways. Two facts do: was a byte of the request sent, and did a status
line arrive. A client reports those as `Evidence`; `classify` turns them into an `Outcome`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, cast

from cashback_core.delivery.failed_answers import failure_told
from cashback_core.values.documents import Cpf, mask
from cashback_core.values.money import InvalidMoney, parse_centavos

MAX_BODY_BYTES: Final = 64 * 1024
"""Most bytes of a provider's answer that are read and kept."""

MAX_TEXT_CHARS: Final = 200
"""Longest provider text (id, message, createdAt) that a record repeats."""


class Phase(StrEnum):
    """How far a call went."""

    NOTHING_SENT = "nothing_sent"
    """No byte of the request reached the operating system."""
    SENT = "sent"
    """At least one byte may have left; no status line came back."""
    STATUS_SEEN = "status_seen"
    """A status line arrived, whatever became of the headers and the body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a client saw of one call.

    `status_code` is set exactly when the phase is STATUS_SEEN. `body` holds what arrived of
    the raw body, at most `MAX_BODY_BYTES`; `reason` is a short English phrase for operators
    ("connection refused", "deadline", "body cut short"). `retry_after_s` is the answer's
    Retry-After in seconds, unclamped. Times are seconds since the call began.
    """

    phase: Phase
    status_code: int | None = None
    body: bytes = field(default=b"", repr=False)  # it may repeat the customer's document
    reason: str = ""
    retry_after_s: float | None = None
    connected_s: float | None = None
    sent_s: float | None = None
    ended_s: float = 0.0

    def __post_init__(self) -> None:
        if (self.phase is Phase.STATUS_SEEN) != (self.status_code is not None):
            raise ValueError("a status code belongs to STATUS_SEEN and to no other phase")
        if len(self.body) > MAX_BODY_BYTES:
            raise ValueError(f"a body of more than {MAX_BODY_BYTES} bytes")


@dataclass(frozen=True, slots=True)
class NeverSent:
    """The provider cannot have seen the request: send again after a backoff."""


@dataclass(frozen=True, slots=True)
class Applied:
    """The provider said 201: the customer is paid."""


@dataclass(frozen=True, slots=True)
class RefusedForNow:
    """The provider asked to come back later (429, 425)."""

    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider will not take this request, ever: a person must look."""


@dataclass(frozen=True, slots=True)
class Misconfigured:
    """The fault is in our address, credentials or method; every request would fare alike."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Paid or not, nobody here can tell. Never sent again without proof.

    `incident` tells what somebody must be told at once, such as a 201 for another customer.
    """

    incident: str | None = None


@dataclass(frozen=True, slots=True)
class OwnError:
    """Our own code could not make the request: nothing was sent, and trying on may not help."""


Outcome = NeverSent | Applied | RefusedForNow | Refused | Misconfigured | Unknown | OwnError

_REFUSED_FOR_NOW: Final = frozenset({425, 429})
_REFUSED: Final = frozenset({400, 413, 414, 415, 422, 451})
_MISCONFIGURED: Final = frozenset({401, 403, 404, 405, 406, 407, 410, 411, 426, 431, 501, 505})

_NO_DOCUMENT: Final = 10**20
"""Beyond any document that is told as a number."""

_MASKED: Final = re.compile(r"[*#\u2022]|[xX]{2}")


def classify(evidence: Evidence, *, document: str, cashback_centavos: int) -> Outcome:
    """What the evidence of one call means."""
    code = evidence.status_code
    if code is None:
        return NeverSent() if evidence.phase is Phase.NOTHING_SENT else Unknown()
    if code == 201:
        body = _json(evidence.body)
        incident = _foreign_echo(body, document, cashback_centavos) or _failure(body)
        return Applied() if incident is None else Unknown(incident)
    return _not_created(code, evidence.retry_after_s)


def _not_created(code: int, retry_after_s: float | None) -> Outcome:
    if code in _REFUSED_FOR_NOW:
        return RefusedForNow(retry_after_s)
    if code in _REFUSED:
        return Refused()
    if code in _MISCONFIGURED:
        return Misconfigured()
    return Unknown()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderAnswer:
    """The provider's answer as a record repeats it; the raw body stays with the attempt.

    The provider's documented example answers `"id": "NaN"`, so an id is a text and never unique.
    """

    status_code: int
    id: str | None = None
    message: str | None = None
    created_at: str | None = None


def read_answer(evidence: Evidence) -> ProviderAnswer | None:
    """The readable parts of an answer; None when no status line came."""
    if evidence.status_code is None:
        return None
    fields = _object(_json(evidence.body))
    return ProviderAnswer(
        status_code=evidence.status_code,
        id=_text(fields.get("id")),
        message=_text(fields.get("message")),
        created_at=_text(fields.get("createdAt")),
    )


def _failure(body: object) -> str | None:
    """Why a 201 may have paid nobody: its body says that it failed."""
    if not isinstance(body, dict | list):
        return None
    told = failure_told(cast("dict[str, object] | list[object]", body))
    return None if told is None else f"201 that says it failed: {told}"


def _foreign_echo(body: object, document: str, cashback_centavos: int) -> str | None:
    """Why a 201 may belong to another payment; None when its body is ours, odd or broken."""
    fields = _object(body)
    other = _other_document(fields.get("document"), document)
    if other is not None:
        return f"201 for another document: {mask(other)}"
    amount = fields.get("cashback")
    if amount is not None:
        try:
            centavos = parse_centavos(amount)
        except InvalidMoney:
            return None
        if centavos != cashback_centavos:
            return f"201 for another amount: {centavos} centavos instead of {cashback_centavos}"
    return None


def _other_document(echoed: object, document: str) -> str | None:
    """What an answer echoes instead of a document; None where that is ours, masked or odd.

    A CPF is given back in many spellings, so only eleven other digits are another one. Whatever
    else was asked for, a provider that knows CPFs alone may cut or map: it comes back whole, or it
    is another.
    """
    if echoed == document:  # nearly always
        return None
    asked = _plain(document)
    if isinstance(echoed, int) and not isinstance(echoed, bool) and 0 < echoed < _NO_DOCUMENT:
        echoed = str(echoed).zfill(len(asked))  # a number has lost its leading zeros
    if not isinstance(echoed, str):
        return None
    if Cpf.is_valid(document):
        digits = "".join(c for c in echoed if c in "0123456789")
        return digits if len(digits) == len(document) and digits != document else None
    told = _plain(echoed)
    masked = _MASKED.search(echoed) is not None and _MASKED.search(document) is None
    return None if masked or told in {"", asked} else told


def _plain(document: str) -> str:
    """Its letters and digits, in capitals."""
    return "".join(c for c in document.upper() if c.isascii() and c.isalnum())


def _json(body: bytes) -> object:
    import json  # only a deliverer needs it

    try:
        # Decoded by hand: given bytes, json would guess UTF-16 and UTF-32 as well.
        value: object = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return value


def _object(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    """A short printable text: PostgreSQL refuses NUL, terminals obey escapes."""
    if value is None or isinstance(value, dict | list):
        return None
    import json

    text = (value if isinstance(value, str) else json.dumps(value))[:MAX_TEXT_CHARS]
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)

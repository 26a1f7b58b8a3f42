"""A day's lines: every event of a merchant's day, one JSON object a line, in one order.

The file begins with its head, which says whose and which day it is. Then come the events by their
instant, then cashback, then sequence, each in canonical JSON and ended by a line feed. Its SHA-256
is that of its bytes, and stands in the close.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from cashback_core.closing.canonical import (
    HASH,
    MAX_INTEGER,
    NotCanonical,
    canonical_text,
    instant_text,
    read_day,
    read_instant,
    told,
)
from cashback_core.closing.movements import movements_of
from cashback_core.closing.reading import (
    decoded,
    integer,
    integers,
    members,
    status,
    text,
    text_or_none,
)
from cashback_core.delivery.states import Status
from cashback_core.sales.place import PLACE
from cashback_core.values.instants import refuse_naive

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

LINES_FORMAT: Final = "cashback-lines/1"
MAX_LINE_BYTES: Final = 1024 * 1024
"""The longest line that is read; a sale has far fewer types."""

SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\Z", re.ASCII)
TYPE: Final = re.compile(r"[!-~]{1,32}\Z", re.ASCII)

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.ASCII)
_HEAD: Final = frozenset({"day", "format", "number", "owner"})
_LINE: Final = frozenset(
    {"at", "cashback", "sequence", "from", "to", "centavos", "person", "store"}
)
_MAY: Final = frozenset({"types"})

_COUNT: Final = "0|[1-9][0-9]{0,15}"
_PLAIN: Final = r"[!#-\[\]-~]{1,32}"  # of visible ASCII what is spelled as itself
_AS_WRITTEN: Final = re.compile(
    r'\{"at":"([0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\.[0-9]{6}Z)"'
    r',"cashback":"([0-9a-f-]{36})"'
    rf',"centavos":({_COUNT}),"from":(?:null|"([a-z_]+)"),"person":(?:null|"([0-9a-f]{{64}})")'
    rf',"sequence":({_COUNT}),"store":(?:null|"({_PLAIN})"),"to":"([a-z_]+)"'
    rf'(?:,"types":\{{("{_PLAIN}":(?:{_COUNT})(?:,"{_PLAIN}":(?:{_COUNT}))*)\}})?\}}\n\Z',
    re.ASCII,
)
"""A line in its one spelling, but for a store or a type with a quote or a backslash."""
_PART: Final = re.compile(rf'"({_PLAIN})":({_COUNT})', re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesHead:
    """Whose day the lines are of: a merchant by its slug, the close's number, the day."""

    owner: str
    number: int
    day: date

    def __post_init__(self) -> None:
        if SLUG.match(self.owner) is None:
            raise ValueError("a day's lines are of a merchant, named by its slug")
        if not 1 <= self.number <= MAX_INTEGER:
            raise ValueError("closes are numbered from 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLine:
    """One event of a cashback: how it moved, what it is worth in centavos, whose and where it is.

    `cashback` is its id as a UUID is written, in small letters. `person` is `persons.person_of` of
    who bought, None for nobody and for who was erased before the day was closed; who is erased
    later stays what they were, and the salt is gone. `types` are the cashback's centavos by
    product type, and exactly a line that moves what is owed (`movements_of`) has them.
    """

    at: datetime
    cashback: str
    sequence: int
    from_status: Status | None
    to_status: Status
    centavos: int
    person: str | None = None
    store: str | None = None
    types: Mapping[str, int] = field(default_factory=dict[str, int])

    def __post_init__(self) -> None:
        refuse_naive(self.at, "when a cashback moved")
        if _UUID.match(self.cashback) is None:
            raise ValueError("a cashback is named by its id, a UUID in small letters")
        if not 1 <= self.sequence <= MAX_INTEGER or not 0 <= self.centavos <= MAX_INTEGER:
            raise ValueError("a cashback's events count from 1, its centavos are never below 0")
        if self.person is not None and HASH.match(self.person) is None:
            raise ValueError("a person is an HMAC, in hexadecimal digits")
        if self.store is not None and PLACE.match(self.store) is None:
            raise ValueError("a store has 1 to 32 visible ASCII characters")
        self._refuse_types()

    def _refuse_types(self) -> None:
        moves = bool(movements_of(self.from_status, self.to_status))
        if moves != bool(self.types):
            raise ValueError("a line that moves what is owed tells it by type, and no other does")
        if not moves:
            return
        if any(TYPE.match(name) is None or worth < 0 for name, worth in self.types.items()):
            raise ValueError("a type has 1 to 32 visible ASCII characters, and 0 centavos or more")
        if sum(self.types.values()) != self.centavos:
            raise ValueError("its types' centavos are together those of the cashback")

    @property
    def key(self) -> tuple[datetime, str, int]:
        """By what lines are sorted, each above the one before."""
        return self.at, self.cashback, self.sequence


def head_bytes(head: LinesHead) -> bytes:
    """The first line of a day's lines, with its line feed."""
    value = {
        "day": head.day.isoformat(),
        "format": LINES_FORMAT,
        "number": head.number,
        "owner": head.owner,
    }
    return f"{canonical_text(value)}\n".encode()


def line_bytes(line: DayLine) -> bytes:
    """A line as it is hashed, with its line feed."""
    value: dict[str, object] = {
        "at": instant_text(line.at),
        "cashback": line.cashback,
        "centavos": line.centavos,
        "from": line.from_status and line.from_status.value,
        "person": line.person,
        "sequence": line.sequence,
        "store": line.store,
        "to": line.to_status.value,
    }
    if line.types:
        value["types"] = dict(line.types)
    return f"{canonical_text(value)}\n".encode()


def read_head(data: bytes) -> LinesHead:
    """The head that these bytes are, with their line feed. Raises NotCanonical."""
    found = members(decoded(data, most=MAX_LINE_BYTES), _HEAD)
    if found["format"] != LINES_FORMAT:
        raise NotCanonical(f"the format is {LINES_FORMAT}, not {told(found['format'])}")
    owner, number, day = text(found["owner"]), integer(found["number"]), read_day(found["day"])
    try:
        head = LinesHead(owner=owner, number=number, day=day)
    except ValueError as error:
        raise NotCanonical(str(error)) from error
    _refuse_other_spelling(head_bytes(head), data)
    return head


def read_line(data: bytes) -> DayLine:
    """The line that these bytes are, with their line feed. Raises NotCanonical."""
    return line_as_written(data) or line_as_json(data)


def line_as_written(data: bytes) -> DayLine | None:
    """By its spelling, three times as fast; None for what may be a line all the same, or none."""
    try:
        found = _AS_WRITTEN.match(data.decode("ascii"))
        if found is None:
            return None
        at, cashback, centavos, from_, person, sequence, store, to, parts = found.groups()
        types = _PART.findall(parts) if parts else []
        if any(above <= below for (below, _), (above, _) in pairwise(types)):
            return None
        return DayLine(
            at=datetime.fromisoformat(at),
            cashback=cashback,
            sequence=int(sequence),
            from_status=None if from_ is None else Status(from_),
            to_status=Status(to),
            centavos=int(centavos),
            person=person,
            store=store,
            types={name: int(worth) for name, worth in types},
        )
    except ValueError:
        return None


def line_as_json(data: bytes) -> DayLine:
    """The same by its JSON, of every spelling that there is. Raises NotCanonical."""
    found = members(decoded(data, most=MAX_LINE_BYTES), _LINE, _MAY)
    try:
        line = DayLine(
            at=read_instant(found["at"]),
            cashback=text(found["cashback"]),
            sequence=integer(found["sequence"]),
            from_status=None if found["from"] is None else status(found["from"]),
            to_status=status(found["to"]),
            centavos=integer(found["centavos"]),
            person=text_or_none(found["person"]),
            store=text_or_none(found["store"]),
            types=integers(found["types"]) if "types" in found else {},
        )
    except NotCanonical:
        raise
    except ValueError as error:
        raise NotCanonical(str(error)) from error
    _refuse_other_spelling(line_bytes(line), data)
    return line


def _refuse_other_spelling(spelled: bytes, data: bytes) -> None:
    if spelled != data:
        raise NotCanonical("it is not spelled canonically, and so has another hash")

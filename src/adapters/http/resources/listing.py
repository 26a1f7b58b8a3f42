"""The query of a list: filters, a limit, and a cursor that only this service gives out."""

from __future__ import annotations

import base64
import binascii
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl
from uuid import UUID
from zoneinfo import ZoneInfo

from adapters.http.problems.faults import Fault, InvalidQueryError
from adapters.http.resources.bounds import query_bound
from cashback_core.delivery.ports import Position, RateVersion, RecordFilter
from cashback_core.delivery.states import DONE, Status
from cashback_core.operators.acts import ATTENTION, OpenFilter
from cashback_core.reconciliation.findings import FindingClass
from cashback_core.sales.programme import TYPE
from cashback_core.sales.same_sale import EqualOutcome
from cashback_core.values.documents import Cpf, InvalidDocument, mask
from cashback_core.values.instants import NoSuchInstant, NotAnInstant
from cashback_core.values.violations import show

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
MAX_PARAMETERS: Final = 32
OPEN_PARAMETERS: Final = ("status", "document", "sold_from", "sold_to", "limit", "cursor")
PARAMETERS: Final = (*OPEN_PARAMETERS, "name_differs", "type", "rate_version")

OPEN: Final = tuple(s for s in Status if s not in DONE)
"""What an operator may list: all that has not ended well."""

_VERSION: Final = re.compile(r"[1-9][0-9]{0,8}\Z", re.ASCII)
_HIGHEST: Final = "999999999"
_LIMIT: Final = re.compile(r"[1-9][0-9]{0,2}\Z", re.ASCII)
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.ASCII)
_UTC: Final = ZoneInfo("UTC")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_CURSOR: Final = struct.Struct(">q16s")
_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_END: Final = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Which records are wanted, how many at most, and after which."""

    wanted: RecordFilter
    limit: int
    after: Position | None


def read_listing(query: bytes, zone: ZoneInfo) -> Listing:
    """The list that a query string asks for; days and instants without an offset are in `zone`.

    Raises InvalidQueryError with every fault.
    """
    reading = _Reading(parameters(query), zone)
    listing = Listing(
        wanted=RecordFilter(
            status=reading.status(),
            document=reading.document(),
            sold_from=reading.bound("sold_from"),
            sold_to=reading.bound("sold_to", end=True),
            name_differs=reading.truth("name_differs"),
            rate=reading.rate(),
        ),
        limit=reading.limit(),
        after=reading.cursor(),
    )
    if reading.faults:
        raise InvalidQueryError(tuple(reading.faults))
    return listing


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenListing:
    """Which open cashbacks are wanted, how many at most, and after which."""

    wanted: OpenFilter
    limit: int
    after: Position | None


def read_open_listing(query: bytes, zone: ZoneInfo) -> OpenListing:
    """The list of open cashbacks that a query string asks for; raises InvalidQueryError."""
    reading = _Reading(parameters(query), zone, OPEN_PARAMETERS)
    status = reading.status(among=OPEN)
    listing = OpenListing(
        wanted=OpenFilter(
            statuses=ATTENTION if status is None else frozenset({status}),
            document=reading.document(),
            sold_from=reading.bound("sold_from"),
            sold_to=reading.bound("sold_to", end=True),
        ),
        limit=reading.limit(),
        after=reading.cursor(),
    )
    if reading.faults:
        raise InvalidQueryError(tuple(reading.faults))
    return listing


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentListing:
    """Which incidents of the statement are wanted, how many at most, and after which."""

    open_only: bool
    cls: FindingClass | None
    limit: int
    after: Position | None


def read_incident_listing(query: bytes) -> IncidentListing:
    """The list of incidents that a query string asks for; raises InvalidQueryError."""
    reading = _Reading(parameters(query), _UTC, ("standing", "class", "limit", "cursor"))
    cls = reading.choice("class", tuple(FindingClass))
    listing = IncidentListing(
        open_only=reading.choice("standing", ("true", "false")) != "false",
        cls=None if cls is None else FindingClass(cls),
        limit=reading.limit(),
        after=reading.cursor(),
    )
    if reading.faults:
        raise InvalidQueryError(tuple(reading.faults))
    return listing


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualListing:
    """Which pairs of equal content are wanted, how many at most, and after which."""

    outcome: EqualOutcome | None
    limit: int
    after: Position | None


def read_equal_listing(query: bytes) -> EqualListing:
    """The list of pairs that a query string asks for; raises InvalidQueryError."""
    reading = _Reading(parameters(query), _UTC, ("outcome", "limit", "cursor"))
    listing = EqualListing(outcome=reading.outcome(), limit=reading.limit(), after=reading.cursor())
    if reading.faults:
        raise InvalidQueryError(tuple(reading.faults))
    return listing


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectListing:
    """How many sales of a customer at most, and before which."""

    limit: int
    before: UUID | None


def read_subject_listing(query: bytes) -> SubjectListing:
    """The page of a subject report that a query string asks for; raises InvalidQueryError."""
    reading = _Reading(parameters(query), _UTC, ("limit", "cursor"))
    listing = SubjectListing(limit=reading.limit(), before=reading.id())
    if reading.faults:
        raise InvalidQueryError(tuple(reading.faults))
    return listing


def write_cursor(position: Position) -> str:
    """A position as an opaque text."""
    microseconds = (position.accepted_at - _EPOCH) // _MICROSECOND
    packed = _CURSOR.pack(microseconds, position.id.bytes)
    return base64.urlsafe_b64encode(packed).decode("ascii")


def read_cursor(text: str) -> Position | None:
    """The position that `write_cursor` wrote; None for any other text."""
    try:
        packed = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        microseconds, octets = _CURSOR.unpack(packed)
        accepted_at = _EPOCH + timedelta(microseconds=microseconds)
    except (UnicodeEncodeError, binascii.Error, struct.error, OverflowError):
        return None
    if not _FIRST <= accepted_at < _END:
        return None
    position = Position(accepted_at=accepted_at, id=UUID(bytes=octets))
    return position if write_cursor(position) == text else None


def parameters(query: bytes) -> list[tuple[str, str]]:
    """The names and values of a query string; raises InvalidQueryError."""
    try:
        return parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_PARAMETERS,
        )
    except ValueError as error:
        raise InvalidQueryError((Fault(pointer="", code="malformed_query"),)) from error


class _Reading:
    """One query being read: each method reads its parameter and tells what is wrong with it."""

    def __init__(
        self,
        parameters: list[tuple[str, str]],
        zone: ZoneInfo,
        names: tuple[str, ...] = PARAMETERS,
    ) -> None:
        self._zone = zone
        self._values: dict[str, str] = {}
        self.faults: list[Fault] = []
        for name, value in parameters:
            if name not in names:
                self._tell(name, "unknown_parameter", names=", ".join(names))
            elif name in self._values:
                self._tell(name, "repeated_parameter")
            self._values.setdefault(name, value)

    def status(self, *, among: tuple[Status, ...] = tuple(Status)) -> Status | None:
        value = self._values.get("status")
        if value is None:
            return None
        if value not in among:
            self._tell("status", "status_unknown", show(value), names=", ".join(among))
            return None
        return Status(value)

    def choice(self, name: str, choices: tuple[str, ...]) -> str | None:
        value = self._values.get(name)
        if value is not None and value not in choices:
            self._tell(name, "no_such_choice", show(value), names=", ".join(choices))
            return None
        return value

    def outcome(self) -> EqualOutcome | None:
        value = self.choice("outcome", tuple(EqualOutcome))
        return None if value is None else EqualOutcome(value)

    def document(self) -> Cpf | None:
        value = self._values.get("document")
        if value is None:
            return None
        try:
            return Cpf.parse(value)
        except InvalidDocument:
            self._tell("document", "document_invalid", mask(value))
            return None

    def truth(self, name: str) -> bool | None:
        value = self._values.get(name)
        if value is not None and value not in {"true", "false"}:
            self._tell(name, "no_such_choice", show(value), names="true, false")
            return None
        return None if value is None else value == "true"

    def rate(self) -> RateVersion | None:
        type_, version = self._values.get("type"), self._values.get("rate_version")
        if (type_ is None) != (version is None):
            self._tell("type" if type_ is None else "rate_version", "type_and_rate_version")
        if type_ is not None and TYPE.match(type_) is None:
            self._tell("type", "type_format", show(type_))
        if version is not None and _VERSION.match(version) is None:
            self._tell("rate_version", "whole_number", show(version), lowest="1", highest=_HIGHEST)
        if type_ is None or version is None or self.faults:
            return None
        return RateVersion(type=type_, version=int(version))

    def bound(self, name: str, *, end: bool = False) -> datetime | None:
        value = self._values.get(name)
        if value is None:
            return None
        try:
            return query_bound(value, self._zone, end=end)
        except (NotAnInstant, NoSuchInstant):
            self._tell(name, "bound_invalid", show(value))
            return None

    def limit(self) -> int:
        value = self._values.get("limit")
        if value is None:
            return DEFAULT_LIMIT
        if _LIMIT.match(value) is None or int(value) > MAX_LIMIT:
            self._tell("limit", "limit_invalid", show(value), highest=str(MAX_LIMIT))
            return DEFAULT_LIMIT
        return int(value)

    def cursor(self) -> Position | None:
        value = self._values.get("cursor")
        if value is None:
            return None
        position = read_cursor(value)
        if position is None:
            self._tell("cursor", "cursor_invalid", show(value))
        return position

    def id(self) -> UUID | None:
        value = self._values.get("cursor")
        if value is None:
            return None
        if _ID.match(value) is None:
            self._tell("cursor", "cursor_invalid", show(value))
            return None
        return UUID(value)

    def _tell(self, name: str, code: str, received: str | None = None, **values: str) -> None:
        pointer = "/" + show(name).replace("~", "~0").replace("/", "~1")
        self.faults.append(Fault(pointer=pointer, code=code, received=received, values=values))

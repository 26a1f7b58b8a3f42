"""The query of a list: filters, an order, a limit, and a cursor of that very list."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from adapters.http.wire.cursors import Kind, fingerprint, read_cursor, write_cursor, write_value
from adapters.http.wire.refusals import InvalidQueryError
from cashback_core.administration.resources import Slice
from cashback_core.values.documents import (
    BuyerDocument,
    Cnpj,
    InvalidDocument,
    mask,
    named_document,
)
from cashback_core.values.ids import parse_uuid
from cashback_core.values.instants import (
    NoSuchInstant,
    NotAnInstant,
    parse_bound,
    parse_wall_clock,
)
from cashback_core.values.money import InvalidMoney, parse_centavos
from cashback_core.values.violations import Violation, escaped, show

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
MAX_PARAMETERS: Final = 32
MAX_FILTER_CHARS: Final = 200

_UTC: Final = ZoneInfo("UTC")
_LIMIT: Final = re.compile(r"[1-9][0-9]{0,2}\Z", re.ASCII)
_WHOLE: Final = re.compile(r"(0|[1-9][0-9]{0,8})\Z", re.ASCII)
MAX_WHOLE: Final = 999_999_999
_LOST_PLUS: Final = re.compile(r"(:[0-9]{2}(?:[.,][0-9]+)?) ([0-9]{2}(?::?[0-9]{2})?)\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering:
    """How a list may be ordered: what each order's column holds, and what its key holds.

    The key tells rows apart that are equal in the column. `default` may start with `-`. One that is
    `fixed` has this order alone, and takes no parameter `sort`. `cursor` is the parameter's name,
    `words` are what it may say that is no cursor.
    """

    resource: str
    columns: Mapping[str, Kind]
    key: Kind
    default: str
    fixed: bool = False
    cursor: str = "cursor"
    words: tuple[str, ...] = ()
    repeatable: frozenset[str] = frozenset()
    """The filters that may come more than once."""
    asides: tuple[str, ...] = ()
    """Parameters of the answer: they choose no rows, and any page may come with them."""

    whole: bool = False
    """It has no pages."""

    @property
    def sorts(self) -> tuple[str, ...]:
        """Every order that may be asked for."""
        return tuple(sort for column in self.columns for sort in (column, f"-{column}"))

    @property
    def controls(self) -> tuple[str, ...]:
        """The parameters that are no filters."""
        if self.whole:
            return self.asides
        sort = () if self.fixed else ("sort",)
        return (*self.asides, *sort, "limit", self.cursor)


class QueryReader:
    """One query being read: each method reads its parameter and notes what is wrong with it.

    Filters first, then `slice`, which raises InvalidQueryError with every fault.
    """

    def __init__(self, query: bytes, ordering: Ordering, *filters: str) -> None:
        self._ordering = ordering
        self._values: dict[str, str] = {}
        self._further: dict[str, list[str]] = {}
        self._faults: list[Violation] = []
        self._list = ""
        names = (*filters, *ordering.controls)
        for name, value in _parameters(query):
            if name not in names:
                self.tell(name, "unknown_parameter", names=", ".join(names))
            elif name in self._values and name in ordering.repeatable:
                self._further.setdefault(name, []).append(value)
            elif name in self._values:
                self.tell(name, "repeated_parameter")
            self._values.setdefault(name, value)

    @property
    def is_faulty(self) -> bool:
        """Whether anything is wrong so far."""
        return bool(self._faults)

    def has(self, name: str) -> bool:
        """Whether the parameter is there."""
        return name in self._values

    def says(self, name: str, word: str) -> bool:
        """Whether the parameter is this very word."""
        return self._values.get(name) == word

    def text(self, name: str) -> str | None:
        """A text to compare with."""
        value = self._values.get(name)
        if value is None:
            return None
        if len(value) > MAX_FILTER_CHARS or not value.isprintable():
            self.tell(name, "plain_text", show(value), highest=str(MAX_FILTER_CHARS))
            return None
        return value

    def name(self, name: str) -> str | None:
        """A name without blanks: what comes as one was a bare + (that is how forms are encoded)."""
        value = self.text(name)
        return None if value is None else value.replace(" ", "+")

    def matching(self, name: str, form: re.Pattern[str], code: str, *, longest: int) -> str | None:
        """A text of a form, of at most so many characters; `code` is told of any other."""
        value = self._values.get(name)
        if value is not None and form.match(value) is None:
            self.tell(name, code, show(value), highest=str(longest))
            return None
        return value

    def choice(
        self, name: str, choices: Sequence[str], *, code: str = "no_such_choice"
    ) -> str | None:
        """One of the choices."""
        value = self._values.get(name)
        if value is not None and value not in choices:
            self.tell(name, code, show(value), names=", ".join(choices))
            return None
        return value

    def choices(
        self, name: str, choices: Sequence[str], *, code: str = "no_such_choice"
    ) -> frozenset[str]:
        """Those of the choices that are named; the parameter may be repeated."""
        if name not in self._values:
            return frozenset()
        told = (self._values[name], *self._further.get(name, ()))
        for value in dict.fromkeys(told):
            if value not in choices:
                self.tell(name, code, show(value), names=", ".join(choices))
        return frozenset(told).intersection(choices)

    def amount(self, name: str) -> int | None:
        """An amount in reais, as centavos."""
        value = self._values.get(name)
        if value is None:
            return None
        try:
            return parse_centavos(value)
        except InvalidMoney:
            self.tell(name, "amount_invalid", show(value))
            return None

    def id(self, name: str) -> UUID | None:
        """A UUID."""
        value = self._values.get(name)
        found = None if value is None else parse_uuid(value)
        if value is not None and found is None:
            self.tell(name, "uuid_invalid", show(value))
        return found

    def truth(self, name: str) -> bool | None:
        """`true` or `false`."""
        value = self.choice(name, ("true", "false"))
        return None if value is None else value == "true"

    def whole(self, name: str, *, lowest: int, highest: int) -> int | None:
        """A whole number within limits."""
        value = self._values.get(name)
        if value is None:
            return None
        if _WHOLE.match(value) is None or not lowest <= int(value) <= highest:
            limits = {"lowest": str(lowest), "highest": str(highest)}
            self.tell(name, "whole_number", show(value), **limits)
            return None
        return int(value)

    def document(self, name: str) -> BuyerDocument | None:
        """A customer's document in one word; a wrong one is repeated only masked."""
        value = self._values.get(name)
        if value is None:
            return None
        try:
            return named_document(value)
        except InvalidDocument:
            self.tell(name, "document_invalid", mask(value))
            return None

    def cnpj(self, name: str) -> Cnpj | None:
        """A CNPJ; a wrong one is repeated only masked."""
        value = self._values.get(name)
        if value is None:
            return None
        try:
            return Cnpj.parse(value)
        except InvalidDocument:
            self.tell(name, "cnpj_invalid", mask(value))
            return None

    def bound(self, name: str, zone: ZoneInfo, *, end: bool = False) -> datetime | None:
        """A bound of a span of time; a day, or an instant without an offset, is in `zone`.

        A bare + comes as a blank (that is how forms are encoded); a blank between a time and an
        offset can be nothing else.
        """
        value = self._values.get(name)
        if value is None:
            return None
        try:
            return parse_bound(_LOST_PLUS.sub(r"\1+\2", value), zone, end=end)
        except (NotAnInstant, NoSuchInstant):
            self.tell(name, "bound_invalid", show(value))
            return None

    def told_bound(self, name: str) -> datetime | None:
        """The same, where whose time it is is known later: a wall clock without an offset."""
        value = self._values.get(name)
        if value is None:
            return None
        text = _LOST_PLUS.sub(r"\1+\2", value)
        try:
            day = len(text) == len("2026-01-31")
            instant, wall = parse_wall_clock(f"{text}T00:00:00" if day else text, _UTC)
        except (NotAnInstant, NoSuchInstant):
            self.tell(name, "bound_invalid", show(value))
            return None
        return wall or instant

    def slice(self) -> Slice:
        """Which part of the list is wanted, and in which order."""
        sort, descending = self._sort()
        sign = "-" if descending else ""
        controls = self._ordering.controls
        filters = {n: v for n, v in self._values.items() if n not in controls}
        for name, further in self._further.items():
            filters[name] = "\0".join(sorted({filters[name], *further}))
        self._list = fingerprint(self._ordering.resource, sign + sort, filters)
        wanted = Slice(
            sort=sort, descending=descending, limit=self._limit(), after=self._after(sort)
        )
        self.end()
        return wanted

    def end(self) -> None:
        """Nothing more is read; raises InvalidQueryError with every fault."""
        if self._faults:
            raise InvalidQueryError(tuple(self._faults))

    def cursor_after(self, value: object, key: object) -> str:
        """The cursor of the page behind a row: its value in the column sorted by, and its key."""
        return write_cursor(self._list, write_value(value), write_value(key))

    def tell(self, name: str, code: str, received: str | None = None, **values: str) -> None:
        """Note a fault of a parameter."""
        pointer = f"/{escaped(name)}"
        self._faults.append(Violation(pointer=pointer, code=code, received=received, values=values))

    def tell_whole(self, code: str, **values: str) -> None:
        """Note a fault of the query as a whole."""
        self._faults.append(Violation(pointer="", code=code, values=values))

    def sort(self) -> str:
        """The order that is asked for, or the list's own; with `-` the other way round."""
        ordering = self._ordering
        value = ordering.default if ordering.fixed else self._values.get("sort", ordering.default)
        return value if value.removeprefix("-") in ordering.columns else ordering.default

    def _sort(self) -> tuple[str, bool]:
        ordering = self._ordering
        value = ordering.default if ordering.fixed else self._values.get("sort", ordering.default)
        sort, columns = value.removeprefix("-"), ordering.columns
        if sort not in columns:
            names = ", ".join(f"{name}, -{name}" for name in columns)
            self.tell("sort", "no_such_choice", show(value), names=names)
            value = ordering.default
            sort = value.removeprefix("-")
        return sort, value.startswith("-")

    def _limit(self) -> int:
        value = self._values.get("limit", str(DEFAULT_LIMIT))
        if _LIMIT.match(value) is None or int(value) > MAX_LIMIT:
            self.tell("limit", "limit_invalid", show(value), highest=str(MAX_LIMIT))
            return DEFAULT_LIMIT
        return int(value)

    def _after(self, sort: str) -> tuple[str, str] | None:
        ordering = self._ordering
        value = self._values.get(ordering.cursor)
        if value is None or value in ordering.words:
            return None
        found = read_cursor(value, self._list, value=ordering.columns[sort], key=ordering.key)
        if found is None:
            self.tell(ordering.cursor, "cursor_of_another_list", show(value))
        return found


def _parameters(query: bytes) -> list[tuple[str, str]]:
    """The names and values of a query string; raises InvalidQueryError."""
    try:
        return parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_PARAMETERS,
        )
    except ValueError as error:
        raise InvalidQueryError((Violation(pointer="", code="malformed_query"),)) from error

"""The query of a list of resources: filters, an order, a limit, and a cursor of that very list."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from adapters.http.problems.faults import Fault, InvalidQueryError
from adapters.http.resources.bounds import query_bound
from adapters.http.resources.cursors import (
    Kind,
    fingerprint,
    read_cursor,
    write_cursor,
    write_value,
)
from adapters.http.resources.listing import DEFAULT_LIMIT, MAX_LIMIT, parameters
from cashback_core.administration.resources import Slice
from cashback_core.values.instants import NoSuchInstant, NotAnInstant
from cashback_core.values.violations import show

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

MAX_FILTER_CHARS: Final = 200

_LIMIT: Final = re.compile(r"[1-9][0-9]{0,2}\Z", re.ASCII)
_CONTROL: Final = ("sort", "limit", "cursor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering:
    """How a resource may be listed: what each order's column holds, and what its key holds.

    A resource's key tells rows apart that are equal in the column. `default` may start with `-`.
    """

    resource: str
    columns: Mapping[str, Kind]
    key: Kind
    default: str


class ListQuery:
    """One query being read: each method reads its parameter and notes what is wrong with it.

    Filters first, then `slice`, which raises InvalidQueryError with every fault.
    """

    def __init__(self, query: bytes, ordering: Ordering, *filters: str) -> None:
        self._ordering = ordering
        self._values: dict[str, str] = {}
        self._faults: list[Fault] = []
        self._list = ""
        names = (*filters, *_CONTROL)
        for name, value in parameters(query):
            if name not in names:
                self.tell(name, "unknown_parameter", names=", ".join(names))
            elif name in self._values:
                self.tell(name, "repeated_parameter")
            self._values.setdefault(name, value)

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

    def choice(self, name: str, choices: Sequence[str]) -> str | None:
        """One of the choices."""
        value = self._values.get(name)
        if value is not None and value not in choices:
            self.tell(name, "no_such_choice", show(value), names=", ".join(choices))
            return None
        return value

    def truth(self, name: str) -> bool | None:
        """`true` or `false`."""
        value = self.choice(name, ("true", "false"))
        return None if value is None else value == "true"

    def bound(self, name: str, zone: ZoneInfo, *, end: bool = False) -> datetime | None:
        """A bound of a span of time; a day, or an instant without an offset, is in `zone`."""
        value = self._values.get(name)
        if value is None:
            return None
        try:
            return query_bound(value, zone, end=end)
        except (NotAnInstant, NoSuchInstant):
            self.tell(name, "bound_invalid", show(value))
            return None

    def slice(self) -> Slice:
        """Which part of the list is wanted, and in which order."""
        sort, descending = self._sort()
        sign = "-" if descending else ""
        filters = {n: v for n, v in self._values.items() if n not in _CONTROL}
        self._list = fingerprint(self._ordering.resource, sign + sort, filters)
        wanted = Slice(
            sort=sort, descending=descending, limit=self._limit(), after=self._after(sort)
        )
        if self._faults:
            raise InvalidQueryError(tuple(self._faults))
        return wanted

    def cursor_after(self, value: object, key: object) -> str:
        """The cursor of the page behind a row: its value in the column sorted by, and its key."""
        return write_cursor(self._list, write_value(value), write_value(key))

    def tell(self, name: str, code: str, received: str | None = None, **values: str) -> None:
        """Note a fault of a parameter."""
        pointer = "/" + show(name).replace("~", "~0").replace("/", "~1")
        self._faults.append(Fault(pointer=pointer, code=code, received=received, values=values))

    def _sort(self) -> tuple[str, bool]:
        value = self._values.get("sort", self._ordering.default)
        sort, columns = value.removeprefix("-"), self._ordering.columns
        if sort not in columns:
            names = ", ".join(f"{name}, -{name}" for name in columns)
            self.tell("sort", "no_such_choice", show(value), names=names)
            value = self._ordering.default
            sort = value.removeprefix("-")
        return sort, value.startswith("-")

    def _limit(self) -> int:
        value = self._values.get("limit", str(DEFAULT_LIMIT))
        if _LIMIT.match(value) is None or int(value) > MAX_LIMIT:
            self.tell("limit", "limit_invalid", show(value), highest=str(MAX_LIMIT))
            return DEFAULT_LIMIT
        return int(value)

    def _after(self, sort: str) -> tuple[str, str] | None:
        value = self._values.get("cursor")
        if value is None:
            return None
        ordering = self._ordering
        found = read_cursor(value, self._list, value=ordering.columns[sort], key=ordering.key)
        if found is None:
            self.tell("cursor", "cursor_of_another_list", show(value))
        return found

"""One page of a statement as it arrives: rows as they are complete, the head at the end.

The parser is ijson's, which holds one value at a time; what is bounded here is that value's size,
the depth, and what is kept of a row and of the head: the fields that somebody reads.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

import ijson

from adapters.cashback_client.statements.invalid_statement import InvalidStatementError
from cashback_core.reconciliation.statement_values import Odd

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from cashback_core.reconciliation.statement_values import Fields, Value

MAX_VALUE_BYTES: Final = 32 * 1024
"""One text or number, or the blanks between two."""

MAX_DEPTH: Final = 64

ROWS: Final = "rows"


class _Place(Enum):
    OUTSIDE = auto()
    HEAD = auto()
    INNER = auto()
    """In an object of the head."""
    ROWS = auto()
    ROW = auto()


class PageParser:
    """Takes a page's bytes, gives its rows: the fields named in `row_fields`, None for no object.

    `head` holds every scalar of the outer object, and of the objects in it as `outer.inner`, as
    far as named in `head_fields`; it is whole after `close`.
    """

    def __init__(self, *, row_fields: AbstractSet[str], head_fields: AbstractSet[str]) -> None:
        self.head: Fields = {}
        self._row_fields = row_fields
        self._head_fields = head_fields
        self._place = _Place.OUTSIDE
        self._key = self._outer = ""
        self._row: Fields = {}
        self._skipping = 0
        self._silent_bytes = 0
        self._rows_seen = False
        self._events: list[tuple[str, Any]] = ijson.sendable_list()
        self._parser = ijson.basic_parse_coro(self._events, use_float=False)

    def feed(self, piece: bytes) -> Iterator[Fields | None]:
        """The rows that this piece completes.

        Raises InvalidStatementError, after those before the fault.
        """
        broken = self._advanced(piece)
        self._silent_bytes = 0 if self._events else self._silent_bytes + len(piece)
        yield from self._rows(self._events)
        self._events.clear()
        if broken:
            raise InvalidStatementError("it is not JSON")
        if self._silent_bytes > MAX_VALUE_BYTES:
            raise InvalidStatementError(f"a single value has more than {MAX_VALUE_BYTES} bytes")

    def close(self) -> None:
        """The page has ended.

        Raises InvalidStatementError if its JSON has not, or if it is no statement.
        """
        try:
            self._parser.close()
        except ijson.JSONError:
            raise InvalidStatementError("it is cut off") from None
        self._events.clear()
        if not self._rows_seen:
            raise InvalidStatementError("it has no array of rows")

    def _advanced(self, piece: bytes) -> bool:
        """Whether the parser stumbled. Its message repeats the text: it is dropped."""
        try:
            self._parser.send(piece)
        except ijson.JSONError:
            return True
        except (ValueError, ArithmeticError, SystemError):
            # A number of thousands of digits: what the C parser noted of it must not be touched.
            self._events = []
            raise InvalidStatementError("a number is beyond any amount") from None
        return False

    def _rows(self, events: Iterable[tuple[str, Any]]) -> Iterator[Fields | None]:
        for event, value in events:
            if self._skipping:
                self._skip(event)
            elif event == "map_key":
                self._key = value
            elif event in {"start_map", "start_array"}:
                yield from self._opened(is_map=event == "start_map")
            elif event in {"end_map", "end_array"}:
                yield from self._closed()
            elif self._place is _Place.ROW:
                if self._key in self._row_fields:
                    _note(self._row, self._key, value)
            elif self._place is _Place.ROWS:
                yield None
            elif self._place is _Place.OUTSIDE:
                raise InvalidStatementError("it is not an object")
            else:
                self._note_head(value)

    def _opened(self, *, is_map: bool) -> Iterator[None]:
        match self._place:
            case _Place.OUTSIDE if is_map:
                self._place = _Place.HEAD
            case _Place.OUTSIDE:
                raise InvalidStatementError("it is not an object")
            case _Place.HEAD if is_map:
                self._place, self._outer = _Place.INNER, self._key
                self._note_at(self._key, Odd.NESTED)
            case _Place.HEAD if self._key == ROWS:
                if self._rows_seen:
                    raise InvalidStatementError("rows are given twice")
                self._rows_seen, self._place = True, _Place.ROWS
            case _Place.ROWS if is_map:
                self._place, self._row = _Place.ROW, {}
            case _:
                self._skipping = 1
                if self._place is _Place.ROWS:
                    yield None
                elif self._place is _Place.ROW:
                    if self._key in self._row_fields:
                        _note(self._row, self._key, Odd.NESTED)
                else:
                    self._note_head(Odd.NESTED)

    def _closed(self) -> Iterator[Fields]:
        if self._place is _Place.ROW:
            self._place = _Place.ROWS
            yield self._row
        elif self._place in {_Place.ROWS, _Place.INNER}:
            self._place = _Place.HEAD

    def _skip(self, event: str) -> None:
        if event.startswith("start_"):
            self._skipping += 1
            if self._skipping > MAX_DEPTH:
                raise InvalidStatementError(f"it is nested more than {MAX_DEPTH} deep")
        elif event.startswith("end_"):
            self._skipping -= 1

    def _note_head(self, value: Value) -> None:
        self._note_at(
            f"{self._outer}.{self._key}" if self._place is _Place.INNER else self._key, value
        )

    def _note_at(self, key: str, value: Value) -> None:
        if key == ROWS:
            raise InvalidStatementError("its rows are not an array")
        if key in self._head_fields:
            _note(self.head, key, value)


def _note(fields: Fields, key: str, value: Value) -> None:
    fields[key] = Odd.TWICE if key in fields else value

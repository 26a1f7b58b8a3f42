"""Files of lines, each held to the close that was made of them, and to those of other days.

An event is of one day. Its instant lies within that day, or before it: then it is late, and an
earlier day could hold it, too. So the late ones, which come first in each file, are read before
all, and every line of the owner's days is looked up among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.closing.canonical import NotCanonical
from cashback_core.closing.chain import BadLink, LinkFault
from cashback_core.closing.lines import MAX_LINE_BYTES, read_line
from cashback_core.closing.lines_check import OtherLines, check_lines
from cashback_core.verify.report import PersonLines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from cashback_core.closing.chain import Link
    from cashback_core.closing.lines import DayLine
    from cashback_core.verify.files import Given, LinesFile

MAX_CASHBACKS_SHOWN: Final = 1000
"""Of a person who is shown, the most cashbacks of one day that are told by their ids."""

MAX_LATE: Final = 200_000
"""Of so many late lines of an owner it is looked up whether another day has them (50 MB)."""

_Event = tuple[str, int]
"""A cashback, and which of its events."""


class LinesHeld:
    """Files of lines, each held to its close; `counts` are the lines of days that hold.

    `unmatched` are owners of more late lines than are looked up.
    """

    def __init__(self, given: Given) -> None:
        self._by_close: dict[tuple[str | None, int], list[LinesFile]] = {}
        for file in given.lines:
            self._by_close.setdefault((file.head.owner, file.head.number), []).append(file)
        self._persons = {one.person: one.document for one in given.disclosed}
        self._unreadable = given.unreadable
        self.counts: dict[str | None, dict[int, int]] = {}
        self.persons: list[PersonLines] = []
        self.unmatched = set[str | None]()

    @property
    def stray(self) -> tuple[Path, ...]:
        """Files whose close was not given, as soon as every chain was looked at."""
        return tuple(file.path for files in self._by_close.values() for file in files)

    def bad(self, owner: str | None, links: Sequence[Link]) -> Iterable[BadLink]:
        """Of an owner's closes those that were not made of the lines given for them."""
        given = [
            (link, self._by_close.pop((owner, link.number), ()))
            for link in sorted(links, key=lambda link: link.number)
        ]  # those of a close that cannot be read are no strays
        given = [(link, files) for link, files in given if link.signed is not None]
        late = set[_Event]()
        for link, files in given:
            for file in files:
                late.update(_late(link, file, MAX_LATE + 1 - len(late)))
        if len(late) > MAX_LATE:
            self.unmatched.add(owner)
            late.clear()
        days: dict[_Event, Link] = {}
        for link, files in given:
            for file in files:
                yield from self._held(link, file, late, days)

    def _held(
        self, link: Link, file: LinesFile, late: set[_Event], days: dict[_Event, Link]
    ) -> Iterable[BadLink]:
        """`days` are of late events those that hold them, as far as they were read."""
        assert link.signed is not None
        seen = _Seen(self._persons, late)
        try:
            with file.path.open("rb") as opened:
                check_lines(opened.readline, link.signed.close, seen.take)
            seen.refuse_twice(link, days)
        except OSError as error:  # what cannot be read is no proof that it is another
            self._unreadable.append((str(file.path), error.strerror or str(error)))
            return
        except OtherLines as error:
            yield BadLink(
                owner=link.owner,
                number=link.number,
                day=link.day,
                fault=LinkFault.LINES,
                sources=(str(file.path), link.source),
                cause=error,
            )
            return
        self.counts.setdefault(link.owner, {})[link.number] = seen.count
        for person, (lines, cashbacks) in seen.found.items():
            self.persons.append(
                PersonLines(
                    document=self._persons[person],
                    head=file.head,
                    lines=lines,
                    cashbacks=tuple(cashbacks),
                )
            )


def _late(link: Link, file: LinesFile, most: int) -> Iterator[_Event]:
    """A file's late lines, as far as it is one; whether it is, whoever holds it tells."""
    assert link.signed is not None
    begins_at = link.signed.close.span.begins_at
    try:
        with file.path.open("rb") as opened:
            opened.readline(MAX_LINE_BYTES + 1)
            for _ in range(most):
                data = opened.readline(MAX_LINE_BYTES + 1)
                line = read_line(data) if data else None
                if line is None or line.at >= begins_at:
                    return
                yield line.cashback, line.sequence
    except (OSError, NotCanonical):
        return


class _Seen:
    """Lines that are read: how many, which are of persons who were shown, which of late events."""

    def __init__(self, persons: Mapping[str, str], late: set[_Event]) -> None:
        self._persons = persons
        self._late = late
        self._events: dict[_Event, int] = {}
        self._twice: int | None = None
        self.count = 0
        self.found: dict[str, tuple[int, dict[str, None]]] = {}

    def take(self, line: DayLine) -> None:
        """The next line."""
        self.count += 1
        if self._late and (event := (line.cashback, line.sequence)) in self._late:
            if event in self._events:
                self._twice = self._twice or self.count + 1
            self._events.setdefault(event, self.count + 1)
        if line.person is not None and line.person in self._persons:
            lines, cashbacks = self.found.get(line.person, (0, {}))
            if len(cashbacks) < MAX_CASHBACKS_SHOWN:
                cashbacks[line.cashback] = None
            self.found[line.person] = lines + 1, cashbacks

    def refuse_twice(self, link: Link, days: dict[_Event, Link]) -> None:
        """Raise OtherLines for an event that the day, or an earlier one, has already."""
        if self._twice is not None:
            raise OtherLines("twice", line=str(self._twice), day=str(link.day))
        for event, number in self._events.items():
            before = days.setdefault(event, link)
            if before.number != link.number:
                raise OtherLines("twice", line=str(number), day=str(before.day))

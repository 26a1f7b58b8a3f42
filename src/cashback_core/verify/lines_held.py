"""Files of lines, each held to the close that was made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.closing.chain import BadLink, LinkFault
from cashback_core.closing.lines_check import OtherLines, check_lines
from cashback_core.verify.report import PersonLines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from cashback_core.closing.chain import Link
    from cashback_core.closing.lines import DayLine
    from cashback_core.verify.files import Given, LinesFile


MAX_CASHBACKS_SHOWN: Final = 1000
"""Of a person who is shown, the most cashbacks of one day that are told by their ids."""


class LinesHeld:
    """Files of lines, each held to its close; `counts` are the lines of days that hold."""

    def __init__(self, given: Given) -> None:
        self._by_close: dict[tuple[str | None, int], list[LinesFile]] = {}
        for file in given.lines:
            self._by_close.setdefault((file.head.owner, file.head.number), []).append(file)
        self._persons = {one.person: one.document for one in given.disclosed}
        self._unreadable = given.unreadable
        self.counts: dict[str | None, dict[int, int]] = {}
        self.persons: list[PersonLines] = []

    @property
    def stray(self) -> tuple[Path, ...]:
        """Files whose close was not given, as soon as every chain was looked at."""
        return tuple(file.path for files in self._by_close.values() for file in files)

    def bad(self, owner: str | None, links: Sequence[Link]) -> Iterable[BadLink]:
        """Of an owner's closes those that were not made of the lines given for them."""
        for link in sorted(links, key=lambda link: link.number):
            if link.signed is not None:
                for file in self._by_close.pop((owner, link.number), ()):
                    yield from self._held(link, file)

    def _held(self, link: Link, file: LinesFile) -> Iterable[BadLink]:
        assert link.signed is not None
        seen = _Seen(self._persons)
        try:
            with file.path.open("rb") as opened:
                check_lines(opened.readline, link.signed.close, seen.take)
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


class _Seen:
    """Lines that are read: how many, and which are of persons who were shown."""

    def __init__(self, persons: Mapping[str, str]) -> None:
        self._persons = persons
        self.count = 0
        self.found: dict[str, tuple[int, dict[str, None]]] = {}

    def take(self, line: DayLine) -> None:
        self.count += 1
        if line.person is not None and line.person in self._persons:
            lines, cashbacks = self.found.get(line.person, (0, {}))
            if len(cashbacks) < MAX_CASHBACKS_SHOWN:
                cashbacks[line.cashback] = None
            self.found[line.person] = lines + 1, cashbacks

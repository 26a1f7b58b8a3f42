"""Spools on disk: a reconciliation of millions of lines in a memory that does not grow with them.

The files have no name: they are gone when they are closed, and when the process dies. What they
hold names customers, as the database does; TMPDIR says where they are made.
"""

from __future__ import annotations

import heapq
import pickle
import tempfile
from dataclasses import fields
from functools import partial
from itertools import islice
from operator import attrgetter
from typing import IO, TYPE_CHECKING, Any, Final, Generic, NoReturn, Self, TypeVar
from uuid import UUID

from cashback_core.reconciliation import BookEntry, Finding, Settled, Spool
from cashback_core.reconciliation.placement import LeftEntry, LeftLine
from cashback_core.reconciliation.statements import StatementLine
from cashback_core.reconciliation.three_sides import Compared, Credited, DayRecord, ErpLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import TracebackType

    from _typeshed import SupportsRichComparison

T = TypeVar("T")

IN_MEMORY: Final = 8_192
"""Items of one spool that are held; what is more is written away."""

BLOCK: Final = 128
"""Items that are read back at once, of each run that is merged."""


GROUPED: Final = 50_000
"""Cashbacks of groups that are held, over all spools of one reconciliation."""


class SpoolClosedError(Exception):
    """The spools were closed while somebody used them: the reconciliation was given up."""


class DiskSpools:
    """Makes spools that live as long as itself; to be used in a `with`.

    Closed, each of them fails at its next item: so a thread that sorts them ends soon.
    """

    def __init__(self) -> None:
        self._files: list[IO[bytes]] = []
        self._groups = _Groups(self)
        self._reductions = {**_REDUCTIONS, **self._groups.reductions}
        self.closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.closed = True
        for file in self._files:
            file.close()

    def __call__(self) -> Spool[Any]:
        """A new spool."""
        return DiskSpool(self)

    def new_file(self) -> IO[bytes]:
        """A file without a name. Raises SpoolClosedError."""
        if self.closed:
            raise SpoolClosedError
        file = tempfile.TemporaryFile(prefix="cashback-")  # noqa: SIM115 (closed with all of them)
        self._files.append(file)
        return file

    def kept(self) -> DiskList[Any]:
        """A new list on disk."""
        return DiskList(self)

    def write(self, items: Iterable[object], file: IO[bytes]) -> list[int]:
        """Write items away, and tell where each block of them lies."""
        blocks: list[int] = []
        rest = iter(items)
        while block := list(islice(rest, BLOCK)):
            at = file.tell()
            if self.closed:
                raise SpoolClosedError
            pickler = pickle.Pickler(file, pickle.HIGHEST_PROTOCOL)
            pickler.dispatch_table = self._reductions
            pickler.dump(block)
            blocks.append(at)
        return blocks

    def read(self, file: IO[bytes], blocks: Sequence[int]) -> Iterator[Any]:
        """Read items back, block by block."""
        for at in blocks:
            if self.closed:
                raise SpoolClosedError
            file.seek(at)
            yield from _Reader(file, self._groups).load()


class DiskList(Generic[T]):
    """A list on disk, to be read from its first item as often as is wished."""

    def __init__(self, spools: DiskSpools) -> None:
        self._spools = spools
        self._file: IO[bytes] | None = None
        self._blocks: list[int] = []

    def add(self, items: Sequence[T]) -> None:
        """Append some. Raises SpoolClosedError."""
        if self._file is None:
            self._file = self._spools.new_file()
        self._file.seek(0, 2)
        self._blocks += self._spools.write(items, self._file)

    def __iter__(self) -> Iterator[T]:
        """All of them, in the order in which they came."""
        return iter(()) if self._file is None else self._spools.read(self._file, self._blocks)


class DiskSpool(Spool[T]):
    """An external sort: runs sorted in memory, written away, merged."""

    def __init__(self, spools: DiskSpools) -> None:
        self._spools = spools
        self._held: list[T] = []
        self._file: IO[bytes] | None = None
        self._chunks: list[list[int]] = []

    def put(self, item: T) -> None:
        """Keep one. Raises SpoolClosedError."""
        self._held.append(item)
        if len(self._held) >= IN_MEMORY:
            if self._file is None:
                self._file = self._spools.new_file()
            self._file.seek(0, 2)
            self._chunks.append(self._spools.write(self._held, self._file))
            self._held = []

    def in_order(self, key: Callable[[T], SupportsRichComparison]) -> Iterator[T]:
        """All of them, ascending by a key; equal ones in the order in which they came. Once.

        Nothing is sorted before the first is asked for: so it is done where that is, in a thread.
        """
        held, self._held = self._held, []
        file, self._file = self._file, None
        held.sort(key=key)
        if file is None:
            yield from held
            return
        chunks, self._chunks = self._chunks, []
        with self._spools.new_file() as sorted_file:
            runs: list[list[int]] = []
            for chunk in chunks:
                items: list[T] = list(self._spools.read(file, chunk))
                items.sort(key=key)
                runs.append(self._spools.write(items, sorted_file))
            file.close()
            written = (self._spools.read(sorted_file, run) for run in runs)
            yield from heapq.merge(*written, held, key=key)


class _Groups:
    """Groups of many cashbacks, which thousands of items have in common: not one with each block.

    Some are held, so that what was one stays one.
    """

    def __init__(self, spools: DiskSpools) -> None:
        self._spools = spools
        self._file: IO[bytes] | None = None
        self._held: dict[int, tuple[BookEntry, ...]] = {}
        self._places: dict[int, int] = {}
        self.reductions: Final[dict[type, Callable[[Any], Any]]] = {
            LeftEntry: self._reduction(LeftEntry),
            Settled: self._reduction(Settled),
            _Place: lambda place: (_group_at, (place.at,)),
        }

    def at(self, place: int) -> tuple[BookEntry, ...]:
        """The group that was written there."""
        if place not in self._held:
            assert self._file is not None
            self._file.seek(place)
            self._hold(place, _Reader(self._file, self).load())
        return self._held[place]

    def _put(self, group: tuple[BookEntry, ...]) -> _Place:
        place = self._places.get(id(group))
        if place is None:
            if self._file is None:
                self._file = self._spools.new_file()
            place = self._file.seek(0, 2)
            pickler = pickle.Pickler(self._file, pickle.HIGHEST_PROTOCOL)
            pickler.dispatch_table = _REDUCTIONS
            pickler.dump(group)
            self._hold(place, group)
        return _Place(place)

    def _hold(self, place: int, group: tuple[BookEntry, ...]) -> None:
        self._held[place] = group
        self._places[id(group)] = place  # an id is one group's for as long as that is held
        while len(self._held) > 1 and sum(map(len, self._held.values())) > GROUPED:
            oldest = next(iter(self._held))
            del self._places[id(self._held.pop(oldest))]

    def _reduction(self, of: type[Any]) -> Callable[[Any], tuple[Any, ...]]:
        whole = _reduction(of)
        place = [field.name for field in fields(of)].index("group")

        def reduce(one: Any) -> tuple[Any, ...]:
            make, values = whole(one)
            if len(one.group) > BLOCK:
                values = (*values[:place], self._put(one.group), *values[place + 1 :])
            return make, values

        return reduce


class _Place:
    """Where a group stands, in its stead."""

    __slots__ = ("at",)

    def __init__(self, at: int) -> None:
        self.at = at


class _Reader(pickle.Unpickler):
    """Reads our own files, which nobody else can open."""

    def __init__(self, file: IO[bytes], groups: _Groups) -> None:
        super().__init__(file)
        self._groups = groups

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        """By name, but for what stands for a group: that is looked up among ours."""
        if global_name == _group_at.__name__:
            return self._groups.at
        return super().find_class(module_name, global_name)


def _group_at(place: int) -> NoReturn:
    raise LookupError(place)  # never called: `_Reader` has what is meant


def _reduction(of: type[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """How a dataclass with slots is written: as its values. Its own way takes thrice as long."""
    names = [field.name for field in fields(of)]
    values = attrgetter(*names)
    make = partial(_made, of)
    return lambda one: (make, values(one))


def _made(of: type[object], *values: Any) -> object:
    one = object.__new__(of)
    for put, value in zip(_SLOTS[of], values, strict=True):
        put(one, value)
    return one


_SPOOLED: Final = (
    StatementLine, LeftLine, BookEntry, LeftEntry, Finding, Settled,
    ErpLine, DayRecord, Credited, Compared,
)  # fmt: skip
_SLOTS: Final[dict[type[object], list[Any]]] = {
    of: [getattr(of, field.name).__set__ for field in fields(of)] for of in _SPOOLED
}
_REDUCTIONS: Final[dict[type, Callable[[Any], Any]]] = {
    **{of: _reduction(of) for of in _SPOOLED},
    UUID: lambda one: (_uuid, (one.int,)),
}


def _uuid(value: int) -> UUID:
    return UUID(int=value)

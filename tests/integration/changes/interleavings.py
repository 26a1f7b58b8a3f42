"""Transactions that move cashbacks in any order, and a reader who reads on at every step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import psycopg

if TYPE_CHECKING:
    import random
    from uuid import UUID

    from cashback_core.changes.changes import ChangeFeed, FeedPosition

Told = tuple["UUID", int]


@dataclass(slots=True, eq=False)
class Writer:
    """A session that moves cashbacks, and holds those that it moved until its transaction ends."""

    connection: psycopg.Connection[Any]
    moved: dict[UUID, list[int]] = field(default_factory=dict["UUID", "list[int]"])

    @classmethod
    def to(cls, dsn: str) -> Self:
        return cls(psycopg.connect(dsn))

    def number_itself(self) -> None:
        """Take a transaction's number and write nothing yet."""
        self.connection.execute("select pg_current_xact_id()")

    def move(self, id_: UUID, sequence: int) -> None:
        """Tell a move of a cashback. Only how it is told matters here, so it may be any."""
        self.connection.execute(
            "insert into events (merchant_id, cashback_id, sequence, at, actor, actor_name,"
            " from_status, to_status, attempt, reason)"
            " values (1, %s, %s, now(), 'operator', 'ana', 'held', 'pending', 0, 'x')",
            [id_, sequence],
        )
        self.moved.setdefault(id_, []).append(sequence)

    def end(self, *, commit: bool) -> dict[UUID, list[int]]:
        """End it, and tell what it moved."""
        self.connection.commit() if commit else self.connection.rollback()
        moved, self.moved = self.moved, {}
        return moved


@dataclass(slots=True)
class Reader:
    """Reads on from where it was, a few changes at a time, and keeps what it was told."""

    feed: ChangeFeed
    group: str | None = None
    position: FeedPosition | None = None
    told: list[Told] = field(default_factory=list[Told])

    async def read(self, *, limit: int = 3) -> None:
        while True:
            page = await self.feed.read(1, self.position, limit=limit, group=self.group)
            self.told += [(change.id, change.sequence) for change in page.changes]
            self.position = page.next
            if len(page.changes) < limit and not page.more:
                return


@dataclass(slots=True)
class World:
    """What happened to some cashbacks, each of which has its first event."""

    writers: list[Writer]
    ids: list[UUID]
    chance: random.Random
    committed: dict[UUID, int] = field(default_factory=dict["UUID", int])

    def step(self) -> None:
        """Whatever may be done next by one of the writers."""
        writer = self.chance.choice(self.writers)
        match self.chance.randrange(6):
            case 0:
                writer.number_itself()
            case 1 | 2 | 3:
                self._move(writer)
            case 4:
                self.end(writer, commit=True)
            case _:
                if self.chance.random() < 0.3:
                    self.end(writer, commit=False)
                elif not any(w.moved for w in self.writers):
                    self._renew()

    def end(self, writer: Writer, *, commit: bool) -> None:
        """End a transaction, and note what is told from now on."""
        for id_, sequences in writer.end(commit=commit).items():
            if commit:
                self.committed[id_] = sequences[-1]

    def _move(self, writer: Writer) -> None:
        others = {id_ for other in self.writers if other is not writer for id_ in other.moved}
        free = [id_ for id_ in self.ids if id_ not in others]
        if free:
            id_ = self.chance.choice(free)
            latest = writer.moved.get(id_, [self.committed.get(id_, 1)])[-1]
            writer.move(id_, latest + 1)

    def _renew(self) -> None:
        """As after a restore; nobody is writing."""
        for writer in self.writers:
            writer.end(commit=False)
        self.writers[0].connection.execute("select renew_feed(true)")
        self.writers[0].connection.commit()


def fault_of(world: World, told: list[Told], ids: list[UUID]) -> str | None:
    """What the reader of some cashbacks was told wrongly once all has ended."""
    wanted = {(id_, n) for id_ in ids for n in range(1, world.committed.get(id_, 1) + 1)}
    if len(told) != len(set(told)):
        return "told twice"
    if set(told) != wanted:
        return f"skipped {len(wanted - set(told))}, invented {len(set(told) - wanted)}"
    for id_ in ids:
        sequences = [n for each, n in told if each == id_]
        if sequences != sorted(sequences):
            return "a cashback's moves out of order"
    return None

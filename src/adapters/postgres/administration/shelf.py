"""One sort of administered resource in its table: listed, found, made, changed and ended.

What all sorts have in common stands here once: pages, the lock before a change, "only this
version", names that are taken, and the state that is told after a change. A store beside it adds
its own columns and its own rules.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, LiteralString, TypeVar

import psycopg
from psycopg.rows import dict_row

from adapters.postgres.administration.pages import on_the_page, page_query, page_values
from cashback_core.administration.resources import Conflict, Done, Missing, Page

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping

    from adapters.postgres.administration.pages import Column
    from adapters.postgres.administration.transactions import Administration
    from cashback_core.administration.resources import Caller, Refusal, Slice, Versions

R = TypeVar("R")

UNIQUE: Final = "23505"
FOREIGN_KEY: Final = "23503"
"""What a change comes to that breaks a rule of the database is told by the name of the rule, or by
one of these: its SQLSTATE."""

NONE: Final[Mapping[str, Refusal]] = {}


class RolledBack(Exception):  # noqa: N818 (no fault: an answer)
    """Raised within a change it ends it, and undoes what was done; whoever asked is told why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


@dataclass(slots=True, kw_only=True)
class ShelfAct(Generic[R]):
    """A change of one resource, within its transaction; read `outcome` or `refusal` after it.

    Every statement knows `%(merchant_id)s`, which is the caller's, and `%(key)s`. A change that is
    not to be, as of another version, ends at the first word of it.
    """

    shelf: Shelf[R]
    caller: Caller
    key: object
    connection: psycopg.AsyncConnection[Any] = field(init=False)
    refusal: Refusal | None = None
    locked: dict[str, Any] = field(default_factory=dict[str, Any])
    present: R | None = None

    @property
    def row(self) -> dict[str, Any]:
        """What the shelf locked of the row, as it was before. Raises RolledBack."""
        self.go_on()
        return self.locked

    @property
    def outcome(self) -> Done[R] | Refusal:
        """The resource as it stands now, or why it was not changed."""
        if self.refusal is not None:
            return self.refusal
        return Missing() if self.present is None else Done(self.present)

    async def execute(self, statement: LiteralString, **values: Any) -> list[tuple[Any, ...]]:
        """Do it, and return the rows that it tells. Raises RolledBack."""
        self.go_on()
        done = await self.connection.execute(statement, {**self.known, **values})
        return [] if done.description is None else await done.fetchall()

    async def update(self, assignments: LiteralString = "", **values: Any) -> None:
        """Write the row's next version; without assignments what hangs on it has changed."""
        shelf = self.shelf
        more: LiteralString = f"{assignments}," if assignments else ""
        await self.execute(
            f"update {shelf.table} set {more} version = version + 1, updated_at = now()"  # noqa: S608
            f" where {shelf.row}",
            **values,
        )

    async def delete(self) -> None:
        """Delete the row."""
        await self.execute(f"delete from {self.shelf.table} where {self.shelf.row}")  # noqa: S608

    def go_on(self) -> None:
        """Raise RolledBack if it is known already why there is no change."""
        if self.refusal is not None:
            raise RolledBack(self.refusal)

    @property
    def known(self) -> dict[str, Any]:
        """The parameters of every statement."""
        return {"merchant_id": self.caller.merchant_id, "key": self.key}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf(Generic[R]):
    """Where a sort of resource is kept, in literals; `read` makes a value of a row of `select`.

    `select` goes up to its where, which leaves a caller what they may see. `this` adds to it that
    the key is `%(key)s`, `filters` what a page asks for. Pages are in one of the `orders`, `key` is
    unique among them; `parts` as for `page_query`.

    A change is of `table`, of the one `row` for the caller and the key. First it is locked: what is
    read of it by that are the columns `locks`, `version` among them. `lock` says how, and so for
    whom else it waits: a sale that names the row in a foreign key waits for "for update" alone.
    """

    select: LiteralString
    this: LiteralString = ""
    filters: LiteralString = ""
    read: Callable[[tuple[Any, ...]], R]
    orders: Mapping[str, Column]
    key: Column
    parts: LiteralString | None = None
    table: LiteralString = ""
    row: LiteralString = ""
    locks: LiteralString = "version"
    lock: LiteralString = "for update"

    async def page(
        self,
        administration: Administration,
        caller: Caller,
        wanted: Slice,
        filters: Mapping[str, Any],
    ) -> Page[R]:
        """Those that the filters leave. Raises StoreUnavailable."""
        async with administration.transaction(caller) as connection:
            return await self.page_within(
                connection, wanted, {"merchant_id": caller.merchant_id, **filters}
            )

    async def page_within(
        self, connection: psycopg.AsyncConnection[Any], wanted: Slice, values: Mapping[str, Any]
    ) -> Page[R]:
        """The same, within a transaction that has begun."""
        query = page_query(
            self.select + self.filters,
            wanted,
            column=self.orders[wanted.sort],
            key=self.key,
            parts=self.parts,
        )
        found = await connection.execute(
            query,
            {**values, **page_values(wanted)},
            prepare=False,  # planned with the values: each filter has its own best index
        )
        rows = await found.fetchall()
        items = on_the_page(rows, wanted, counted=self.parts is not None)
        return Page(items=tuple(map(self.read, items)), more=len(rows) > len(items))

    async def find(self, administration: Administration, caller: Caller, key: object) -> R | None:
        """The one of that key. Raises StoreUnavailable."""
        async with administration.transaction(caller) as connection:
            return await self.find_within(connection, caller, key)

    async def find_within(
        self, connection: psycopg.AsyncConnection[Any], caller: Caller, key: object
    ) -> R | None:
        """The same, within a transaction that has begun."""
        found = await connection.execute(
            self.select + self.this, {"merchant_id": caller.merchant_id, "key": key}
        )
        row = await found.fetchone()
        return None if row is None else self.read(row)

    @asynccontextmanager
    async def making(
        self,
        administration: Administration,
        caller: Caller,
        key: object,
        violations: Mapping[str, Refusal] = NONE,
    ) -> AsyncGenerator[ShelfAct[R], None]:
        """Insert one: the outcome is what stands under the key then. Raises StoreUnavailable."""
        async with self._acting(administration, caller, key, violations) as act:
            yield act
            act.present = await self.find_within(act.connection, caller, key)

    @asynccontextmanager
    async def changing(
        self,
        administration: Administration,
        caller: Caller,
        key: object,
        versions: Versions,
        violations: Mapping[str, Refusal] = NONE,
    ) -> AsyncGenerator[ShelfAct[R], None]:
        """Change one that nobody else is changing, in one of the versions.

        The outcome is what stands under the key then. Raises StoreUnavailable.
        """
        async with self.ending(administration, caller, key, versions, violations) as act:
            yield act
            act.go_on()
            act.present = await self.find_within(act.connection, caller, key)

    @asynccontextmanager
    async def ending(
        self,
        administration: Administration,
        caller: Caller,
        key: object,
        versions: Versions,
        violations: Mapping[str, Refusal] = NONE,
    ) -> AsyncGenerator[ShelfAct[R], None]:
        """The same for what is to be no more: `refusal` says why it stays."""
        async with self._acting(administration, caller, key, violations) as act:
            await self._lock(act, versions)
            yield act

    @asynccontextmanager
    async def _acting(
        self,
        administration: Administration,
        caller: Caller,
        key: object,
        violations: Mapping[str, Refusal],
    ) -> AsyncGenerator[ShelfAct[R], None]:
        """A transaction; what ends it as a refusal is noted, what else goes wrong goes on."""
        act: ShelfAct[R] = ShelfAct(shelf=self, caller=caller, key=key)
        try:
            async with administration.transaction(caller) as act.connection:
                yield act
        except RolledBack as refused:
            act.refusal = refused.refusal
        except psycopg.errors.IntegrityError as error:
            rule, state = error.diag.constraint_name or "", error.sqlstate or ""
            act.refusal = violations.get(rule) or violations.get(state)
            if act.refusal is None:
                raise

    async def _lock(self, act: ShelfAct[R], versions: Versions) -> None:
        """Wait until nobody else is changing it, and note why it is not to be changed."""
        async with act.connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(
                f"select {self.locks} from {self.table} where {self.row} {self.lock}",  # noqa: S608
                act.known,
            )
            row = await cursor.fetchone()
        if row is None:
            act.refusal = Missing()
        elif versions is not None and row["version"] not in versions:
            act.refusal = Conflict()
        else:
            act.locked = row

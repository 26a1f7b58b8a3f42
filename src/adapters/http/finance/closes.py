"""Closed days over HTTP: a merchant reads its own, the platform the account's, anybody the keys.

A close and its lines are answered as they are kept: what is hashed is their bytes.
"""

from __future__ import annotations

import asyncio
import math
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final

from litestar import HttpMethod, Request, route
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)
from msgspec import Meta

from adapters.http.sales.exports import ExportSlots, Form, Streamed
from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.cursors import Kind
from adapters.http.wire.filters import DAY
from adapters.http.wire.ids import path_value
from adapters.http.wire.queries import Ordering, QueryReader
from adapters.http.wire.shapes import Instant, Shape
from cashback_core.closing.keys import keys_bytes
from cashback_core.closing.lines import LinesHead, head_bytes, line_bytes
from cashback_core.people.roles import Role
from cashback_core.values.days import read_day
from cashback_core.values.instants import format_instant

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission, Principal
    from cashback_core.closing.kept import KeptClose, KeptDay
    from cashback_core.closing.lines import DayLine
    from cashback_core.closing.store import CloseStore

PATH: Final = "/api/closes"
KEYS_PATH: Final = "/.well-known/close-keys.json"
KEYS_AGE_S: Final = 300
"""How long others may keep the file of keys."""

KEYS_KEPT_S: Final = 5.0
"""How long this process answers with the file that it has: a new key is seen that much later."""

_DAY: Final = re.compile(rf"{DAY}\Z", re.ASCII)
_ORDER: Final = Ordering(
    resource="closes",
    columns={"number": Kind.INTEGER},
    key=Kind.INTEGER,
    default="-number",
    fixed=True,
)

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="SHA-256 of what is signed.")]
Day = Annotated[str, Meta(extra_json_schema={"format": "date"}, examples=["2026-01-01"])]
KeyId = Annotated[str, Meta(pattern="^[0-9a-f]{32}$", description="Of the key that signs.")]


class ClosedDay(Shape, frozen=True, kw_only=True):
    """A closed day. `late` lines happened before it began, and were recorded after that day."""

    number: Annotated[int, Meta(ge=1, description="Its place in the chain.")]
    day: Day
    begins_at: Instant
    ends_at: Instant
    closed_at: Instant
    key: KeyId
    sha256: Sha256
    previous: Sha256 | None
    lines: Annotated[int, Meta(ge=0)]
    late: Annotated[int, Meta(ge=0)]


class ClosedDayPage(Shape, frozen=True, kw_only=True):
    """Closed days, latest first; `next_cursor` is null on the last page."""

    items: list[ClosedDay]
    next_cursor: str | None


class CloseDocument(Shape, frozen=True, kw_only=True):
    """A close as it was signed, byte for byte; docs/close.md has every field."""

    close: dict[str, Any]
    signature: Annotated[str, Meta(pattern="^[0-9a-f]{128}$", description="Ed25519.")]


class CloseKeyShape(Shape, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A public key, and from when until when days were closed with it."""

    id: KeyId
    public: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="Ed25519.")]
    from_: Instant
    until: Instant | None


class CloseKeys(Shape, frozen=True, kw_only=True):
    """Every key that closes were ever signed with."""

    format: Annotated[str, Meta(examples=["cashback-keys/1"])]
    keys: list[CloseKeyShape]


SHAPES: Final = (ClosedDay, ClosedDayPage, CloseDocument, CloseKeyShape, CloseKeys)


class KeptKeys:
    """The file of keys, kept for some seconds: anybody may ask for it, as often as they like.

    Who asks while it is read waits for the same answer, also for the same error.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._until_s = -math.inf
        self._read: asyncio.Task[bytes] | None = None

    async def __call__(self, closes: CloseStore) -> bytes:
        """The file's bytes. Raises StoreUnavailable."""
        read = self._read
        if read is None or (read.done() and (self._now_s() >= self._until_s or _failed(read))):
            read = self._read = asyncio.create_task(self._bytes(closes))
        return await asyncio.shield(read)  # whoever leaves takes nobody's answer away

    async def _bytes(self, closes: CloseStore) -> bytes:
        found = keys_bytes(await closes.keys())
        self._until_s = self._now_s() + KEYS_KEPT_S
        return found


def _failed(read: asyncio.Task[bytes]) -> bool:
    return read.cancelled() or read.exception() is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseRoutes:
    """What of closed days is read; nobody changes any."""

    admit: Admission
    closes: CloseStore
    slots: ExportSlots = field(default_factory=ExportSlots)
    keys_kept: KeptKeys = field(default_factory=KeptKeys)

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        one = f"{PATH}/{{day:str}}"
        return [
            route(PATH, http_method=read, name="list_closes")(self.page),
            route(one, http_method=read, name="read_close")(self.one),
            route(f"{one}/lines", http_method=read, name="read_close_lines")(self.lines),
            route(KEYS_PATH, http_method=read, name="close_keys")(self.keys),
        ]

    async def page(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """List closed days, latest first."""
        _, principal = await self.admit(request)
        reader = QueryReader(request.scope["query_string"], _ORDER)
        wanted = reader.slice()
        before = None if wanted.after is None else int(wanted.after[1])
        found = await self.closes.latest(_whose(principal), before=before, limit=wanted.limit + 1)
        kept, more = found[: wanted.limit], len(found) > wanted.limit
        cursor = reader.cursor_after(kept[-1].number, kept[-1].number) if more else None
        shape = ClosedDayPage(items=[_shape(one) for one in kept], next_cursor=cursor)
        return Answer(200, encode(shape))

    async def one(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """The document of a day."""
        _, principal = await self.admit(request)
        kept = await self._close_of(principal, request)
        return Answer(200, kept.document)

    async def lines(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """The lines of a day, made of its events once more."""
        _, principal = await self.admit(request)
        kept = await self._close_of(principal, request)
        slug = kept.owner.slug
        if slug is None:
            raise NotFoundException  # the account has none
        return Streamed(
            self._lines(kept, slug),
            form=Form.JSON_LINES,
            name=f"lines-{slug}-{kept.day}.jsonl",
            slot=self.slots.one(principal.merchant_id),
        )

    async def keys(self, request: Request[Any, Any, Any]) -> ASGIApp:  # noqa: ARG002
        """Every public key: whoever was sent a close needs no account here."""
        return Answer(200, await self.keys_kept(self.closes), cache_s=KEYS_AGE_S)

    async def _close_of(self, principal: Principal, request: Request[Any, Any, Any]) -> KeptClose:
        day = read_day(path_value(request, "day", _DAY))
        if day is None:
            raise NotFoundException
        kept = await self.closes.close_of(_whose(principal), day)
        if kept is None:
            raise NotFoundException
        return kept

    async def _lines(self, kept: KeptClose, slug: str) -> AsyncIterator[bytes]:
        yield head_bytes(LinesHead(owner=slug, number=kept.number, day=kept.day))
        async for lines in self.closes.lines(kept):
            yield await asyncio.to_thread(_spelled, lines)


def _spelled(lines: Sequence[DayLine]) -> bytes:
    return b"".join(map(line_bytes, lines))


def _whose(principal: Principal) -> int | None:
    return None if principal.role is Role.PLATFORM else principal.merchant_id


def _shape(kept: KeptDay) -> ClosedDay:
    return ClosedDay(
        number=kept.number,
        day=kept.day.isoformat(),
        begins_at=format_instant(kept.begins_at),
        ends_at=format_instant(kept.ends_at),
        closed_at=format_instant(kept.closed_at),
        key=kept.key,
        sha256=kept.hash,
        previous=kept.previous,
        lines=kept.lines,
        late=kept.late,
    )

"""A file that never changes while the process lives: in memory once, and compressed once."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from adapters.http.wire.answers import NOTHING, Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from adapters.http.wire.answers import Header
    from adapters.http.wire.headers import Fields

_CODING: Final = re.compile(
    rb"[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*"
    rb"(?:;[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*)?",
    re.IGNORECASE,
)
"""One coding of an Accept-Encoding, and its weight (RFC 9110, 12.5.3)."""

_TAG: Final = re.compile(rb'(?:W/)?("[^"]*")')
_VARY: Final[Header] = (b"vary", b"Accept-Encoding")
_KEPT_S: Final = 0
"""A cache may keep it and has to ask whether it is still the same: addresses have no versions."""


@dataclass(frozen=True, slots=True)
class _Representation:
    """A representation: its tag, and both its answers, made once."""

    tag: bytes
    whole: Answer
    unchanged: Answer


@dataclass(slots=True, kw_only=True)
class StaticFile:
    """The answers of a file that `read` brings: read when it is first asked for, in a thread."""

    read: Callable[[], bytes]
    media_type: bytes
    policy: Header = NOTHING
    _kept: asyncio.Task[tuple[_Representation, _Representation]] | None = field(
        default=None, init=False
    )

    async def answer(self, fields: Fields) -> Answer:
        """The file, compressed for whoever takes that; 304 for whoever has it already."""
        if self._kept is None or _has_failed(self._kept):
            self._kept = asyncio.create_task(asyncio.to_thread(self._load))
        plain, compressed = await asyncio.shield(self._kept)
        kept = compressed if _takes_gzip(fields.get(b"accept-encoding", b"")) else plain
        return kept.unchanged if _has(fields, kept.tag) else kept.whole

    def _load(self) -> tuple[_Representation, _Representation]:
        content = self.read()
        name = hashlib.sha256(content).hexdigest()[:32].encode("ascii")
        small = gzip.compress(content, mtime=0)
        return (
            self._keep(content, b'"' + name + b'"', ()),
            self._keep(small, b'"' + name + b'-gzip"', ((b"content-encoding", b"gzip"),)),
        )

    def _keep(self, content: bytes, tag: bytes, coding: tuple[Header, ...]) -> _Representation:
        headers = (_VARY, (b"etag", tag))
        whole = Answer(
            200,
            content,
            headers=(*headers, *coding),
            media_type=self.media_type,
            policy=self.policy,
            cache_s=_KEPT_S,
        )
        unchanged = Answer(304, b"", headers=headers, policy=self.policy, cache_s=_KEPT_S)
        told = {b"content-type", b"content-length"}  # of another answer (RFC 9110, 8.6)
        unchanged.headers = [header for header in unchanged.headers if header[0] not in told]
        return _Representation(tag, whole, unchanged)


def _has_failed(task: asyncio.Task[tuple[_Representation, _Representation]]) -> bool:
    """Whether the file could not be read then; it may be there now."""
    return task.done() and (task.cancelled() or task.exception() is not None)


def _takes_gzip(accepted: bytes) -> bool:
    """Whether gzip is among them, or `*` is and gzip is not refused by its name."""
    weights: dict[bytes, float] = {}
    for part in accepted.split(b","):
        coding = _CODING.fullmatch(part)
        if coding is not None:
            name = coding[1].lower().removeprefix(b"x-")
            weights[name] = float(coding[2] or 1)
    return weights.get(b"gzip", weights.get(b"*", 0.0)) > 0


def _has(fields: Mapping[bytes, bytes], tag: bytes) -> bool:
    """Whether If-None-Match names this representation (RFC 9110, 13.1.2)."""
    known = fields.get(b"if-none-match")
    return known is not None and (known.strip() == b"*" or tag in _TAG.findall(known))

"""A file as the body of a request: its form, its bytes on disk, how many there may be at once."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Final

from adapters.http.wire.body import (
    BodyIncompleteError,
    BodyTooLargeError,
    UnsupportedBodyError,
    check_coding,
)
from cashback_core.people.rate_limit import RateExceededError
from cashback_core.values.violations import show

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Mapping

    from litestar.types import Receive

    from adapters.http.wire.headers import Fields
    from cashback_core.reconciliation.file_import import FileForm

FORMS: Final[Mapping[str, FileForm]] = {
    "text/csv": "csv",
    "application/jsonl": "jsonl",
    "application/x-ndjson": "jsonl",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}
"""What a file may be, by its media type."""

MOST_COMING: Final = 16
"""Files that come to one process at a time, of a merchant one: each costs it a place on disk.

So whoever sends slowly, which they may for as long as a request may take to come, keeps nobody else
from handing in.
"""

MOST_READ: Final = 3
"""Files that one process has read at a time, each by a child that is nice to whoever sells.

So nobody keeps the others waiting by one file that takes long; a child has 400 MiB at most.
"""

WAITED_S: Final = 30.0
"""How long a file that has come waits to be read."""

_BUSY: Final = RateExceededError(5.0)
_IN_MEMORY: Final = 1024 * 1024


@dataclass(slots=True)
class UploadSlots:
    """How many files are being handed in, and read; of a merchant, or of the account, one."""

    most: int = MOST_COMING
    waited_s: float = WAITED_S
    taken: set[int | None] = field(default_factory=set[int | None], init=False)
    _read: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(MOST_READ), init=False
    )

    @contextmanager
    def one(self, merchant_id: int | None) -> Generator[None, None, None]:
        """Be the merchant's; raises RateExceededError."""
        if merchant_id in self.taken or len(self.taken) >= self.most:
            raise _BUSY
        self.taken.add(merchant_id)
        try:
            yield
        finally:
            self.taken.discard(merchant_id)

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[None, None]:
        """Read what has come; raises RateExceededError where others take too long."""
        try:
            async with asyncio.timeout(self.waited_s):
                await self._read.acquire()
        except TimeoutError:
            raise _BUSY from None
        try:
            yield
        finally:
            self._read.release()


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file as it came, from its beginning; it is gone once it is closed."""

    file: IO[bytes]
    sha256: bytes


def read_form(fields: Fields) -> FileForm:
    """The form of a file that comes. Raises UnsupportedBodyError."""
    media_type = fields.get(b"content-type", b"").decode("latin-1")
    form = FORMS.get(media_type.partition(";")[0].strip().lower())
    if form is None:
        raise UnsupportedBodyError(
            "Content-Type", expected=", ".join(FORMS), received=show(media_type) or None
        )
    return form


async def read_upload(fields: Fields, receive: Receive, *, max_bytes: int) -> Upload:
    """The body, put on disk as it comes.

    Raises UnsupportedBodyError for a compressed one, BodyTooLargeError, BodyIncompleteError.
    """
    check_coding(fields)
    declared = fields.get(b"content-length", b"0")
    if not declared.isdigit() or len(declared) > 12 or int(declared) > max_bytes:
        raise BodyTooLargeError
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, prefix="cashback-")  # noqa: SIM115
    try:
        sha256 = await _put_aside(file, receive, max_bytes=max_bytes)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return Upload(file=file, sha256=sha256)


async def _put_aside(file: IO[bytes], receive: Receive, *, max_bytes: int) -> bytes:
    digest, size = hashlib.sha256(), 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise BodyIncompleteError
        size += len(message["body"])
        if size > max_bytes:
            raise BodyTooLargeError
        digest.update(message["body"])
        await asyncio.to_thread(file.write, message["body"])
        if not message["more_body"]:
            return digest.digest()

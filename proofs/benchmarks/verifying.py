"""Verifies large chains: `python -m benchmarks.verifying [LINES] [CLOSES] [KEYS]`.

First one merchant's day of so many lines (a sale has three), then the account's chain of so many
closes by so many keys, each key after another. What counts is the processor's time and the memory
that `python -m cashback_core.verify` asks for.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cashback_core.closing.close import (
    Chained,
    Close,
    Span,
    close_hash,
    document_bytes,
    sign_close,
)
from cashback_core.closing.day_under_way import DayUnderWay
from cashback_core.closing.keys import CloseKey, key_id, keys_bytes
from cashback_core.closing.lines import DayLine, LinesHead
from cashback_core.closing.persons import person_of
from cashback_core.delivery.states import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cashback_core.closing.day import Day

FIRST: Final = datetime(2026, 11, 1, tzinfo=UTC)
DAY: Final = timedelta(days=1)
_MOVES: Final = (None, Status.PENDING, Status.SENDING, Status.APPLIED)


def lines_of(lines: int) -> Iterator[DayLine]:
    """Sales of two types in fifty stores, each accepted and paid within the day."""
    for number in range(lines):
        sale, step = divmod(number, 3)
        moves = step != 1
        yield DayLine(
            at=FIRST + number * (DAY / (lines + 1)),
            cashback=str(UUID(int=(sale << 64) + (7 << 76) + (2 << 62))),
            sequence=step + 1,
            from_status=_MOVES[step],
            to_status=_MOVES[step + 1] or Status.PENDING,
            centavos=1_000,
            person=person_of(bytes(32), f"{sale // 2:011d}"),
            store=f"L{sale % 50}",
            types={"A": 600, "B": 400} if moves else {},
        )


def close_of(
    key: Ed25519PrivateKey, number: int, previous: str | None, day: Day | None = None
) -> tuple[bytes, str]:
    """A signed close as it is sent, and its hash."""
    begins_at = FIRST + (number - 1) * DAY
    close = Close(
        chained=Chained(
            owner=None if day is None else "demo", number=number, previous=previous
        ),
        span=Span(
            day=begins_at.date(), zone="UTC", begins_at=begins_at, ends_at=begins_at + DAY,
            closed_at=begins_at + DAY + timedelta(minutes=10), below=number,
        ),
        key=key_id(key.public_key().public_bytes_raw()),
        of_merchant=day,
    )  # fmt: skip
    return document_bytes(sign_close(close, key.sign)) + b"\n", close_hash(close)


def write_day(folder: Path, lines: int) -> None:
    """A day's close and its lines."""
    key = Ed25519PrivateKey.generate()
    head = LinesHead(owner="demo", number=1, day=FIRST.date())
    day = DayUnderWay(head, begins_at=FIRST, ends_at=FIRST + DAY)
    with (folder / "lines.jsonl").open("wb") as file:
        file.write(day.head_bytes)
        for line in lines_of(lines):
            file.write(day.add(line))
    document, _ = close_of(key, 1, None, day.done({}))
    (folder / "closes.jsonl").write_bytes(document)
    one = CloseKey(public_key=key.public_key().public_bytes_raw(), from_at=FIRST)
    (folder / "keys.json").write_bytes(keys_bytes([one]))


def write_chain(folder: Path, closes: int, keys: int) -> None:
    """A chain of closes of nothing, each key for as many of them."""
    private = [Ed25519PrivateKey.generate() for _ in range(keys)]
    each = -(-closes // keys)
    begun = [FIRST + index * each * DAY for index in range(keys)]
    known = [
        CloseKey(public_key=key.public_key().public_bytes_raw(), from_at=at, until_at=until)
        for key, at, until in zip(private, begun, [*begun[1:], None], strict=True)
    ]
    (folder / "keys.json").write_bytes(keys_bytes(known))
    previous: str | None = None
    with (folder / "closes.jsonl").open("wb") as file:
        for number in range(1, closes + 1):
            # The day is closed ten minutes after its end: in the time of the day after.
            key = private[min(number // each, keys - 1)]
            document, previous = close_of(key, number, previous)
            file.write(document)


def measure(folder: Path, what: str, count: int) -> None:
    """Verify a folder as anybody does."""
    before, began_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "cashback_core.verify", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    took_s = time.perf_counter() - began_s
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    used_s = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    print(
        f"{count:,} {what}: {used_s:.1f} s of processor in {took_s:.1f} s,"
        f" {count / used_s:,.0f} a second, {used.ru_maxrss / 1024:.0f} MiB at most"
    )


def main(lines: int = 1_000_000, closes: int = 20_000, keys: int = 1_000) -> None:
    """Both, in folders that end with it."""
    with tempfile.TemporaryDirectory() as name:
        write_day(Path(name), lines)
        measure(Path(name), "lines", lines)
    with tempfile.TemporaryDirectory() as name:
        write_chain(Path(name), closes, keys)
        measure(Path(name), f"closes by {keys:,} keys", closes)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

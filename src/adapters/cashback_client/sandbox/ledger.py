"""What the sandbox really credited: an append-only file that outlives any kill.

A line reaches the operating system before the answer leaves, in one write, so that kill -9 of
the sandbox loses no credit that anybody was told of. (A crash of the machine may: it is not
fsynced, since what it stands for, the provider's own database, is not what is under test.)
"""

from __future__ import annotations

import functools
import json
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self

from cashback_core.values.money import format_centavos

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from adapters.cashback_client.sandbox.order import Order

_MICROS: Final = 1_000_000
_ENCODE: Final = json.JSONEncoder(separators=(",", ":")).encode
_O_BINARY: Final[int] = getattr(os, "O_BINARY", 0)
"""Windows alone translates line ends."""


class LedgerCorruptError(Exception):
    """A line that is not the last cannot be read: somebody edited the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """One payment to a wallet; `seq` counts from 1, `at_us` is microseconds since 1970."""

    seq: int
    at_us: int
    document: str
    cashback_centavos: int
    reference: str | None

    @property
    def at(self) -> str:
        """RFC 3339, in UTC."""
        return format_instant(self.at_us)

    def as_json(self) -> dict[str, object]:
        """Return the credit as the ledger's file and `GET /ledger` spell it."""
        return {
            "seq": self.seq,
            "at": self.at,
            "document": self.document,
            "cashback": format_centavos(self.cashback_centavos),
            "reference": self.reference,
        }

    @classmethod
    def from_json(cls, line: bytes) -> Self:
        """Read a line of the file; raises ValueError, KeyError, TypeError or AttributeError."""
        fields = json.loads(line)
        return cls(
            seq=fields["seq"],
            at_us=parse_instant(fields["at"]),
            document=fields["document"],
            cashback_centavos=int(fields["cashback"].replace(".", "")),
            reference=fields["reference"],
        )


class Ledger:
    """Every credit, in the order in which it was made; instants never repeat or go back."""

    def __init__(self, path: Path, *, now_us: Callable[[], int] | None = None) -> None:
        """Open or create the file; a torn last line, never answered for, is cut off."""
        self.credits: list[Credit] = []
        self._by_reference: dict[str, Credit] = {}
        self._now_us = now_us or _wall_clock_us
        self._last_us = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _O_BINARY, 0o600)
        try:
            self._load(path)
        except BaseException:
            self.close()
            raise

    def apply(self, order: Order) -> Credit:
        """Credit the wallet, once more for every call."""
        credit = Credit(
            seq=len(self.credits) + 1,
            at_us=max(self._now_us(), self._last_us + 1),
            document=order.document,
            cashback_centavos=order.cashback_centavos,
            reference=order.reference,
        )
        line = _ENCODE(credit.as_json()).encode("ascii") + b"\n"
        if os.write(self._file, line) != len(line):
            raise OSError("the ledger's disk is full")
        self._note(credit)
        return credit

    def find(self, reference: str) -> Credit | None:
        """Return the first credit of that reference."""
        return self._by_reference.get(reference)

    def watermark_us(self) -> int:
        """Return an instant that every later credit will lie after."""
        self._last_us = max(self._now_us(), self._last_us)
        return self._last_us

    def close(self) -> None:
        """Close the file; the credits stay readable."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _load(self, path: Path) -> None:
        content = path.read_bytes()
        whole, newline, torn = content.rpartition(b"\n")
        if torn:
            os.ftruncate(self._file, len(content) - len(torn))
        for line in whole.split(b"\n") if newline else []:
            try:
                credit = Credit.from_json(line)
            except (ValueError, KeyError, TypeError, AttributeError) as exc:
                raise LedgerCorruptError(f"{path}: line {len(self.credits) + 1}") from exc
            if credit.seq != len(self.credits) + 1:
                raise LedgerCorruptError(f"{path}: line {len(self.credits) + 1}")
            self._note(credit)

    def _note(self, credit: Credit) -> None:
        self.credits.append(credit)
        self._last_us = credit.at_us
        if credit.reference is not None:
            self._by_reference.setdefault(credit.reference, credit)


def format_instant(at_us: int) -> str:
    """Spell microseconds since 1970 as RFC 3339 in UTC."""
    seconds, micros = divmod(at_us, _MICROS)
    return f"{_spell_second(seconds)}.{micros:06d}Z"


def parse_instant(text: str) -> int:
    """Read RFC 3339 with an offset as microseconds since 1970; raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("an instant needs its offset")
    elapsed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (elapsed.days * 86_400 + elapsed.seconds) * _MICROS + elapsed.microseconds


@functools.lru_cache(maxsize=16)
def _spell_second(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def _wall_clock_us() -> int:
    return time.time_ns() // 1_000

"""A file that is replaced, or written, while it is read is not kept under another's digest."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from cashback_core.reconciliation.file_import import FileUnreadableError
from cashback_core.reconciliation.statements import StatementLine
from cashback_gateway.commands.file_bringing import unchanged

if TYPE_CHECKING:
    from pathlib import Path

LINES = [StatementLine(number=1, document=None, cashback_centavos=1, credited_at=None)]
FIRST = b"first" * 500_000


def test_a_file_that_stays_is_told_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(FIRST)
    with file.open("rb") as opened:
        opened.read(3)
        told = unchanged(iter(LINES), opened, hashlib.sha256(FIRST).digest())
        assert [*told] == LINES
        assert opened.tell() == 3, "how far it came is somebody else's"


def test_a_file_that_is_another_by_then_is_refused_in_the_end(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"second" * 500_000)
    with file.open("rb") as opened:
        told = unchanged(iter(LINES), opened, hashlib.sha256(FIRST).digest())
        assert next(told) == LINES[0]
        with pytest.raises(FileUnreadableError, match="replaced"):
            next(told)

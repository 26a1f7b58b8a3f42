from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.cashback_client.sandbox.ledger import (
    Ledger,
    LedgerCorruptError,
    format_instant,
    parse_instant,
)
from adapters.cashback_client.sandbox.order import Order

if TYPE_CHECKING:
    from pathlib import Path

ORDER = Order(document="52998224725", cashback_centavos=1000, reference="ref")


def test_what_was_credited_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    ledger = Ledger(path)
    made = [ledger.apply(ORDER) for _ in range(3)]
    # No close: a kill would not have called it either.
    again = Ledger(path)
    assert again.credits == made
    assert again.find("ref") == made[0]
    assert again.apply(ORDER).seq == 4
    for each in (ledger, again):
        each.close()


def test_instants_never_repeat_or_go_back_although_the_clock_does(tmp_path: Path) -> None:
    clock = iter([1_000, 1_000, 500, 500, 500, 3_000])
    ledger = Ledger(tmp_path / "ledger", now_us=lambda: next(clock))
    instants = [
        ledger.apply(ORDER).at_us,
        ledger.apply(ORDER).at_us,
        ledger.watermark_us(),
        ledger.apply(ORDER).at_us,
        ledger.watermark_us(),
        ledger.apply(ORDER).at_us,
    ]
    assert instants == [1_000, 1_001, 1_001, 1_002, 1_002, 3_000]
    ledger.close()


@pytest.mark.parametrize("torn", [b"{", b'{"seq":2', b"\x00\x00"])
def test_a_torn_last_line_is_cut_off(torn: bytes, tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    ledger = Ledger(path)
    ledger.apply(ORDER)
    ledger.close()
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    ledger = Ledger(path)
    ledger.close()
    assert len(ledger.credits) == 1
    assert path.read_bytes() == whole


@pytest.mark.parametrize("line", [b"{}\n", b"no json\n", b"[]\n", b"\n", b'{"seq":2}\n'])
def test_a_line_that_was_edited_is_told_instead_of_skipped(line: bytes, tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    path.write_bytes(line)
    with pytest.raises(LedgerCorruptError, match="line 1"):
        Ledger(path)


def test_a_missing_line_is_told(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    ledger = Ledger(path)
    for _ in range(3):
        ledger.apply(ORDER)
    ledger.close()
    first, _, third = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + third)
    with pytest.raises(LedgerCorruptError, match="line 2"):
        Ledger(path)


@pytest.mark.parametrize("at_us", [0, 1, 999_999, 1_000_000, 1_763_868_213_000_123])
def test_an_instant_is_read_as_it_was_spelled(at_us: int) -> None:
    assert parse_instant(format_instant(at_us)) == at_us


def test_an_instant_needs_its_offset() -> None:
    with pytest.raises(ValueError, match="offset"):
        parse_instant("2026-01-01T00:00:00")

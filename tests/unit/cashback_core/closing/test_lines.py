"""A line is read by its spelling or as JSON: whichever it is, no two readers differ."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cashback_core.closing.canonical import NotCanonical
from cashback_core.closing.lines import (
    DayLine,
    line_as_json,
    line_as_written,
    line_bytes,
    read_line,
)
from cashback_core.delivery.states import Status
from cashback_core.testing.strategies.closed_days import ChainSigner, closed_chains

if TYPE_CHECKING:
    from cashback_core.testing.strategies.closed_days import ClosedChain

_KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(32))
SIGNER: Final = ChainSigner(public_key=_KEY.public_key().public_bytes_raw(), sign=_KEY.sign)
LINE: Final = line_bytes(
    DayLine(
        at=datetime(2026, 11, 28, 12, 0, 2, 118700, tzinfo=UTC),
        cashback="01a20000-0000-7000-8000-000000000002",
        sequence=4,
        from_status=Status.IN_DOUBT,
        to_status=Status.APPLIED,
        centavos=200,
        person="c8" * 32,
        store="SP-01",
        types={"A": 150, "B": 50},
    )
)
ODD: Final = (
    (b"12:00:02", b"24:00:00"),
    (b"12:00:02", b"12:00:60"),
    (b"2026-11-28", b"2026-02-30"),
    (b"2026-11-28", b"0000-01-01"),
    (b":200,", b":0200,"),
    (b":200,", b":-200,"),
    (b":200,", b":200.0,"),
    (b":200,", b":99999999999999999,"),
    (b'"sequence":4', b'"sequence":0'),
    (b'"A":150,"B":50', b'"B":50,"A":150'),
    (b'"A":150,"B":50', b'"A":50,"A":150'),
    (b'"A":150,"B":50', b'"A":-50,"B":250'),
    (b',"types":{"A":150,"B":50}', b""),
    (b'{"A":150,"B":50}', b"{}"),
    (b"SP-01", b"SP\\u002d01"),
    (b"SP-01", b"SP\xc3\xa901"),
    (b"SP-01", b"SP\x7f01"),
    (b"SP-01", b"SP 01"),
    (b"c8c8", b"C8C8"),
    (b"applied", b"paid"),
    (b"\n", b""),
    (b"\n", b"\r\n"),
    (b"\n", b"\n\n"),
    (b'{"at"', b' {"at"'),
    (b"01a20000-0000", b"01a200000-000"),
)


def by_json(data: bytes) -> DayLine | None:
    try:
        return line_as_json(data)
    except NotCanonical:
        return None


@st.composite
def changed_lines(draw: st.DrawFn) -> bytes:
    """A line of a day as it is, or with some of its bytes changed, left out or put in."""
    chain: ClosedChain = draw(closed_chains(SIGNER))
    lines = [line for day in chain.days for line in day.lines]
    data = bytearray(line_bytes(draw(st.sampled_from(lines))) if lines else LINE)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(data) - 1))
        put = draw(
            st.sampled_from([b"", b"0", b"9", b'"', b"\\", b" ", b"-", b"\n", b"a", b"\xc3"])
        )
        data[at : at + draw(st.integers(0, 1))] = put
    return bytes(data)


@settings(max_examples=50)
@given(changed_lines())
@example(LINE)
def test_what_is_read_by_its_spelling_is_what_its_json_says(data: bytes) -> None:
    written = line_as_written(data)
    assert written is None or written == by_json(data)


@pytest.mark.parametrize(("what", "by"), ODD)
def test_no_other_spelling_is_a_line(what: bytes, by: bytes) -> None:
    data = LINE.replace(what, by, 1)
    assert data != LINE
    assert line_as_written(data) is None
    with pytest.raises(NotCanonical):
        read_line(data)


def test_a_line_is_read_by_its_spelling_and_with_a_quote_as_json() -> None:
    """Else the quick way is never gone, and nobody notices."""
    line = line_as_written(LINE)
    assert line == by_json(LINE)
    assert line is not None
    quoted = LINE.replace(b"SP-01", b'S\\"P\\\\')
    assert line_as_written(quoted) is None
    assert read_line(quoted).store == 'S"P\\'

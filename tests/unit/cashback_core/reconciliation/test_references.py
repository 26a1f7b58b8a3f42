"""Our reference in whatever spelling, and what is none."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.reconciliation import id_in
from cashback_core.reconciliation.references import PartsOf, is_part_of, names, parts_in
from unit.cashback_core.reconciliation.test_classes import SPELLINGS

if TYPE_CHECKING:
    from collections.abc import Callable

IDS = st.uuids(version=4)


@given(IDS, st.lists(st.sampled_from(SPELLINGS), max_size=3))
def test_an_id_is_read_in_every_spelling(one: UUID, spellings: list[Callable[[str], str]]) -> None:
    text = str(one)
    for spelling in spellings:
        text = spelling(text)
    read = id_in(text)
    # Glued to something that may be a part of it, it may be read in two ways: then in none.
    assert read in (one.hex, None)
    if len(spellings) <= 1:
        assert read == one.hex or not text.endswith(one.hex)


@given(IDS)
def test_letters_of_other_widths_are_letters(one: UUID) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if c != "-" else "\u2010" for c in str(one))
    assert id_in(wide) == one.hex


@given(IDS, IDS)
def test_two_ids_are_none(one: UUID, other: UUID) -> None:
    both = f"{one} {other}"
    assert id_in(both) == (one.hex if one == other else None)


@given(st.text(max_size=300))
def test_any_text_is_read_or_not(text: str) -> None:
    read = id_in(text)
    assert read is None or UUID(hex=read).hex == read
    assert all(len(part) >= 8 for part in parts_in(text))


@pytest.mark.parametrize("text", [None, "", "NaN", "PIX 77", "1" * 40, "x" * 32])
def test_what_is_no_id(text: str | None) -> None:
    assert id_in(text) is None


@given(IDS, st.integers(8, 31))
def test_an_id_that_was_cut_is_a_part_of_it(one: UUID, kept: int) -> None:
    cut = one.hex[:kept]
    assert is_part_of(f"nr {cut.upper()}", one.hex)
    assert not is_part_of(one.hex[:7], one.hex)
    assert names(f"nr {cut}", one.hex) is (kept >= 16)
    assert not names(one.hex[-kept:], one.hex)


def test_an_id_is_never_another() -> None:
    ids = [uuid4() for _ in range(200)]
    assert [id_in(str(one).upper()) for one in ids] == [one.hex for one in ids]


@given(
    st.lists(IDS, min_size=1, max_size=4),
    st.lists(
        st.one_of(
            st.tuples(st.integers(0, 3), st.integers(0, 31), st.integers(1, 40)),
            st.text("0123456789abcdef -xZ", max_size=20),
        ),
        max_size=4,
    ),
)
def test_an_index_of_ids_finds_those_that_a_reference_may_be_a_part_of(
    ids: list[UUID], pieces: list[tuple[int, int, int] | str]
) -> None:
    texts = [
        piece if isinstance(piece, str) else _cut(ids[piece[0] % len(ids)], *piece[1:])
        for piece in pieces
    ]
    reference = " ".join(texts)
    hexes = {one.hex for one in ids}
    assert PartsOf(hexes).named_by(reference) == {h for h in hexes if is_part_of(reference, h)}


def _cut(one: UUID, start: int, length: int) -> str:
    return one.hex[start : start + length]

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.values.name_search import MAX_WORDS, folded, matches, words_of


@pytest.mark.parametrize(
    ("name", "asked", "found"),
    [
        ("JOSÉ DA SILVA", "jose", True),
        ("JOSÉ DA SILVA", "sil jos", True),
        ("JOSÉ DA SILVA", "ilva", False),
        ("Conceição", "CONCEICAO", True),
        ("ﬁlipe", "fil", True),
        ("ANA", "ana maria", False),
        ("ANA", "", True),
    ],
)
def test_words_begin_words_of_the_name(name: str, asked: str, *, found: bool) -> None:
    assert matches(name, asked) is found


@given(st.text(max_size=60))
def test_every_name_is_found_by_itself(name: str) -> None:
    assert matches(name, name)
    assert folded(folded(name)) == folded(name)
    assert len(words_of(name)) <= MAX_WORDS

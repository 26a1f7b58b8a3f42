from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.values.suggestions import MAX_COMPARED, MAX_MEANT, MAX_TOLD, Nearest

KNOWN = ("ALIMENTOS", "BEBIDAS", "ELETRO", "eletro-2")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("bebidas", "BEBIDAS"),
        (" ELETRO ", "ELETRO"),
        ("ALIMENTO", "ALIMENTOS"),
        ("EletroX", "ELETRO, eletro-2"),
        ("ZZZ", "ALIMENTOS, BEBIDAS, ELETRO, eletro-2"),
        ("", "ALIMENTOS, BEBIDAS, ELETRO, eletro-2"),
    ],
)
def test_the_nearest_are_told_or_all(name: str, told: str) -> None:
    assert Nearest(KNOWN)(name) == told


def test_of_many_the_first_are_told_and_where_there_are_none_a_dash() -> None:
    assert Nearest(())("A") == "\N{EM DASH}"
    many = [f"T{n:03}" for n in range(MAX_COMPARED + 1)]
    assert Nearest(many)("ZZ") == ", ".join(many[:MAX_TOLD]) + ", …"
    assert Nearest(many)("t007") == "T007"


def test_only_a_few_different_names_are_looked_for() -> None:
    nearest = Nearest(KNOWN)
    for n in range(MAX_MEANT):
        assert nearest(f"BEBIDA{n}") == "BEBIDAS"
    assert nearest("BEBIDAS9") == ", ".join(KNOWN)
    assert nearest("BEBIDA0") == "BEBIDAS"


@given(
    st.lists(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), max_size=32)),
    st.text(),
)
def test_only_known_names_are_told(known: list[str], name: str) -> None:
    told = Nearest(known)(name)
    assert told.removesuffix(", …") in {"\N{EM DASH}", ""} or all(
        part in ", ".join(known) for part in told.removesuffix(", …").split(", ")
    )

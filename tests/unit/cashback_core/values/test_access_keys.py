"""Access keys of fiscal documents: real ones, made ones, and whatever only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.testing import strategies
from cashback_core.values.access_keys import (
    AccessKey,
    access_key_check_digit,
    holds_buyer,
    is_access_key,
)
from cashback_core.values.documents import Cnpj, Cpf
from cashback_core.values.masks import holds_document

PUBLISHED = "29221002768254000180658000000079629611081219"
"""Of an NFC-e that was shown in public."""


def test_a_published_key_tells_whose_document_it_is() -> None:
    assert AccessKey.parse(PUBLISHED) == AccessKey(
        uf="29",
        month="2022-10",
        cnpj="02768254000180",
        model="65",
        series=800,
        number=7962,
    )
    assert AccessKey.parse("13181017921427000125650010000000309887251170") is not None


def oracle(stem: str) -> str:
    """The manual's own words: weights 2 to 9 from the right, 11 less the rest, 0 for 10 and 11."""
    weights = [2, 3, 4, 5, 6, 7, 8, 9] * 6
    values = [ord(character) - 48 for character in stem][::-1]
    digit = 11 - sum(v * w for v, w in zip(values, weights, strict=False)) % 11
    return "0" if digit in {10, 11} else f"{digit}"


@given(strategies.access_keys())
def test_every_key_is_read_and_its_digit_is_the_manuals(key: str) -> None:
    found = AccessKey.parse(key)
    assert found is not None
    assert key[-1] == oracle(key[:-1]) == access_key_check_digit(key[:-1])
    year, month = found.month.split("-")
    parts = (found.uf, year[2:], month, found.cnpj, found.model)
    assert key.startswith("".join(parts) + f"{found.series:03d}{found.number:09d}")


@given(strategies.access_keys(), st.integers(0, 43), st.sampled_from("0123456789"))
def test_one_digit_mistyped_is_no_key(key: str, place: int, digit: str) -> None:
    typed = key[:place] + digit + key[place + 1 :]
    found = AccessKey.parse(typed)
    right = typed[-1] == oracle(typed[:-1])
    assert (found is not None) <= right
    if key[place].isdigit() and digit != key[place] and place < 43:
        # Modulo 11 finds one wrong digit, unless both rests (0 and 1) are told as 0.
        assert found is None or typed[-1] == "0"


@given(strategies.access_keys(), strategies.cpfs())
def test_a_person_who_issues_is_no_company(key: str, cpf: Cpf) -> None:
    stem = f"{key[:6]}000{cpf}{key[20:43]}"
    rural = stem + access_key_check_digit(stem)
    assert (AccessKey.parse(rural) is not None) is Cnpj.is_valid(f"000{cpf}")


@given(strategies.access_keys(), st.integers(0, 99))
def test_the_key_of_a_document_that_is_laid_out_otherwise_is_opaque(key: str, model: int) -> None:
    stem = f"{key[:20]}{model:02d}{key[22:43]}"
    other = stem + access_key_check_digit(stem)
    read = AccessKey.parse(other)
    assert is_access_key(other)
    assert (read is not None) is (f"{model:02d}" in {"55", "57", "62", "63", "65", "66", "67"})
    assert not holds_buyer(other, Cnpj(key[6:20])), "whatever it is, the issuer is its issuer"


@given(strategies.access_keys(), strategies.cnpjs())
def test_a_key_tells_a_company_that_buys_and_none_that_sells(key: str, other: Cnpj) -> None:
    parsed = AccessKey.parse(key)
    assert parsed is not None
    issuer = Cnpj(parsed.cnpj)
    assert holds_document(key, issuer)
    assert not holds_buyer(key, issuer)
    assert holds_buyer(f"{key}-1", issuer)
    assert holds_buyer(f"NF-{other}", other)


def test_nobody_is_told_by_a_name_with_a_cpf_that_is_written_as_one() -> None:
    assert holds_buyer("NF/529.982.247-25", None)
    assert not holds_buyer("NF/529.982.247-26", None)
    assert not holds_buyer("52998224725", None)  # one number of eleven digits in a hundred


@pytest.mark.parametrize(
    "text",
    [
        *["", "NF-1", PUBLISHED[:-1], PUBLISHED + "0", " " + PUBLISHED[1:], PUBLISHED[:-1] + "\n"],
        *["29" * 22, PUBLISHED[:4] + "00" + PUBLISHED[6:], PUBLISHED.replace("0", "\uff10")],
    ],
)
def test_any_other_text_is_opaque(text: str) -> None:
    assert AccessKey.parse(text) is None

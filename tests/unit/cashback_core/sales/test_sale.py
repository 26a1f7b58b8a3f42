"""Names of customers: which spellings are one person's."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given

from cashback_core.sales.sale import name_key
from cashback_core.testing import strategies


@pytest.mark.parametrize(
    "spelling",
    [
        *["JOSÉ DA SILVA", "jose da silva", "  Jose   da Silva ", "JOSE\u0301 DA SILVA"],
        *["Jose\u00a0da Silva", "\uff2a\uff2f\uff33\uff25 DA SILVA", "josé da silvA"],
    ],
)
def test_case_accents_and_extra_spaces_make_no_other_name(spelling: str) -> None:
    assert name_key(spelling) == "jose da silva"


@pytest.mark.parametrize(
    ("one", "other"),
    [("ANA LIMA", "ANALIMA"), ("ANA", "ANNA"), ("ANA-LIMA", "ANA LIMA"), ("JOSE", "JOSE 2")],
)
def test_other_letters_make_another_name(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("STRASSE", "straße"), ("ΣΟΦΟΣ", "σοφος"), ("™", "tm"), ("İ", "i"), ("\ufb01", "FI")],
)
def test_letters_are_compared_as_unicode_folds_them(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@given(strategies.names())
def test_a_key_is_its_own_key_and_every_form_has_it(name: str) -> None:
    key = name_key(name)
    assert name_key(key) == key
    for form in ("NFC", "NFD"):
        assert name_key(unicodedata.normalize(form, name)) == key
    assert name_key(f" {name} ") == key

"""What a violation tells, in both languages, and what it never tells."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core import InvalidSale, Language, Violation, languages
from cashback_core.testing import strategies
from cashback_core.values.violations import MAX_RECEIVED_CHARS, show
from cashback_core.words.locales import UnknownLanguage


@given(strategies.invalid_documents())
def test_every_placeholder_is_filled(invalid: strategies.InvalidSaleDocument) -> None:
    with pytest.raises(InvalidSale) as caught:
        strategies.DEMO.parse(invalid.document)
    for violation in caught.value.violations:
        for language in languages():
            for text in (violation.detail(language), violation.expected(language)):
                assert text
                assert not re.search(r"[{}]", text)
    assert str(caught.value).startswith(invalid.pointer or "/")


def test_wrong_types_are_named_in_the_language_asked_for() -> None:
    violation = Violation(pointer="/total", code="wrong_type", values={"type": "string or number"})
    assert violation.expected() == "a string or a number"
    assert violation.expected(Language("pt")) == "um texto ou um número"


@pytest.mark.parametrize("tag", ["xx", "", "pt-BR", "locales", "en.sales"])
def test_a_language_that_there_is_not_is_told_with_those_that_there_are(tag: str) -> None:
    violation = Violation(pointer="/total", code="wrong_type", values={"type": "string or number"})
    for told in (violation.detail, violation.expected):
        with pytest.raises(UnknownLanguage, match="there are en, pt") as caught:
            told(Language(tag))
        assert repr(tag) in str(caught.value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        ("x", "x"),
        ("", ""),
        ("a\n\x1b[2J", "a\\u000a\\u001b[2J"),
        ("\ud800", "\\ud800"),
        ({"a": 1}, "an object"),
        ([1], "an array"),
        ((1,), "an array"),
        (b"x", "bytes"),
        (7, "7"),
        (1.5, "1.5"),
        (Decimal("NaN"), "NaN"),
        (Decimal("1e999999"), "1E+999999"),
        (2**256 - 1, str(2**256 - 1)),
        (2**256, "an integer of many digits"),
        (10**1000, "an integer of many digits"),
        (-(10**1_000_000), "an integer of many digits"),
        ("é" * 80, "é" * 80),
        ("é" * 81, "é" * 80 + "…"),
        ("52998224725", "***.982.247-**"),
        (52998224725, "***.982.247-**"),
        ("x" * 75 + " 52998224725", "x" * 75 + " ***." + "…"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_are_shown_short_and_printable(value: object, shown: str) -> None:
    assert show(value) == shown


@given(st.text() | st.integers() | st.floats() | st.decimals())
def test_whatever_is_shown_is_short_and_printable(value: object) -> None:
    shown = show(value)
    assert shown.isprintable()
    assert len(shown) <= 10 * MAX_RECEIVED_CHARS


@given(strategies.cpfs(), st.text(max_size=90), st.text(max_size=20))
def test_a_cpf_within_a_shown_text_is_masked(cpf: str, before: str, after: str) -> None:
    text = f"{before} {cpf} {after}"
    if cpf not in before + after:
        assert cpf[:10] not in show(text)


def test_an_error_tells_its_first_violations_only() -> None:
    violations = tuple(Violation(pointer=f"/{n}", code="required") for n in range(500))
    error = InvalidSale(violations)
    assert len(str(error)) < 1000
    assert error.violations == violations[:100]

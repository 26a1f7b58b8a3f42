"""Every language has every text, with the same places to fill; English says which there are."""

from __future__ import annotations

import importlib
import pkgutil
import string
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cashback_core import Language, languages, words
from cashback_core.words.locales import (
    ENGLISH,
    ValueKind,
    fault_text,
    fault_texts,
    language_name,
    phrases,
    problem_texts,
    told_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

OTHERS = languages()[1:]


def places(texts: Iterable[str]) -> list[set[str]]:
    parse = string.Formatter().parse
    return [{name for _, name, _, _ in parse(text) if name is not None} for text in texts]


def test_every_language_is_named_and_english_comes_first() -> None:
    assert languages()[0] == ENGLISH
    assert OTHERS
    assert all(language_name(language) for language in languages())


@pytest.mark.parametrize("language", OTHERS)
def test_no_language_lacks_a_text_or_has_one_more(language: Language) -> None:
    assert fault_texts(language).keys() == fault_texts(ENGLISH).keys()
    assert problem_texts(language).keys() == problem_texts(ENGLISH).keys()
    assert phrases(language).keys() == phrases(ENGLISH).keys()


@pytest.mark.parametrize("language", OTHERS)
def test_the_same_topics_hold_the_same_codes(language: Language) -> None:
    def topics(of: Language) -> dict[str, list[set[str]]]:
        folder = importlib.import_module(f"{words.__name__}.{of}")
        return {
            topic.name: [
                set(getattr(importlib.import_module(f"{folder.__name__}.{topic.name}"), table, {}))
                for table in ("PROBLEMS", "FAULTS", "PHRASES")
            ]
            for topic in pkgutil.iter_modules(folder.__path__)
        }

    assert topics(language) == topics(ENGLISH)


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_has_the_same_places_and_is_translated(language: Language) -> None:
    for code, text in fault_texts(language).items():
        english = fault_text(ENGLISH, code)
        assert places(text) == places(english), code
        assert text.detail != english.detail
    for name, phrase in phrases(language).items():
        assert places([phrase]) == places([phrases(ENGLISH)[name]]), name
    for code, heading in problem_texts(language).items():
        assert heading != problem_texts(ENGLISH)[code]


@pytest.mark.parametrize("language", languages())
def test_every_text_is_whole(language: Language) -> None:
    for code, text in fault_texts(language).items():
        assert text.detail.endswith("."), code
        assert text.expected, code
    for code, heading in problem_texts(language).items():
        assert heading.title, code
        assert heading.detail.endswith((".", "?")), code
    assert all(phrases(language).values())


@pytest.mark.parametrize("kind", ValueKind)
def test_a_value_that_is_told_by_its_kind_is_told_in_words(kind: ValueKind) -> None:
    assert told_in(ENGLISH, kind) == kind.value
    assert told_in(Language("pt"), kind) not in {None, kind.value}
    assert told_in(Language("pt"), "an object") == "an object"


def test_the_library_alone_loads_no_text() -> None:
    code = (
        "import sys, datetime, cashback_core\n"
        "loaded = [name for name in sys.modules if name.startswith('cashback_core.words.')]\n"
        "assert loaded == ['cashback_core.words.locales'], loaded\n"
        "now = datetime.datetime.now(datetime.UTC)\n"
        "try: cashback_core.parse_sale([], rules=cashback_core.SaleRules(), now=now)\n"
        "except cashback_core.InvalidSale as error: str(error)\n"
        "loaded = [n for n in sys.modules if n.startswith('cashback_core.words.en.')]\n"
        "assert loaded == ['cashback_core.words.en.sales'], loaded\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

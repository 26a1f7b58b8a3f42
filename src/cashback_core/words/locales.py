"""Every text for people, by its code, in each language that has a folder here.

A language is a folder: its modules are topics, each with some of `PROBLEMS`, `FAULTS` and
`PHRASES`. Another folder is another language, and nothing else names it; a test compares the codes
and the {places} of all of them. Codes are stable, texts may improve.
"""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, Final, NamedTuple, NewType

Language = NewType("Language", str)
"""A language that messages are written in: the name of its folder, a primary tag of RFC 5646."""

ENGLISH: Final = Language("en")
"""The language of whoever asks for none."""

_OF_A_SALE: Final = "sales"
"""The topic that the library needs; a service needs the others, too."""


class UnknownLanguage(LookupError):  # noqa: N818 (named by what is wrong)
    """No texts are written in that language, `language`; the message names those that there are."""

    def __init__(self, language: str) -> None:
        super().__init__(language)
        self.language = language

    def __str__(self) -> str:
        return f"no texts are written in {self.language!r}; there are {', '.join(languages())}"


class Text(NamedTuple):
    """What is wrong, and what would have been right; {names} are filled from a fault's values."""

    detail: str
    expected: str


class Heading(NamedTuple):
    """What a problem is called, and what its reader can do about it."""

    title: str
    detail: str


class ValueKind(StrEnum):
    """What came, where it is told by its kind alone: as English has it."""

    OBJECT = "an object"
    ARRAY = "an array"
    NUMBER = "a number"
    LONG_INTEGER = "an integer of many digits"


@cache
def languages() -> tuple[Language, ...]:
    """Every language, English first."""
    import pkgutil  # only who asks for all languages needs it

    folders = (module.name for module in pkgutil.iter_modules(_here().__path__) if module.ispkg)
    return (ENGLISH, *sorted(Language(name) for name in folders if name != ENGLISH))


def language_name(language: Language) -> str:
    """What it is called in the documentation, which is English. Raises UnknownLanguage."""
    name: str = _folder(language).NAME
    return name


def fault_text(language: Language, code: str) -> Text:
    """The two sentences of a fault. Raises UnknownLanguage, or KeyError for an unknown code."""
    found = _of_a_sale(language).FAULTS.get(code)
    return found if found is not None else fault_texts(language)[code]


@cache
def fault_texts(language: Language) -> Mapping[str, Text]:
    """Of every fault, by its code."""
    return _gathered(language, "FAULTS")


@cache
def problem_texts(language: Language) -> Mapping[str, Heading]:
    """The headings of every problem, by its code."""
    return _gathered(language, "PROBLEMS")


def phrase(language: Language, name: str) -> str:
    """A phrase that stands by itself or inside of others. Raises UnknownLanguage or KeyError."""
    found = _of_a_sale(language).PHRASES.get(name)
    return found if found is not None else phrases(language)[name]


@cache
def phrases(language: Language) -> Mapping[str, str]:
    """Every phrase, by its name."""
    return _gathered(language, "PHRASES")


def told_in(language: Language, received: str | None) -> str | None:
    """What came, in words of that language where it is told by its kind alone."""
    if isinstance(received, ValueKind):
        return phrase(language, f"value.{received.name.lower()}")
    return received


def _here() -> ModuleType:
    return import_module(__package__ or "")


@cache
def _of_a_sale(language: Language) -> Any:
    return import_module(f"{_folder(language).__name__}.{_OF_A_SALE}")


def _folder(language: Language) -> ModuleType:
    try:
        found = import_module(f"{__package__}.{language}")
    except ModuleNotFoundError as error:
        raise UnknownLanguage(language) from error
    if not hasattr(found, "__path__"):  # a module beside the languages, or a topic of one
        raise UnknownLanguage(language)
    return found


def _gathered(language: Language, table: str) -> Mapping[str, Any]:
    """A table out of every topic. Raises ValueError for what two of them have."""
    import pkgutil

    folder = _folder(language)
    gathered: dict[str, Any] = {}
    for topic in pkgutil.iter_modules(folder.__path__):
        texts = getattr(import_module(f"{folder.__name__}.{topic.name}"), table, {})
        twice = gathered.keys() & texts.keys()
        if twice:
            raise ValueError(f"{folder.__name__}: {', '.join(sorted(twice))} in two topics")
        gathered.update(texts)
    return gathered

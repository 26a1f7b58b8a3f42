"""What the service really answered, as examples: answers by their schema, problems by their code.

`examples.json` is written by the test that sends the requests, and holds it to them from then on.
A problem that is always told alike needs no recording: here it is put into words as it is there.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from adapters.http.problems.problem import Problem, answer_problem
from cashback_core.words.locales import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.http.wire.fields import Schema

RECORDED: Final = Path(__file__).with_name("examples.json")


class RecordedAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: bodies of answers by the name of their schema, and of problems by their code."""

    answers: dict[str, Any]
    problems: dict[str, Any]


@cache
def recorded() -> RecordedAnswer:
    """What the file tells."""
    return msgspec.json.decode(RECORDED.read_bytes(), type=RecordedAnswer)


def problem_examples(codes: Iterable[str]) -> dict[str, Schema]:
    """The components, by code."""
    told = recorded().problems
    return {code: {"value": told.get(code) or _always(code)} for code in codes}


def with_examples(schemas: dict[str, Schema]) -> dict[str, Schema]:
    """The schemas, each with its answer; what holds others shows theirs."""
    told = recorded().answers
    return {
        name: {**schema, "examples": [told[name]]} if name in told else schema
        for name, schema in schemas.items()
    }


def _always(code: str) -> Any:
    return msgspec.json.decode(answer_problem(Problem(code=code), ENGLISH).body)

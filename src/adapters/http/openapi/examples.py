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
    return {code: {"value": _without_record(told.get(code) or _always(code))} for code in codes}


def with_examples(schemas: dict[str, Schema]) -> dict[str, Schema]:
    """The schemas, each with its answer; what holds others shows theirs."""
    told = recorded().answers
    return {
        name: _with_example(schema, told[name]) if name in told else schema
        for name, schema in schemas.items()
    }


def _with_example(schema: Schema, told: dict[str, Any]) -> Schema:
    """Of one that extends another one, only what it has beside that."""
    if "allOf" not in schema:
        return {**schema, "examples": [told]}
    base, own = schema["allOf"]
    example = {name: value for name, value in told.items() if name in own["properties"]}
    return {**schema, "allOf": [base, {**own, "examples": [example]}]}


def _without_record(problem: dict[str, Any]) -> dict[str, Any]:
    """A record has its own example, which is as long as all the rest."""
    return {name: value for name, value in problem.items() if name != "record"}


def _always(code: str) -> Any:
    return msgspec.json.decode(answer_problem(Problem(code=code), ENGLISH).body)

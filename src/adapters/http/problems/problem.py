"""What went wrong (RFC 9457), and how it becomes an answer in the language asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from adapters.http.problems import shapes
from adapters.http.problems.codes import DIFFERS, PROBLEMS
from adapters.http.wire.answers import Answer, Header, encode
from cashback_core.sales.content import Difference
from cashback_core.words.locales import phrase, problem_texts, told_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cashback_core.values.violations import Violation
    from cashback_core.words.locales import Language

MEDIA_TYPE: Final = b"application/problem+json"
RETRY_AFTER: Final[Header] = (b"retry-after", b"1")
"""Seconds: what is busy or away now is looked at again soon."""

PAGES: Final = "/problems"
"""Where each code has its page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What went wrong, before it is put into words; `code` is out of `codes.PROBLEMS`."""

    code: str
    errors: tuple[Violation | Difference, ...] = ()
    headers: tuple[Header, ...] = ()
    record: msgspec.Struct | None = None
    instance: str | None = None
    roles: tuple[str, ...] | None = None
    detail: Mapping[Language, str] | None = None
    """What this one says instead of what all of its code say."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        return PROBLEMS[self.code].status


def answer_problem(problem: Problem, language: Language) -> Answer:
    """A problem in words."""
    heading = problem_texts(language)[problem.code]
    shape = shapes.Problem(
        type=f"{PAGES}/{problem.code}",
        title=heading.title,
        status=problem.status,
        detail=heading.detail if problem.detail is None else problem.detail[language],
        code=problem.code,
        errors=[_error(error, language) for error in problem.errors],
    )
    if problem.instance is not None:
        shape = msgspec.structs.replace(shape, instance=problem.instance)
    if problem.roles is not None:
        shape = msgspec.structs.replace(shape, roles=list(problem.roles))
    if problem.record is not None:
        shape = msgspec.structs.replace(shape, record=problem.record)
    headers = (*said_in(language), *problem.headers)
    return Answer(problem.status, encode(shape), headers=headers, media_type=MEDIA_TYPE)


def said_in(language: Language) -> tuple[Header, ...]:
    """The headers of an answer whose words depend on who asks."""
    return ((b"content-language", language.encode("ascii")), (b"vary", b"Accept-Language"))


def _error(error: Violation | Difference, language: Language) -> shapes.ProblemError:
    if isinstance(error, Difference):
        return shapes.ProblemError(
            pointer=error.pointer,
            code=DIFFERS,
            detail=phrase(language, DIFFERS),
            received=error.received,
            expected=error.recorded,
        )
    return shapes.ProblemError(
        pointer=error.pointer,
        code=error.code,
        detail=error.detail(language),
        received=told_in(language, error.received),
        expected=error.expected(language),
    )

"""The answers of problems in the OpenAPI document: each stands once, whoever may give it.

An operation has one for each status, made of the codes that it may have there; two operations with
the same codes share it, and its name is its codes. A status that any operation may have, or any
with a body, and that tells nothing of this one, is its `default`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from adapters.http.openapi.parts import ANY, BODY
from adapters.http.openapi.references import reference, references
from adapters.http.problems.codes import PROBLEMS

if TYPE_CHECKING:
    from adapters.http.openapi.parts import Operation
    from adapters.http.wire.fields import Schema

_HEADERS: Final = {
    "401": ("WWW-Authenticate",),
    "409": ("Location",),
    "429": ("Retry-After",),
    "503": ("Retry-After",),
    "default": ("Retry-After",),
}

_SHORT: Final[dict[tuple[str, ...], str]] = {
    ("unauthenticated", "invalid_token"): "no_good_token",
    ("rate_exceeded", "too_many_requests"): "too_fast",
    ("overloaded", "unavailable"): "come_back",
}
"""Names of what nearly every operation has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemAnswer:
    """One status, or `default`, with its codes; `form` is the schema of a form's own refusals."""

    status: str
    codes: tuple[str, ...]
    form: str | None = None
    named: str | None = None

    @property
    def name(self) -> str:
        """Its name among the components."""
        name = self.named or _SHORT.get(self.codes) or "_or_".join(self.codes)
        return name if self.form is None else f"{name}_or_{self.form}"

    def described(self) -> Schema:
        """The component."""
        content: Schema = {
            "application/problem+json": {
                "schema": reference("schemas", "Problem"),
                "examples": references("examples", self.codes),
            }
        }
        if self.form is not None:
            content["application/json"] = {"schema": reference("schemas", self.form)}
        own = _HEADERS.get(self.status)
        headers = {} if own is None else {"headers": references("headers", own)}
        return {
            "description": " · ".join(f"`{code}`" for code in self.codes),
            **headers,
            "content": content,
        }


_ANY_OTHER: Final = ProblemAnswer(status="default", codes=ANY, named="other")
_ANY_OTHER_OF_A_BODY: Final = ProblemAnswer(
    status="default", codes=(*ANY, *BODY), named="other_of_body"
)


def problem_answers(operation: Operation) -> tuple[ProblemAnswer, ...]:
    """Of an operation, by status, `default` last."""
    other = _ANY_OTHER if operation.body is None and not operation.files else _ANY_OTHER_OF_A_BODY
    by_status: dict[int, list[str]] = {}
    for code in PROBLEMS:  # whatever order an operation names them in, the same answer comes of it
        if code in operation.problems:
            by_status.setdefault(PROBLEMS[code].status, []).append(code)
    own = (
        ProblemAnswer(
            status=str(status), codes=tuple(codes), form=operation.form_errors.get(status)
        )
        for status, codes in sorted(by_status.items())
        if status in operation.form_errors or not set(codes) <= set(other.codes)
    )
    return (*own, other)

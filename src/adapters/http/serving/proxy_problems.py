"""The problems that a proxy in front tells by itself, in the words of this API.

`python -m adapters.http.serving.proxy_problems` prints infra/nginx/gateway/problems.conf.
"""

from __future__ import annotations

import sys
from typing import Final

from adapters.http.problems.problem import Problem, answer_problem
from cashback_core.words.locales import ENGLISH

PROXY_PROBLEMS: Final = (
    "bad_request",
    "not_found",
    "method_not_allowed",
    "body_too_large",
    "uri_too_long",
    "too_many_requests",
    "head_too_large",
    "bad_gateway",
    "overloaded",
    "gateway_timeout",
)
"""One for each status."""

_COME_BACK: Final = frozenset({429, 502, 503, 504})
_METHODS: Final = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
"""What the API takes at all: nginx refuses TRACE and CONNECT before it looks for an address."""


def as_nginx() -> str:
    """Return the maps from an error page's address to what it says."""
    problems = [Problem(code=code) for code in PROXY_PROBLEMS]
    return "\n".join(
        (
            "# Printed by `make docs` from the texts of the API.",
            "",
            "map $uri $problem {",
            *(f"    /_problem/{one.status} '{_body(one)}';" for one in problems),
            "}",
            "map $uri $problem_retry_after {",
            *(f"    /_problem/{one.status} 1;" for one in problems if one.status in _COME_BACK),
            "}",
            "map $uri $problem_allow {",
            f'    /_problem/405 "{_METHODS}";',
            "}",
            "",
        )
    )


def _body(problem: Problem) -> str:
    text = answer_problem(problem, ENGLISH).body.decode("utf-8")
    if "'" in text or "$" in text or "\\" in text:
        raise ValueError(f"nginx would read more than text: {text}")
    return text


if __name__ == "__main__":
    sys.stdout.write(as_nginx())

"""A page for each problem, behind its `type`: what it means, and every fault that may come with it.

Everybody may read it, and caches may keep it: it never changes while the process lives.
"""

from __future__ import annotations

from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any, Final

from litestar import HttpMethod, Request, route
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.problems.codes import DIFFERS, PROBLEMS
from adapters.http.problems.problem import PAGES, said_in
from adapters.http.wire.answers import Answer
from adapters.http.wire.headers import read_fields, read_language
from cashback_core.words.locales import fault_text, phrase, problem_texts

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

    from cashback_core.words.locales import Language

AGE_S: Final = 3600
"""How long a cache may keep one."""

_HTML: Final = b"text/html; charset=utf-8"


class ProblemPages:
    """The pages, in every language that there is."""

    def handlers(self) -> list[HTTPRouteHandler]:
        """The route under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        return [route(f"{PAGES}/{{code:str}}", http_method=read, name="problem")(self.page)]

    async def page(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """What a problem means."""
        code: str = request.scope["path_params"]["code"]
        if code not in PROBLEMS:
            raise NotFoundException
        return _page(code, read_language(read_fields(request.scope["headers"])))


@cache
def _page(code: str, language: Language) -> Answer:
    return Answer(
        200,
        as_html(code, language).encode(),
        headers=said_in(language),
        media_type=_HTML,
        cache_s=AGE_S,
    )


def as_html(code: str, language: Language) -> str:
    """The page of a problem."""
    problem, heading = PROBLEMS[code], problem_texts(language)[code]
    faults = "".join(_fault(fault, language) for fault in problem.faults)
    return (
        "<!doctype html>\n"
        f'<html lang="{language}">\n'
        '<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(heading.title)}</title>\n"
        f"<h1>{escape(heading.title)}</h1>\n"
        f"<p><code>{code}</code> · {problem.status}</p>\n"
        f"<p>{escape(heading.detail)}</p>\n" + (f"<dl>\n{faults}</dl>\n" if faults else "")
    )


def _fault(code: str, language: Language) -> str:
    if code == DIFFERS:
        told = escape(phrase(language, DIFFERS))
    else:
        text = fault_text(language, code)
        told = f"{escape(text.detail)} → {escape(text.expected)}".replace("{{", "{").replace(
            "}}", "}"
        )
    return f"<dt><code>{code}</code></dt>\n<dd>{told}</dd>\n"

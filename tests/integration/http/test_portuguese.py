"""Every problem of the corpus of bad inputs, asked for in Portuguese: no English comes back."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest

from integration.bad_inputs import cases, new_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.bad_inputs import Run
    from integration.running import Gateway, Reply

GROUPS: Final = ("json", "shape", "document", "name", "money", "products", "sold_at", "http")
ENGLISH: Final = re.compile(
    r"\b(an|the|is|are|was|of|or|and|with|without|not|no such|only|must|up to|one of|missing|empty"
    r"|too|value|object|array|string|integer|number|boolean|digits|many|text|header|expected"
    r"|expecting|delimiter|property|quotes|invalid|unterminated|extra|starting|character)\b",
    re.IGNORECASE,
)
FIELDS: Final = frozenset({"value"})
"""Names of the interface that are English words, too."""


@pytest.fixture(scope="module")
def gateway(own_gateway: Gateway) -> Gateway:
    """One of its own: it sends what the tests of the corpus send, under the same keys."""
    return own_gateway


def refused_in_portuguese(run: Run, step: dict[str, Any]) -> Iterator[tuple[str, Reply]]:
    request = run.request(step)
    asked = replace(request, headers={**request.headers, "Accept-Language": "pt-BR"})
    reply = run.send(asked)
    if reply.status >= 400 and asked.method != "HEAD":
        sent = (asked.body or b"").decode("utf-8", "replace") + asked.path + str(asked.headers)
        yield sent, reply


def english_in(problem: dict[str, Any], sent: str) -> set[str]:
    """English words of a problem; in `received` only those that were not sent."""
    ours = [problem["title"], problem["detail"]]
    theirs: list[str] = []
    for error in problem["errors"]:
        ours += [error["detail"], error["expected"] or ""]
        theirs.append(error["received"] or "")
    found = {word.lower() for text in ours for word in ENGLISH.findall(text)} - FIELDS
    told = {word.lower() for text in theirs for word in ENGLISH.findall(text)}
    return found | {word for word in told if word not in sent.lower()}


def test_no_problem_in_portuguese_holds_english(gateway: Gateway) -> None:
    told: set[str] = set()
    for case in cases(*GROUPS, "sequence"):
        if "concurrent" in case or "timing_ms" in case:
            continue
        run = new_run(gateway)
        for step in case.get("steps", [case]):
            for sent, reply in refused_in_portuguese(run, step):
                problem = reply.json
                assert reply.headers["content-language"] == "pt", case["name"]
                assert english_in(problem, sent) == set(), (case["name"], problem)
                told |= {problem["code"], *(error["code"] for error in problem["errors"])}
    assert len(told) > 40  # the corpus walks through most of what can be told


@pytest.mark.parametrize(
    ("changes", "received"),
    [
        ({"customer": []}, "uma lista"),
        ({"total": {}}, "um objeto"),
        ({"total": 10**400}, "um inteiro de muitos dígitos"),
        ({"customer": {"document": 52998224725, "name": "JOSE DA SILVA"}}, "um número"),
    ],
)
def test_what_is_told_by_its_kind_is_told_in_portuguese(
    gateway: Gateway, changes: dict[str, Any], received: str
) -> None:
    sale: dict[str, Any] = {"sold_at": "2026-01-02 00:00:00", "products": [], **changes}
    reply = gateway.submit(sale, accept_language="pt")
    assert received in [error["received"] for error in reply.json["errors"]]

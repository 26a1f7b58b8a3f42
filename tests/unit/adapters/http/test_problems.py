from __future__ import annotations

import importlib
import inspect
import json
import logging
import pkgutil
import string
from typing import TYPE_CHECKING, get_args

import litestar.exceptions
import pytest

import adapters.http
import cashback_core
from adapters.credentials.signing_key import BadSigningKeyError
from adapters.http import body
from adapters.http.identity.token_form import OAuthError
from adapters.http.problems import texts as problem_texts
from adapters.http.problems.answering import PROBLEMS, Problem, answer_problem, problem_of
from adapters.http.problems.texts import FAULTS, KINDS
from adapters.http.serving import server
from cashback_core.delivery.ports import (
    ClaimsUnacknowledged,
    StatementUnavailable,
    UnsendablePayment,
)
from cashback_core.intake.submission import Recorded, Replayed, Submitted
from cashback_core.privacy.sealing import BadErasureKey
from cashback_core.sales.content import Difference
from cashback_core.values.documents import InvalidDocument
from cashback_core.values.instants import NoSuchInstant, NotAnInstant
from cashback_core.values.money import InvalidMoney
from cashback_core.values.zones import UnknownZone
from cashback_core.words.messages import Language

if TYPE_CHECKING:
    from types import ModuleType

    from fakes.api import Api

NEVER_LEAVES_ITS_MODULE = {
    InvalidDocument,  # the core turns these four into violations
    InvalidMoney,
    NotAnInstant,
    NoSuchInstant,
    ClaimsUnacknowledged,  # the worker disowns them
    UnsendablePayment,  # the deliverer records it as an outcome
    StatementUnavailable,  # the worker's settler asks again later
    OAuthError,  # token_form answers it in OAuth's own words
    BadSigningKeyError,  # stops the process before there is a request
    BadErasureKey,  # the same
    UnknownZone,  # the store makes UnusableTerms of it
}


def exceptions_of(package: ModuleType) -> set[type[Exception]]:
    found: set[type[Exception]] = set()
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if "strategies" in module.name:
            continue
        for _, member in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(member, Exception) and member.__module__ == module.name:
                found.add(member)
    return found


def test_every_exception_of_ours_has_a_row_of_its_own() -> None:
    ours = exceptions_of(adapters.http) | exceptions_of(cashback_core)
    missing = ours - NEVER_LEAVES_ITS_MODULE - set(PROBLEMS)
    assert missing == set()


def test_every_outcome_that_is_no_record_has_a_row_of_its_own() -> None:
    assert set(get_args(Submitted)) - {Recorded, Replayed} <= set(PROBLEMS)


def test_every_problem_can_happen_and_every_code_is_known() -> None:
    source = "".join(
        inspect.getsource(importlib.import_module(f"adapters.http.{name}"))
        for name in ("problems.answering", "serving.server", "serving.proxy_problems")
    )
    assert {code for code in KINDS if f'"{code}"' not in source} == set()
    assert set(server.REFUSALS) <= set(KINDS)


@pytest.mark.parametrize("code", KINDS)
def test_every_problem_is_whole_in_both_languages(code: str) -> None:
    kind = KINDS[code]
    assert 400 <= kind.status <= 599
    assert set(kind.words) == set(Language)
    assert len(set(kind.words.values())) == 2
    for words in kind.words.values():
        assert words.title
        assert words.detail.endswith(".")


@pytest.mark.parametrize("code", FAULTS)
def test_every_fault_is_whole_in_both_languages_with_the_same_places(code: str) -> None:
    texts = FAULTS[code]
    assert set(texts) == set(Language)
    places = {
        language: {
            name
            for text in texts[language]
            for _, name, _, _ in string.Formatter().parse(text)
            if name is not None
        }
        for language in Language
    }
    assert places[Language.EN] == places[Language.PT]


def test_every_fault_of_json_can_happen() -> None:
    source = inspect.getsource(body)
    told = {code for code in FAULTS if code.startswith("json_")}
    assert {code for code in told if f'"{code}"' not in source} == set()


def test_a_difference_shows_both_sides_and_null_for_what_is_absent() -> None:
    difference = Difference(pointer="/discount", recorded=None, received="1.00")
    problem = Problem(code="sale_id_conflict", errors=(difference,))
    (error,) = json.loads(answer_problem(problem, Language.PT).body)["errors"]
    assert error == {
        "pointer": "/discount",
        "code": "differs",
        "detail": problem_texts.DIFFERENCE[Language.PT],
        "received": "1.00",
        "expected": None,
    }


def test_a_problem_says_what_rfc_9457_asks_for() -> None:
    answer = answer_problem(Problem(code="not_found"), Language.EN)
    headers = dict(answer.headers)
    assert json.loads(answer.body) == {
        "type": "urn:cashback-gateway:problem:not_found",
        "title": "Not found",
        "status": 404,
        "detail": "There is nothing here for you.",
        "code": "not_found",
        "errors": [],
    }
    assert headers[b"content-type"] == b"application/problem+json"
    assert headers[b"content-language"] == b"en"
    assert headers[b"vary"] == b"Accept-Language"


async def test_the_router_s_own_refusals_are_problems_too(api: Api) -> None:
    unknown = await api.get("/api/nothing")
    wrong = await api.call("DELETE", "/api/cashbacks")
    trace = await api.call("TRACE", "/api/cashback/", username=None)
    host = await api.call("GET", "/health/live", headers={"Host": "a b"})

    assert (unknown.status, unknown.json()["code"]) == (404, "not_found")
    assert (wrong.status, wrong.json()["code"]) == (405, "method_not_allowed")
    assert set(wrong.headers["allow"].split(", ")) == {"GET", "HEAD", "POST", "OPTIONS"}
    assert set(trace.headers["allow"].split(", ")) == {"POST", "OPTIONS"}
    assert (host.status, host.json()["code"]) == (400, "bad_request")


async def test_an_error_of_ours_is_a_500_without_a_trace_logged_under_its_instance(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(_: int) -> None:
        raise ZeroDivisionError("a secret of ours")

    api.store.terms = broken  # type: ignore[method-assign, assignment]
    with caplog.at_level(logging.ERROR):
        answer = await api.submit()

    assert answer.status == 500
    problem = answer.json()
    assert problem["code"] == "internal_error"
    assert b"secret" not in answer.body
    assert b"ZeroDivision" not in answer.body
    (record,) = caplog.records
    assert problem["instance"] in record.getMessage()
    assert record.exc_info is not None


def test_what_litestar_refuses_is_the_clients_fault_unless_it_is_a_500(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert problem_of(litestar.exceptions.ClientException()).status == 400
    assert problem_of(litestar.exceptions.InternalServerException()).status == 500
    assert len(caplog.records) == 1

from __future__ import annotations

import importlib
import inspect
import json
import logging
import pkgutil
from typing import TYPE_CHECKING, get_args

import litestar.exceptions
import pytest

import adapters.http
import cashback_core
from adapters.http.identity.token_form import OAuthRefusedError
from adapters.http.problem_table import TABLE, problem_of
from adapters.http.problems.codes import DIFFERS, PROBLEMS
from adapters.http.problems.pages import as_html
from adapters.http.problems.problem import Problem, answer_problem
from adapters.http.serving import server
from adapters.http.wire import body
from adapters.http.wire.refusals import RefusedError
from cashback_core.closing.canonical import NotCanonical
from cashback_core.closing.day import DoesNotAddUp
from cashback_core.closing.lines_check import OtherLines
from cashback_core.closing.store import AlreadyClosed, FormerKey, NotSettled, NotVerified
from cashback_core.columns.layout import ColumnsRefused
from cashback_core.delivery.leases import ClaimsUnacknowledged
from cashback_core.delivery.provider import UnsendablePayment
from cashback_core.intake.submission import Recorded, Replayed, Submitted
from cashback_core.operators.resolutions import BrokeOff
from cashback_core.privacy.seals import BadErasureKey
from cashback_core.reconciliation.disk_spools import SpoolClosedError
from cashback_core.reconciliation.file_import import FileUnreadableError
from cashback_core.reconciliation.statement_values import NotRead
from cashback_core.reconciliation.statements import StatementUnavailable
from cashback_core.sales.content import Difference
from cashback_core.values.documents import InvalidDocument
from cashback_core.values.instants import NoSuchInstant, NotAnInstant
from cashback_core.values.money import InvalidMoney
from cashback_core.values.zones import UnknownZone
from cashback_core.webhooks.addresses import UrlRefused
from cashback_core.words.locales import (
    ENGLISH,
    Language,
    UnknownLanguage,
    fault_texts,
    languages,
    phrase,
)

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
    StatementUnavailable,  # the worker's reconciler asks again later
    SpoolClosedError,  # the worker is stopping, and its reconciliation with it
    OAuthRefusedError,  # token_form answers it in OAuth's own words
    BadErasureKey,  # stops the process before there is a request
    RefusedError,  # the table looks at its outcome
    UnknownZone,  # the store makes UnusableTerms of it
    UrlRefused,  # the store of webhooks makes Invalid of it, the receiver an answer
    ColumnsRefused,  # the command line tells it: no request has columns
    NotRead,  # a statement's line tells it
    FileUnreadableError,  # bringing a file in makes a refused one of it
    NotCanonical,  # whoever reads a close's file tells it
    OtherLines,  # the verifier tells it
    DoesNotAddUp,  # and of a day that is being closed, the worker
    AlreadyClosed,  # the worker's next round knows
    NotSettled,  # the worker tries again in its next round
    FormerKey,  # the worker does not begin with it
    NotVerified,  # the worker keeps no such close, and tells it
    BrokeOff,  # a StoreUnavailable: its row; the command line tells what was done by then
    UnknownLanguage,  # of an answer only a language that there is is asked for
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
    missing = ours - NEVER_LEAVES_ITS_MODULE - set(TABLE)
    assert missing == set()


def test_every_outcome_that_is_no_record_has_a_row_of_its_own() -> None:
    assert set(get_args(Submitted)) - {Recorded, Replayed} <= set(TABLE)


def test_every_problem_can_happen_and_every_code_is_known() -> None:
    source = "".join(
        inspect.getsource(importlib.import_module(f"adapters.http.{name}"))
        for name in (
            "problem_table",
            "identity.admission",
            "serving.server",
            "serving.proxy_problems",
        )
    )
    assert {code for code in PROBLEMS if f'"{code}"' not in source} == set()
    assert set(get_args(server.Refusal)) <= set(PROBLEMS)


def test_every_fault_may_come_with_a_problem_and_every_one_is_known() -> None:
    told = {fault for code in PROBLEMS.values() for fault in code.faults}
    assert told == set(fault_texts(ENGLISH)) | {DIFFERS}


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_problem_has_an_error_s_status(code: str) -> None:
    assert 400 <= PROBLEMS[code].status <= 599


async def test_the_type_of_a_problem_is_the_address_of_its_page(api: Api) -> None:
    problem = (await api.get("/api/cashbacks?limit=0")).json()
    english = await api.get(problem["type"], username=None)
    portuguese = await api.call(
        "GET", problem["type"], headers={"Accept-Language": "pt"}, username=None
    )
    assert (english.status, portuguese.status) == (200, 200)
    assert english.headers["content-type"] == "text/html; charset=utf-8"
    assert english.headers["cache-control"] == "public, max-age=3600"
    assert english.headers["vary"] == "Accept-Language"
    assert problem["title"] in english.body.decode()
    assert problem["errors"][0]["code"] in english.body.decode()
    assert '<html lang="pt">' in portuguese.body.decode()
    assert english.body != portuguese.body
    assert (await api.get("/problems/nothing", username=None)).status == 404


@pytest.mark.parametrize("language", languages())
def test_every_problem_s_page_names_every_fault_that_may_come_with_it(language: Language) -> None:
    for code, problem in PROBLEMS.items():
        page = as_html(code, language)
        assert all(f"<dt><code>{fault}</code></dt>" in page for fault in problem.faults), code


def test_every_fault_of_json_can_happen() -> None:
    source = inspect.getsource(body)
    told = {code for code in fault_texts(ENGLISH) if code.startswith("json_")}
    assert {code for code in told if f'"{code}"' not in source} == set()


def test_a_difference_shows_both_sides_and_null_for_what_is_absent() -> None:
    difference = Difference(pointer="/discount", recorded=None, received="1.00")
    problem = Problem(code="sale_id_conflict", errors=(difference,))
    (error,) = json.loads(answer_problem(problem, Language("pt")).body)["errors"]
    assert error == {
        "pointer": "/discount",
        "code": "differs",
        "detail": phrase(Language("pt"), DIFFERS),
        "received": "1.00",
        "expected": None,
    }


def test_a_problem_says_what_rfc_9457_asks_for() -> None:
    answer = answer_problem(Problem(code="not_found"), ENGLISH)
    headers = dict(answer.headers)
    assert json.loads(answer.body) == {
        "type": "/problems/not_found",
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

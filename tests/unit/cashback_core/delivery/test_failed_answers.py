"""A 201 whose body says that it failed is no payment that anybody can count on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cashback_core.delivery.evidence import Applied, Evidence, Phase, Unknown, classify
from cashback_core.delivery.failed_answers import (
    FAILING,
    SUCCEEDING,
    TABLE,
    Saying,
    _plain,
    failure_told,
)

DOCUMENT = "52998224725"
DOCUMENTED: dict[str, Any] = {
    "createdAt": "2021-07-26T22:50:55.740Z",
    "message": "Cashback criado com sucesso!",
    "id": "NaN",
    "document": DOCUMENT,
    "cashback": "1.40",
}


def test_the_documented_table_is_this_one() -> None:
    page = (Path(__file__).parents[4] / "docs/delivery.md").read_text(encoding="utf-8")
    for saying, names in TABLE.items():
        row = " ".join(f"`{name}`" for name in names.split())
        assert f"| {row} | {saying.value} |" in page


def meaning(body: object) -> object:
    octets = body if isinstance(body, bytes) else json.dumps(body).encode()
    evidence = Evidence(phase=Phase.STATUS_SEEN, status_code=201, body=octets)
    return classify(evidence, document=DOCUMENT, cashback_centavos=140)


FAILED: dict[Saying, list[object]] = {
    Saying.SUCCESS: [False, 0, "false", "False", "no", "não", "0", "failed"],
    Saying.STATE: [
        False,
        "false",
        "error",
        "FAILED",
        "Falha",
        "payment_failed",
        "recusado",
        "not approved",
        "não processado",
        "rejected: no funds",
        400,
        500,
        "422",
        400.0,
        -1,
        "-1",
        "timeout",
    ],
    Saying.ERROR: [True, 1, "true", "boom", "unknown", {"code": 7}, ["x"], [0, {"a": "b"}], "E42"],
    Saying.CODE: [
        400,
        404,
        500,
        "503",
        1001,
        400.0,
        "INSUFFICIENT_FUNDS",
        "ERR_17",
        "not ok",
        "E001",
        -3,
    ],
    Saying.MESSAGE: [
        "Erro ao creditar",
        "Cashback nao foi creditado",
        "Error: limit",
        "invalid document",
        "Não foi possível creditar",
        "Falha",
        "Not authorized",
    ],
    Saying.ENVELOPE: [{"success": False}, [{"status": "error"}], {"data": {"ok": False}}],
}
SILENT: dict[Saying, list[object]] = {
    Saying.SUCCESS: [True, 1, "true", "ok", None, {}, "sim"],
    Saying.STATE: [
        True,
        None,
        "",
        "ok",
        "created",
        "pending",
        "completed without errors",
        0,
        201,
        "200",
        "no error",
        "sem erros",
        "processing",
        {},
        [],
    ],
    Saying.ERROR: [
        None,
        False,
        0,
        "",
        " ",
        [],
        {},
        "none",
        "null",
        "false",
        "0",
        "00",
        "no error",
        "sem erro",
        {"details": []},
        {"code": 0, "message": ""},
        "Nenhum erro",
        "N/A",
    ],
    Saying.CODE: [None, 0, 200, 201, "201", "OK", "SUCCESS", "", True, 399, "00", {}],
    Saying.MESSAGE: ["Cashback criado com sucesso!", "ok", "", None, 7, "no errors", "Created"],
    Saying.ENVELOPE: [None, {}, [], {"success": True}, [1, "error", None], "text", {"id": 1}],
}


@pytest.mark.parametrize("saying", Saying)
def test_every_name_of_the_table_says_it_in_any_spelling(saying: Saying) -> None:
    for name in TABLE[saying].split():
        for value in FAILED[saying]:
            for spelt in (name, name.upper(), f"{name[:2]}_{name[2:]}"):
                assert failure_told({**DOCUMENTED, spelt: value}), (spelt, value)


def test_what_means_nothing_bad_says_nothing() -> None:
    for saying in Saying:
        for name in TABLE[saying].split():
            others = [s for s in Saying if name in TABLE[s].split()]
            for value in SILENT[saying]:
                if all(value in SILENT[other] for other in others):
                    assert failure_told({**DOCUMENTED, name: value}) is None, (name, value)


@given(st.sampled_from(sorted(FAILING)), st.sampled_from(["status", "result", "situação"]))
def test_a_word_of_failure_is_heard_unless_it_is_negated(word: str, name: str) -> None:
    assert failure_told({name: f"payment {word}"})
    assert failure_told({name: f"no {word}"}) is None


@given(st.sampled_from(sorted(SUCCEEDING)))
def test_a_word_of_success_is_heard_when_it_is_negated(word: str) -> None:
    assert failure_told({"status": word}) is None
    assert failure_told({"status": f"não foi {word}"})


@given(
    st.fixed_dictionaries(
        {
            "createdAt": st.text() | st.datetimes().map(str),
            "message": st.sampled_from(["Cashback criado com sucesso!", "created", "", None]),
            "id": st.just("NaN") | st.text() | st.integers() | st.floats() | st.none(),
            "document": st.just(DOCUMENT) | st.just(int(DOCUMENT)) | st.none(),
            "cashback": st.sampled_from(["1.40", "1.4", 1.4, "1.4000", None]),
        }
    )
)
@example(DOCUMENTED)
def test_the_documented_answer_is_a_payment_whatever_it_holds(body: dict[str, object]) -> None:
    assert meaning(body) == Applied()


def test_what_failed_is_unknown_and_somebody_is_told() -> None:
    outcome = meaning({"success": False, "message": f"CPF {DOCUMENT}"})
    assert outcome == Unknown("201 that says it failed: success is false")
    told = meaning({"error": f"{DOCUMENT} is blocked\x00"})
    assert isinstance(told, Unknown)
    assert told.incident is not None
    assert DOCUMENT not in told.incident
    assert told.incident.isprintable()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"error",
        b'"error"',
        b"false",
        b"null",
        b"500",
        b"<html>error</html>",
        b"\xff{}",
        b"[]",
        b"[" * 9_999,
        b'{"a":' * 9_999,
        b'{"foo": "error"}',
        b'[["error"]]',
    ],
)
def test_broken_odd_and_short_bodies_say_nothing(body: bytes) -> None:
    assert meaning(body) == Applied()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["error", "data"]), inner)
    ),
    max_leaves=20,
)


@given(json_values)
def test_any_body_is_judged(body: object) -> None:
    assert isinstance(meaning(body), Applied | Unknown)


@given(st.text(st.characters(max_codepoint=127) | st.sampled_from("'aA_ 9"), max_size=300))
@example("isNotOK_9'Errors")
def test_plain_ascii_is_read_as_any_text_is(text: str) -> None:
    # A letter of another script takes the long way, and is a word of its own.
    assert _plain(f"\u0436 {text[:190]}").split()[1:] == _plain(f" {text[:190]}").split()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"data": [{"ok": True}, {"error": "boom"}]}, "data[1].error is boom"),
        ([{"result": {"success": False}}], "[0].result.success is false"),
        ({"": {"code": "E42"}}, "code is E42"),
    ],
)
def test_what_says_it_is_told_with_its_place(body: Any, told: str) -> None:
    assert failure_told(body) == told


def test_a_large_body_is_looked_at_in_bounds() -> None:
    nothing: dict[str, object] = {}
    assert meaning([{"data": [nothing] * 50}] * 250) == Applied()

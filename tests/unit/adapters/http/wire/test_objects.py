from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.http.wire.objects import ObjectReader
from adapters.http.wire.refusals import InvalidRequestError
from cashback_core.words.locales import languages

SHAPE = {"slug": True, "name": True, "role": True, "age": False, "disabled": False, "from": False}
SLUG = re.compile(r"[a-z]{1,9}\Z")
GOOD: dict[str, Any] = {"slug": "loja", "name": " Loja Jose\u0301 ", "role": "erp"}


def read(document: object) -> dict[str, object]:
    body = ObjectReader(document, SHAPE)
    found: dict[str, object] = {
        "slug": body.text("slug", SLUG, "no_such_choice", names="a-z"),
        "name": body.name("name"),
        "role": body.choice("role", ("erp", "admin")),
        "age": body.whole("age", lowest=1, highest=9, default=3),
        "disabled": body.truth("disabled"),
        "from": body.instant("from", ZoneInfo("America/Sao_Paulo")),
    }
    body.refuse_faults()
    return found


def faults(document: object) -> dict[str, str]:
    with pytest.raises(InvalidRequestError) as raised:
        read(document)
    for fault in raised.value.violations:
        for language in languages():
            assert fault.detail(language)
            assert fault.expected(language)
    return {fault.pointer: fault.code for fault in raised.value.violations}


def test_a_good_body_is_read_with_what_it_leaves_out() -> None:
    assert read(GOOD) == {
        "slug": "loja", "name": "Loja José", "role": "erp", "age": 3, "disabled": False,
        "from": None,
    }  # fmt: skip
    assert read({**GOOD, "age": None, "disabled": None, "from": None})["age"] == 3


def test_everything_wrong_is_told_at_once() -> None:
    assert faults(
        {"slug": "Loja", "name": 7, "role": "boss", "age": 10, "disabled": 1, "from": "x", "z": 1}
    ) == {
        "/z": "unknown_field",
        "/name": "wrong_type",
        "/slug": "no_such_choice",
        "/role": "no_such_choice",
        "/age": "whole_number",
        "/disabled": "not_boolean",
        "/from": "instant_invalid",
    }


@pytest.mark.parametrize("document", [None, [], "x", 1, True])
def test_what_is_no_object_is_told_as_that_alone(document: object) -> None:
    assert faults(document) == {"": "wrong_type"}


def test_what_must_be_there_is_missed() -> None:
    assert faults({}) == {"/slug": "required", "/name": "required", "/role": "required"}
    assert faults({**GOOD, "slug": None}) == {"/slug": "wrong_type"}


@pytest.mark.parametrize("name", ["", "   ", "x" * 121, "a\tb", "a\nb", "a\u202eb"])
def test_a_name_is_a_plain_text(name: str) -> None:
    assert faults({**GOOD, "name": name}) == {"/name": "plain_text"}


@pytest.mark.parametrize("age", [0, -1, True, "3", 3.5, 10**30, []])
def test_a_whole_number_is_one(age: object) -> None:
    assert faults({**GOOD, "age": age}) == {"/age": "whole_number"}


def test_a_secret_is_never_shown() -> None:
    for value in (7, ["s3cret"], {"s3cret": 1}, None):
        body = ObjectReader({"password": value}, {"password": True})
        assert body.secret("password") == ""
        with pytest.raises(InvalidRequestError) as raised:
            body.refuse_faults()
        assert [fault.received for fault in raised.value.violations] == [None]
    body = ObjectReader({"password": "s3cret"}, {"password": True})
    assert body.secret("password") == "s3cret"
    body.tell_quietly("password", "plain_text", highest="1")
    with pytest.raises(InvalidRequestError) as raised:
        body.refuse_faults()
    assert "s3cret" not in repr(raised.value.violations)

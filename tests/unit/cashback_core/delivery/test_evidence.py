"""What an answer means, against the table of docs/delivery.md written out once more."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.delivery.evidence import (
    MAX_BODY_BYTES,
    MAX_TEXT_CHARS,
    Applied,
    Evidence,
    Misconfigured,
    NeverSent,
    Outcome,
    Phase,
    ProviderAnswer,
    Refused,
    RefusedForNow,
    Unknown,
    classify,
    read_answer,
)
from cashback_core.testing import strategies
from cashback_core.values.documents import BuyerDocument, Cpf, cpf_check_digits

CPF = "52998224725"
OTHER = "11144477735"

TABLE = """
201                                              applied
429 425                                          refused for now
400 413 414 415 422 451                          refused
401 403 404 405 406 407 410 411 426 431 501 505  our configuration
200 202 203 204 205 206 207 226                  unknown
300 301 302 303 304 307 308                      unknown
408 409 423 499 500 502 503 504                  unknown
520 521 522 523 524 525 526 527                  unknown
100 101 102 103                                  unknown
402 412 416 417 418 421 424 428 506 507 508 511  unknown
"""


def answered(code: int, body: bytes = b"", retry_after_s: float | None = None) -> Evidence:
    return Evidence(
        phase=Phase.STATUS_SEEN, status_code=code, body=body, retry_after_s=retry_after_s
    )


def outcome_of(evidence: Evidence, cashback_centavos: int = 300) -> Outcome:
    return classify(evidence, document=CPF, cashback_centavos=cashback_centavos)


def table() -> dict[int, str]:
    meanings: dict[int, str] = {}
    for row in TABLE.strip().splitlines():
        codes, _, meaning = row.partition("  ")
        for code in codes.split():
            assert int(code) not in meanings
            meanings[int(code)] = meaning.strip()
    return meanings


@pytest.mark.parametrize("code", range(100, 600))
def test_every_status_means_what_the_table_says(code: int) -> None:
    expected: dict[str, Outcome] = {
        "applied": Applied(),
        "refused for now": RefusedForNow(7.0),
        "refused": Refused(),
        "our configuration": Misconfigured(),
        "unknown": Unknown(),
    }
    meaning = table().get(code, "unknown")
    assert outcome_of(answered(code, retry_after_s=7.0)) == expected[meaning]


@pytest.mark.parametrize("code", [0, 7, 99, 600, 999])
def test_an_odd_status_is_unknown(code: int) -> None:
    assert outcome_of(answered(code)) == Unknown()


def test_without_a_status_the_bytes_sent_decide() -> None:
    assert outcome_of(Evidence(phase=Phase.NOTHING_SENT)) == NeverSent()
    assert outcome_of(Evidence(phase=Phase.SENT)) == Unknown()


@pytest.mark.parametrize(
    "body",
    [
        *[b"", b"null", b"[]", b"{}", b'"ok"', b"7", b"<html>", b'{"document":', b"\xff\xfe{"],
        *[b"[" * 60_000, b'{"cashback":' * 5000, b"9" * 60_000, b'{"cashback":NaN}'],
        *[b'{"cashback":"3,00"}', b'{"cashback":null}', b'{"cashback":[3]}', b'{"cashback":true}'],
        *[b'{"document":null}', b'{"document":"***.982.247-**"}'],
        *[b'{"document":true}', b'{"document":-1}', b'{"document":"7"}', b'{"document":[]}'],
        *[b'{"document":"52998224725","cashback":"3.00"}', b'{"cashback":3}', b'{"cashback":3.0}'],
        *[b'{"document":52998224725}', b'{"document":"529.982.247-25"}', b"\0" * MAX_BODY_BYTES],
        json.dumps({"document": CPF, "cashback": "3.00"}).encode("utf-16"),
    ],
)
def test_a_201_is_applied_whatever_odd_body_it_has(body: bytes) -> None:
    assert outcome_of(answered(201, body)) == Applied()


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b'{"document":"11144477735","cashback":"3.00"}', "document"),
        (b'{"document":"111.444.777-35"}', "document"),
        (b'{"document":11144477735}', "document"),
        (b'{"document":7}', "document"),
        (b'{"document":"52998224725","cashback":"3.01"}', "amount"),
        (b'{"cashback":30}', "amount"),
        (b'{"cashback":0}', "amount"),
        (b'{"cashback":2.99}', "amount"),
    ],
)
def test_a_201_that_echoes_another_payment_is_unknown_and_an_incident(
    body: bytes, named: str
) -> None:
    outcome = outcome_of(answered(201, body))
    assert isinstance(outcome, Unknown)
    assert outcome.incident is not None
    assert named in outcome.incident
    assert OTHER not in outcome.incident


def test_a_document_echoed_as_a_number_has_lost_its_leading_zeros() -> None:
    cpf = Cpf("000000001" + cpf_check_digits("000000001"))
    evidence = answered(201, b'{"document":%d}' % int(cpf))
    assert classify(evidence, document=cpf, cashback_centavos=300) == Applied()
    foreign = classify(evidence, document=CPF, cashback_centavos=300)
    assert isinstance(foreign, Unknown)


@pytest.mark.parametrize("code", [202, 400, 429, 500])
def test_only_a_201_is_compared_with_the_payment(code: int) -> None:
    evidence = answered(code, b'{"document":"11144477735"}')
    assert outcome_of(evidence) == outcome_of(answered(code))


@given(st.binary(max_size=300), st.integers(100, 599))
def test_no_body_raises(body: bytes, code: int) -> None:
    outcome_of(answered(code, body))
    answer = read_answer(answered(code, body))
    assert answer is not None
    assert answer.status_code == code


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
BUYERS = strategies.cpfs() | strategies.cnpjs() | strategies.foreign_documents()


@given(BUYERS, BUYERS)
def test_a_201_that_echoes_another_document_paid_nobody_for_sure(
    asked: BuyerDocument, echoed: BuyerDocument
) -> None:
    def outcome(told: str) -> Outcome:
        body = json.dumps({"document": told}).encode()
        return classify(answered(201, body), document=asked, cashback_centavos=300)

    assert outcome(asked) == outcome(asked.formatted) == outcome(asked.lower()) == Applied()
    same = plain(asked) == plain(echoed)
    known_apart = not isinstance(asked, Cpf) or isinstance(echoed, Cpf)
    if not same and known_apart and "XX" not in echoed:
        told = outcome(echoed)
        assert isinstance(told, Unknown)
        assert told.incident is not None
        assert echoed not in told.incident


def plain(document: str) -> str:
    return "".join(filter(str.isalnum, document))


@pytest.mark.parametrize(
    ("asked", "echoed"),
    [
        ("11222333000181", '"11144477735"'),  # mapped to a CPF
        ("11222333000181", '"11222333000"'),  # cut to one's length
        ("11222333000181", "11222333000"),
        ("12ABC34501DE35", '"12345013500"'),
        ("AB-123456", '"123456"'),
        ("123456789", '"00123456789"'),
        ("20123456786", '"11144477735"'),
    ],
)
def test_a_document_that_comes_back_cut_or_mapped_is_another(asked: str, echoed: str) -> None:
    evidence = answered(201, b'{"document":%s}' % echoed.encode())
    told = classify(evidence, document=asked, cashback_centavos=300)
    assert isinstance(told, Unknown)
    assert told.incident is not None
    assert told.incident.startswith("201 for another document: ")


@pytest.mark.parametrize("document", ["11222333000181", "12ABC34501DE35", "AB-123456", "123456789"])
@pytest.mark.parametrize(
    "echoed",
    ["null", '""', '"**.222.333/****-**"', '"XX.222.333/XXXX-XX"', "true", "-1", "[]", "1e400"],
)
def test_a_document_that_comes_back_masked_or_not_at_all_is_believed(
    document: str, echoed: str
) -> None:
    evidence = answered(201, b'{"document":%s}' % echoed.encode())
    assert classify(evidence, document=document, cashback_centavos=300) == Applied()


FIELDS = ["id", "message", "createdAt", "document", "cashback"]


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_whatever_json_a_provider_sends_its_texts_are_short_and_printable(
    fields: dict[str, object],
) -> None:
    body = json.dumps(fields).encode()
    answer = read_answer(answered(201, body[:MAX_BODY_BYTES]))
    assert answer is not None
    for text in (answer.id, answer.message, answer.created_at):
        assert text is None or (text.isprintable() and len(text) <= MAX_TEXT_CHARS)
    assert isinstance(outcome_of(answered(201, body)), Applied | Unknown)


def test_the_documented_example_is_read() -> None:
    body = (
        b'{"createdAt": "2021-07-26T22:50:55.740Z", "message": "Cashback criado com sucesso!",'
        b' "id": "NaN", "document": "52998224725", "cashback": "3.00"}'
    )
    assert read_answer(answered(201, body)) == ProviderAnswer(
        status_code=201,
        id="NaN",
        message="Cashback criado com sucesso!",
        created_at="2021-07-26T22:50:55.740Z",
    )


def test_texts_that_a_database_or_a_terminal_would_mind_are_replaced() -> None:
    body = b'{"id": 7, "message": "a\\u0000b\\ud800\\u001b[2J", "createdAt": {"a": 1}}'
    answer = read_answer(answered(500, body))
    assert answer == ProviderAnswer(status_code=500, id="7", message="a\ufffdb\ufffd\ufffd[2J")


def test_without_a_status_there_is_no_answer() -> None:
    assert read_answer(Evidence(phase=Phase.SENT)) is None


def test_evidence_is_consistent() -> None:
    with pytest.raises(ValueError, match="status code"):
        Evidence(phase=Phase.SENT, status_code=201)
    with pytest.raises(ValueError, match="status code"):
        Evidence(phase=Phase.STATUS_SEEN)
    with pytest.raises(ValueError, match="body"):
        answered(200, b"x" * (MAX_BODY_BYTES + 1))


def test_a_repr_shows_no_body() -> None:
    assert CPF not in repr(answered(201, b'{"document": "52998224725"}'))

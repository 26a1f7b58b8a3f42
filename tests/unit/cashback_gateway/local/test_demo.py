from __future__ import annotations

from typing import Any

import pytest

from cashback_gateway.local.demo import is_credited_once, without_own

RECORD: dict[str, Any] = {
    "status": "applied",
    "customer": {"document": "52998224725", "name": "Maria da Silva"},
    "cashback": "1.40",
}
CREDIT = {"seq": 1, "document": "52998224725", "cashback": "1.40", "reference": None}


def test_an_applied_record_and_its_very_credit_agree() -> None:
    assert is_credited_once(RECORD, [CREDIT])


@pytest.mark.parametrize(
    "credits_there",
    [
        [],
        [CREDIT, CREDIT],
        [{**CREDIT, "cashback": "1.41"}],
        [{**CREDIT, "document": "79336512404"}],
        [CREDIT, {**CREDIT, "document": "79336512404"}],
    ],
)
def test_no_credit_another_one_or_one_more_is_not_that_credit(
    credits_there: list[dict[str, Any]],
) -> None:
    assert not is_credited_once(RECORD, credits_there)


@pytest.mark.parametrize("status", ["in_doubt", "pending", "not_due", "rejected"])
def test_a_credit_that_the_record_does_not_know_of_is_a_failure(status: str) -> None:
    assert not is_credited_once({**RECORD, "status": status}, [CREDIT])


def test_nothing_of_the_users_own_database_and_provider_reaches_the_demo() -> None:
    theirs = {
        "DATABASE_URL_FILE": "/theirs/url",
        "CASHBACK_DATABASE_PASSWORD": "theirs-of-16-letters",
        "CASHBACK_DATABASE_STATE_FILE": "/theirs/database.json",
        "CASHBACK_ERASURE_KEY_FILE": "/theirs/key",
        "CASHBACK_PROVIDER_PROXY_CREDENTIALS_FILE": "/theirs/credentials",
    }
    assert without_own({**theirs, "PATH": "/bin", "CASHBACK_LOG_FORMAT": "json"}) == {
        "PATH": "/bin",
        "CASHBACK_LOG_FORMAT": "json",
    }

from __future__ import annotations

import asyncio
import json

import pytest

from adapters.cashback_client.client import ProviderClient, _variable_part
from adapters.cashback_client.pool import MAX_CONNECTIONS, Limits
from cashback_core.delivery.provider import CreditRequest
from cashback_core.values.documents import Cpf

DOCUMENT = Cpf.parse("52998224725")


@pytest.mark.parametrize("url", ["", "ftp://provider.example", "http://user:pw@provider.example"])
def test_a_url_that_cannot_be_called_is_refused_at_construction(url: str) -> None:
    with pytest.raises(ValueError, match=r"http|credentials|port"):
        ProviderClient(url)


@pytest.mark.parametrize("authorization", ["", " ", "Bearer a\r\nX-Evil: b", "ação", "tail "])
def test_an_authorization_that_is_no_header_value_is_refused_and_not_shown(
    authorization: str,
) -> None:
    with pytest.raises(ValueError, match="not a header value") as caught:
        ProviderClient("http://provider.example", authorization=authorization)
    assert not authorization.strip() or authorization not in str(caught.value)


def test_a_secret_is_in_no_repr() -> None:
    client = ProviderClient("http://provider.example", authorization="Bearer hunter2")
    assert "hunter2" not in repr(client)


@pytest.mark.parametrize("reference", ["", "a b", "a\r\nX-Evil: b", "é", "x" * 256])
def test_a_reference_unfit_for_a_header_is_our_own_mistake(reference: str) -> None:
    payment = CreditRequest(reference=reference, document=DOCUMENT, cashback_centavos=1)
    with pytest.raises(ValueError, match="reference"):
        asyncio.run(ProviderClient("http://provider.example").credit(payment))


@pytest.mark.parametrize(
    ("centavos", "cashback"),
    [(1, "0.01"), (10, "0.10"), (1000, "10.00"), (9999999999, "99999999.99")],
)
def test_the_body_has_exactly_the_two_fields(centavos: int, cashback: str) -> None:
    part = _variable_part(
        CreditRequest(reference="ref", document=DOCUMENT, cashback_centavos=centavos)
    )
    head, _, body = part.partition(b"\r\n\r\n")
    assert json.loads(body) == {"document": "52998224725", "cashback": cashback}
    assert b"Content-Length: %d" % len(body) in head


@pytest.mark.parametrize(
    "limits",
    [
        {"deadline_s": 0.0},
        {"deadline_s": float("nan")},
        {"connections": 0},
        {"connections": MAX_CONNECTIONS + 1},
        {"idle_s": -1.0},
    ],
)
def test_limits_out_of_range_are_refused(limits: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(limits))):
        Limits(**limits)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

"""Who bought, as a sale tells it: what it is taken for, what it may be called, what is expected."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from cashback_core import InvalidSale, SaleRules, parse_sale
from cashback_core.sales.rules import BuyerRule, Buyers
from cashback_core.values.access_keys import access_key_check_digit

if TYPE_CHECKING:
    from cashback_core import Violation

NOW: Final = datetime(2026, 6, 15, 15, 0, 0, tzinfo=UTC)
RULES: Final = SaleRules(
    buyers=Buyers(company=BuyerRule.PAY, foreign=BuyerRule.PAY, nobody=BuyerRule.RECORD)
)
COMPANY: Final = "11222333000181"
_STEM: Final = f"352606{COMPANY}65001000000001100000001"
OWN_KEY: Final = _STEM + access_key_check_digit(_STEM)


def violations(customer: dict[str, str] | None, **told: Any) -> tuple[Violation, ...]:
    sale = {
        "sold_at": "2026-06-15T14:00:00Z",
        "customer": None if customer is None else {"name": "ANA", **customer},
        "total": "10.00",
        "products": [{"type": "A", "value": "10.00", "qty": 1}],
        **told,
    }
    try:
        parse_sale(sale, rules=RULES, now=NOW, idempotency_key=told.get("sale_id"))
    except InvalidSale as error:
        return error.violations
    return ()


def codes(customer: dict[str, str] | None, **told: Any) -> list[tuple[str, str]]:
    return [(one.pointer, one.code) for one in violations(customer, **told)]


@pytest.mark.parametrize(
    "text",
    [
        *("52998224725", "529.982.247-25", COMPANY, "12.abc.345/01de-35"),
        *("052998224725", "00052998224725", "00000052998224725", "0-529.982.247-25"),
        *(f"0{COMPANY}", f"000000{COMPANY}", "000000000191"),
    ],
)
def test_nobody_is_paid_as_a_foreigner_by_a_brazilian_number(text: str) -> None:
    told = {"document": text, "document_type": "foreign"}
    assert codes(told) == [("/customer/document", "document_not_foreign")]
    assert codes(told | {"document": "20123456786"}) == []
    assert codes(told | {"document": "02529982247"}) == []
    assert codes(told | {"document": "00000191"}) == [], "shorter ones are others' numbers"


def test_a_company_that_buys_of_itself_names_its_sale_by_the_key() -> None:
    company = {"document": COMPANY}
    assert codes(company, sale_id=OWN_KEY) == []
    named = [("/sale_id", "sale_id_holds_document"), ("", "idempotency_key_holds_document")]
    assert codes(company, sale_id=f"NF-{COMPANY}") == named


@pytest.mark.parametrize("store", [COMPANY, "11.222.333/0001-81"])
def test_a_chain_may_call_its_store_by_the_cnpj_that_buys_of_itself(store: str) -> None:
    company = {"document": COMPANY}
    assert codes(company, store=store, metadata={"nfce": OWN_KEY}, cashier=OWN_KEY) == []
    assert codes(company, till=store) == [("/till", "place_holds_document")]
    assert codes(company, store=f"L{COMPANY}") == [("/store", "place_holds_document")]
    assert codes({"document": "52998224725"}, store="52998224725")
    noted = codes(company, metadata={"who": store})
    assert noted == [("/metadata/who", "metadata_holds_document")]


@pytest.mark.parametrize("text", ["AA123456", "nf/aa-12.3456", "AA-123456"])
def test_a_foreign_document_is_no_name_however_it_is_punctuated(text: str) -> None:
    foreigner = {"document": "AA-123456", "document_type": "foreign"}
    assert ("/sale_id", "sale_id_holds_document") in codes(foreigner, sale_id=text)
    assert codes(foreigner, store=text) == [("/store", "place_holds_document")]
    noted = codes(foreigner, metadata={"who": text})
    assert noted == [("/metadata/who", "metadata_holds_document")]


def test_nobodys_sale_is_not_called_by_a_cpf() -> None:
    (sale_id, key) = violations(None, sale_id="NF/529.982.247-25")
    assert (sale_id.code, key.code) == ("sale_id_holds_document", "idempotency_key_holds_document")
    assert sale_id.received == "NF/***.982.247-**"
    assert codes(None, till="529.982.247-25") == [("/till", "place_holds_document")]
    assert codes(None, sale_id="52998224725") == []


@pytest.mark.parametrize(
    ("document_type", "text", "expected"),
    [
        ("cpf", COMPANY, "as a text a CPF: 11 digits, or 000.000.000-00"),
        (
            "cnpj",
            "12abc34501de35",
            "as a text a CNPJ: 14 digits or capitals, or 00.000.000/0000-00",
        ),
        ("foreign", "AB 1", "as a text a foreign document: 5 to 20 of A-Z a-z 0-9 . / -"),
    ],
)
def test_what_is_expected_is_of_the_kind_that_was_told(
    document_type: str, text: str, expected: str
) -> None:
    (fault,) = violations({"document": text, "document_type": document_type})
    assert (fault.code, fault.expected()) == ("document_format", expected)

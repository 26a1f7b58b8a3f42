"""What an ERP reads of each fault, to the letter: place, code, what came and what was expected."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from cashback_core import InvalidSale, SaleRules, parse_sale
from cashback_core.sales.catalogue import Catalogue, TypePeriod
from cashback_core.testing.strategies import DEMO

SINCE: Final = datetime(2026, 1, 1, tzinfo=UTC)
NOW: Final = datetime(2026, 6, 15, 15, 0, 0, tzinfo=UTC)
RULES: Final = SaleRules(zone=ZoneInfo("America/Sao_Paulo"), max_age=timedelta(days=30))
CATALOGUE: Final = Catalogue(
    {
        sku: (TypePeriod(type=type_, version=1, starts_at=starts_at),)
        for sku, type_, starts_at in [
            ("MILK", "B", SINCE),
            ("ODD", "odd", SINCE),
            ("NEW", "B", SINCE + timedelta(days=300)),
        ]
    }
)
ABSENT: Final = object()

AMOUNT: Final = 'digits, exact to 2 decimals, such as "10.00", from 0.00 to 99999999.99'
VALUE: Final = AMOUNT.replace("to 2", "to 10")
DISCOUNT: Final = AMOUNT
QUANTITY: Final = 'a positive number, exact to 4 decimals, such as 2 or "0.350", up to 99999'
NOT_FOREIGN = (
    "a CPF or CNPJ told as what it is (document_type cpf, cnpj or none); if it is neither, another"
    " document of the buyer, such as a passport"
)
DOCUMENT: Final = (
    "as a text a CPF (11 digits, or 000.000.000-00), a CNPJ (14 digits or capitals, or"
    " 00.000.000/0000-00) or, with document_type foreign, 5 to 20 of A-Z a-z 0-9 . / -"
)
OF_ALL_UNITS: Final = "; a line's is of all its units, a sale's beside those of its lines"
CASHIER: Final = "1 to 64 printable characters, not only spaces"
NO_DOCUMENT: Final = (
    "a text without a CPF (nor 11 digits that could be one) and without what identifies the buyer"
)
TYPES: Final = "one of the product types, written exactly"
MEANT: Final = "if that is the name: read it as UTF-8"
NAME: Final = "1 to 120 characters, not only spaces"
SOLD_AT: Final = (
    "YYYY-MM-DD HH:MM (a blank or T between), then, if wanted, :SS, a fraction (. or , and digits)"
    " and an offset (Z, +HH:MM, +HHMM or +HH; or -)"
)
SALE_FIELDS: Final = (
    "only: sold_at, customer, total, products, discount, surcharge, payments, store, till, series,"
    " sale_id, cashier, metadata, confirm"
)
KINDS: Final = (
    "cash, check, credit_card, debit_card, store_credit, food_voucher, meal_voucher, gift_card,"
    " fuel_voucher, bank_slip, deposit, pix, transfer, cashback, other"
)


FAULTS: Final[list[tuple[str, object, str, str | None, str]]] = [
    ("", [1], "wrong_type", "an array", "an object"),
    ("", "x", "wrong_type", "x", "an object"),
    ("/sold_at", 20260610, "wrong_type", "20260610", "a string"),
    ("/sold_at", "10/06/2026", "sold_at_format", "10/06/2026", SOLD_AT),
    *[
        ("/sold_at", text, "sold_at_nonexistent", text, "an instant that exists in " + zone)
        for text, zone in [("2026-06-31 00:00:00", "America/Sao_Paulo")]
    ],
    *[
        (
            "/sold_at",
            text,
            "sold_at_future",
            text,
            f"not later than 2026-06-15T12:05:00-03:00; as it is, it will be taken from {then} on",
        )
        for text, then in [
            ("2026-06-15T15:05:01Z", "2026-06-15T12:00:01-03:00"),
            ("2027-01-01 00:00:00", "2026-12-31T23:55:00-03:00"),
        ]
    ],
    *[
        ("/sold_at", text, "sold_at_too_old", text, "not before 2026-05-16T12:00:00-03:00")
        for text in ["2026-05-16T14:59:59Z", "2025-01-01 00:00:00"]
    ],
    ("/customer", [], "wrong_type", "an array", "an object"),
    ("/customer/document", 52998224725, "document_format", "a number", DOCUMENT),
    ("/customer/document", 1.5, "document_format", "a number", DOCUMENT),
    ("/customer/document", Decimal(52998224725), "document_format", "a number", DOCUMENT),
    ("/customer/document", True, "wrong_type", "true", "a string"),
    ("/customer/document", None, "wrong_type", "null", "a string"),
    ("/customer/document", "5299822472", "document_format", "*" * 10, DOCUMENT),
    (
        "/customer/document",
        "11111111111",
        "document_repeated",
        "***.111.111-**",
        "a document that was issued",
    ),
    (
        "/customer/document",
        "52998224726",
        "document_check_digits",
        "***.982.247-**",
        "a CPF or CNPJ with right check digits",
    ),
    (
        "/customer",
        {"document": "529.982.247-25", "document_type": "foreign", "name": "ANA"},
        "document_not_foreign",
        "*" * 14,
        NOT_FOREIGN,
    ),
    ("/customer/name", 7, "wrong_type", "7", "a string"),
    ("/customer/name", "  ", "name_length", "  ", NAME),
    ("/customer/name", "a" * 121, "name_length", "a" * 80 + "…", NAME),
    ("/customer/name", "a" * 481, "name_length", "a" * 80 + "…", NAME),
    (
        "/customer/name",
        "A\tB",
        "name_not_printable",
        "A\\u0009B",
        "printable characters only, sent in UTF-8",
    ),
    ("/customer/name", "JOSÃ‰ NÃ³s", "name_encoding", "JOSÃ‰ NÃ³s", f"JOSÉ Nós, {MEANT}"),
    ("/customer/name", "...", "name_without_letter", "...", "a name with a letter"),
    ("/customer/wallet", 1, "unknown_field", None, "only: document, name, document_type"),
    ("/total", None, "wrong_type", "null", "a string or a number"),
    ("/total", "1,00", "money_format", "1,00", AMOUNT),
    ("/total", 0, "total_mismatch", "0.00", "99.00"),
    ("/total", "100000000", "money_out_of_range", "100000000", AMOUNT),
    ("/total", "99.01", "total_mismatch", "99.01", "99.00"),
    ("/total", 98.9, "total_mismatch", "98.90", "99.00"),
    ("/discount", True, "wrong_type", "true", "a string or a number"),
    ("/discount", "-1", "money_format", "-1", DISCOUNT),
    ("/discount", 10**8, "money_out_of_range", "100000000", DISCOUNT),
    ("/discount", "99.51", "discount_too_large", "99.51", f"at most 99.50{OF_ALL_UNITS}"),
    ("/sale_id", 1, "wrong_type", "1", "a string"),
    ("/sale_id", "NF 1", "sale_id_format", "NF 1", "1 to 64 visible ASCII characters"),
    (
        "/customer",
        None,
        "nobody_refused",
        "null",
        "a customer, or the merchant's nobody_buyers as record",
    ),
    (
        "/customer/document",
        "11222333000181",
        "company_refused",
        "**.222.333/****-**",
        "a person's CPF, or the merchant's company_buyers as record or pay",
    ),
    (
        "/customer",
        {"document": "AB-12345", "document_type": "foreign", "name": "ANA"},
        "foreign_refused",
        "*" * 8,
        "a person's CPF, or the merchant's foreign_buyers as record or pay",
    ),
    ("/customer/document_type", "rg", "no_such_choice", "rg", "cpf, cnpj, foreign"),
    ("/surcharge", "1,00", "money_format", "1,00", AMOUNT),
    ("/payments", {}, "wrong_type", "an object", "an array"),
    ("/payments", [{}] * 21, "payments_count", "21", "at most 20 payments"),
    (
        "/payments",
        [{"kind": "pix", "value": 98}],
        "payments_mismatch",
        "98.00",
        "99.00 in all, without the change that was given back",
    ),
    ("/payments", [{"kind": "PIX", "value": 99}], "no_such_choice", "PIX", KINDS),
    ("/payments", [{"kind": "pix"}], "required", None, "a value"),
    ("/confirm", "soon", "no_such_choice", "soon", "now, later"),
    ("/store", "loja 1", "place_format", "loja 1", "1 to 32 visible ASCII characters"),
    ("/till", 1, "wrong_type", "1", "a string"),
    (
        "/series",
        "52998224725",
        "place_holds_document",
        "***.982.247-**",
        "a place that tells nothing of who bought",
    ),
    ("/cashier", "", "cashier_format", "", CASHIER),
    ("/cashier", "  ", "cashier_format", "  ", CASHIER),
    ("/cashier", "ANA 52998224725", "cashier_holds_document", "ANA ***.982.247-**", NO_DOCUMENT),
    ("/metadata", [], "wrong_type", "an array", "an object"),
    ("/metadata", {f"k{n}": "" for n in range(21)}, "metadata_count", "21", "at most 20 pairs"),
    ("/metadata", {"a b": "x"}, "metadata_key", "a b", "1 to 40 of A-Z a-z 0-9 _ . -"),
    ("/metadata", {"a": 1}, "wrong_type", "1", "a string"),
    ("/metadata", {"a": "\n"}, "metadata_value", "\\u000a", "up to 200 printable characters"),
    (
        "/metadata",
        {"a": "111.444.777-35"},
        "metadata_holds_document",
        "***.444.777-**",
        NO_DOCUMENT,
    ),
    (
        "/products/1/amount",
        "90.01",
        "amount_mismatch",
        "90.01",
        "from 90.00 to 90.00: value × qty, give or take the merchant's tolerance",
    ),
    ("/products/1/surcharge", -1, "money_format", "-1", AMOUNT),
    ("/loja", 1, "unknown_field", None, SALE_FIELDS),
    ("/products", {}, "wrong_type", "an object", "an array"),
    ("/products", [], "lines_count", "0", "1 to 990 lines"),
    ("/products", [1] * 991, "lines_count", "991", "1 to 990 lines"),
    ("/products/1", 5, "wrong_type", "5", "an object"),
    ("/products/1/type", 5, "wrong_type", "5", "a string"),
    ("/products/1/type", "b", "product_type_unknown", "b", f"{TYPES}: B"),
    ("/products/1/value", [], "wrong_type", "an array", "a string or a number"),
    ("/products/1/value", "100000000.00", "money_out_of_range", "100000000.00", VALUE),
    ("/products/1/value", "0.00000000001", "money_format", "0.00000000001", VALUE),
    ("/products/1/qty", {}, "wrong_type", "an object", "a string or a number"),
    ("/products/1/qty", "0.00001", "quantity_format", "0.00001", QUANTITY),
    ("/products/1/qty", 0, "quantity_out_of_range", "0", QUANTITY),
    ("/products/1/qty", 100_000, "quantity_out_of_range", "100000", QUANTITY),
    (
        "/products/1/discount",
        "90.01",
        "discount_too_large",
        "90.01",
        f"at most 90.00{OF_ALL_UNITS}",
    ),
    ("/products/1/discount", "0,50", "money_format", "0,50", DISCOUNT),
    (
        "/products/1/preço",
        1,
        "unknown_field",
        None,
        "only: type, sku, value, qty, discount, surcharge, amount",
    ),
    *[
        (pointer, ABSENT, "required", None, "a value")
        for pointer in [
            *["/sold_at", "/customer", "/total", "/products"],
            *["/customer/document", "/customer/name"],
            *["/products/1/value", "/products/1/qty"],
        ]
    ],
]


LINE_FAULTS: Final[list[tuple[dict[str, object], str, str, str | None, str]]] = [
    ({}, "", "type_or_sku", None, "one of: type, sku"),
    ({"sku": None}, "", "type_or_sku", None, "one of: type, sku"),
    ({"type": "A", "sku": "MILK"}, "", "type_or_sku", "type, sku", "one of: type, sku"),
    ({"type": 1, "sku": "MILK"}, "", "type_or_sku", "type, sku", "one of: type, sku"),
    ({"sku": 7}, "/sku", "wrong_type", "7", "a string"),
    ({"type": None}, "", "type_or_sku", None, "one of: type, sku"),
    ({"type": None, "sku": None}, "", "type_or_sku", None, "one of: type, sku"),
    ({"sku": "MILK 1"}, "/sku", "sku_format", "MILK 1", "1 to 64 visible ASCII characters"),
    ({"sku": "milk"}, "/sku", "unknown_sku", "milk", "a sku of the catalogue, written exactly"),
    (
        {"sku": "NEW"},
        "/sku",
        "sku_without_type",
        "NEW",
        "a product that has a type at sold_at",
    ),
    ({"sku": "ODD"}, "/sku", "product_type_unknown", "odd", f"{TYPES}: A, B, C, D"),
]


def document() -> dict[str, Any]:
    return {
        "sold_at": "2026-06-10 00:00:00",
        "customer": {"document": "52998224725", "name": "JOSE DA SILVA"},
        "total": "99.00",
        "discount": "0.50",
        "sale_id": "NF-1",
        "products": [
            {"type": "A", "value": "10.00", "qty": 1},
            {"type": "B", "value": "10.00", "qty": 9, "discount": "0.50"},
        ],
    }


def put(pointer: str, value: object) -> object:
    """The document with one field set, or taken away."""
    if not pointer:
        return value
    whole: Any = document()
    place = whole
    *way, last = pointer[1:].split("/")
    for step in way:
        place = place[int(step) if isinstance(place, list) else step]
    if value is ABSENT:
        del place[last]
    else:
        place[int(last) if isinstance(place, list) else last] = value
    return whole


def told(value: object) -> list[tuple[str, str, str | None, str]]:
    with pytest.raises(InvalidSale) as caught:
        parse_sale(value, rules=RULES, now=NOW, programme=DEMO.programme, catalogue=CATALOGUE)
    return [(v.pointer, v.code, v.received, v.expected()) for v in caught.value.violations]


@pytest.mark.parametrize(
    ("sold_at", "ahead"),
    [
        ("2026-06-15T15:05:00.25Z", "5 min 1 s"),  # a fraction too late, too
        ("2026-06-15T15:58:00Z", "58 min"),
        ("2026-06-15T16:59:00Z", "1 h 59 min"),
        ("2026-06-15T17:00:00Z", "2 h"),
        ("2026-06-17T15:00:00Z", "2 d"),
        ("2026-06-18T16:59:59Z", "3 d 1 h"),
        ("2036-06-15T15:00:00Z", "3653 d"),
    ],
)
def test_how_far_a_tills_clock_is_ahead_is_told(sold_at: str, ahead: str) -> None:
    with pytest.raises(InvalidSale) as caught:
        parse_sale(put("/sold_at", sold_at), rules=RULES, now=NOW, programme=DEMO.programme)
    (violation,) = caught.value.violations
    right = f"The sale lies {ahead} in the future: the till's clock is ahead."
    assert violation.detail() == right


def test_of_a_merchant_that_lets_nobody_be_ahead_seconds_are_told() -> None:
    rules = replace(RULES, max_ahead=timedelta(0))
    with pytest.raises(InvalidSale) as caught:
        parse_sale(put("/sold_at", "2026-06-15T15:00:59Z"), rules=rules, now=NOW)
    assert caught.value.violations[0].values["ahead"] == "59 s"


@pytest.mark.parametrize(
    ("sold_at", "cause"),
    [
        ("2026-06-15 14:59:00", "told_in_utc"),  # of noon by the merchant's clock
        ("2026-06-15 15:05:00", "told_in_utc"),
        ("2026-06-15 14:50:00", "told_in_utc"),
        ("2026-06-15 14:49:59", "clock_ahead"),
        ("2026-06-15 15:05:01", "clock_ahead"),
        ("2026-06-15 14:59:00-03:00", "clock_ahead"),
    ],
)
def test_what_is_now_if_it_is_utc_is_not_said_of_a_clock(sold_at: str, cause: str) -> None:
    rules = replace(RULES, zone=ZoneInfo("America/Sao_Paulo"))
    with pytest.raises(InvalidSale) as caught:
        parse_sale(put("/sold_at", sold_at), rules=rules, now=NOW)
    assert caught.value.violations[0].values["cause"] == cause


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ({"amount": "95.00", "discount": "5.00"}, "net_amount"),
        ({"amount": "102.00", "surcharge": "2.00"}, "net_amount"),
        ({"amount": "97.00", "discount": "5.00", "surcharge": "2.00"}, "net_amount"),
        ({"amount": "95.00", "discount": "5.00", "surcharge": "2.00"}, "net_amount"),
        ({"amount": "95.01", "discount": "5.00"}, "none"),
        ({"amount": "95.00"}, "none"),
    ],
)
def test_an_amount_that_is_net_already_is_named(line: dict[str, str], cause: str) -> None:
    products = [{"type": "A", "value": "100.00", "qty": 1, **line}]
    with pytest.raises(InvalidSale) as caught:
        parse_sale(put("/products", products), rules=RULES, now=NOW)
    assert caught.value.violations[0].values["cause"] == cause


def test_null_is_as_good_as_left_out_of_types_and_pairs() -> None:
    untyped = {"type": None, "value": "99.00", "qty": 1}
    assert told(put("/products", [untyped]))[0][:2] == ("/products/0", "type_or_sku")
    sale = parse_sale(put("/metadata", {"a": None, "b": "x"}), rules=RULES, now=NOW)
    assert sale.metadata == (("b", "x"),)


def test_the_document_itself_has_no_fault() -> None:
    sale = parse_sale(
        document(), rules=RULES, now=NOW, programme=DEMO.programme, catalogue=CATALOGUE
    )
    assert sale.sale_id == "NF-1"
    assert (sale.total_centavos, sale.discount_centavos) == (9900, 50)
    assert [line.discount_centavos for line in sale.lines] == [0, 50]


@pytest.mark.parametrize(
    ("pointer", "value", "code", "received", "expected"),
    FAULTS,
    ids=[f"{code}-{n}" for n, (_, _, code, _, _) in enumerate(FAULTS)],
)
def test_one_fault_is_told_to_the_letter(
    pointer: str, value: object, code: str, received: str | None, expected: str
) -> None:
    ((place, *rest),) = told(put(pointer, value))
    assert rest == [code, received, expected]
    # A value that is an object is told where it is wrong.
    assert place == pointer or (isinstance(value, list | dict) and place.startswith(f"{pointer}/"))


@pytest.mark.parametrize(
    ("named", "place", "code", "received", "expected"),
    LINE_FAULTS,
    ids=[f"{code}-{n}" for n, (_, _, code, _, _) in enumerate(LINE_FAULTS)],
)
def test_how_a_line_names_its_product_is_told_to_the_letter(
    named: dict[str, object], place: str, code: str, received: str | None, expected: str
) -> None:
    line = {"value": "10.00", "qty": 9, "discount": "0.50", **named}
    faults = told(put("/products/1", line))
    assert faults == [(f"/products/1{place}", code, received, expected)]


def test_a_product_is_of_the_type_that_the_catalogue_says() -> None:
    line = {"sku": "MILK", "value": "10.00", "qty": 9, "discount": "0.50"}
    for unnamed in ({}, {"type": None}):
        whole: Any = put("/products/1", line | unnamed)
        sale = parse_sale(
            whole, rules=RULES, now=NOW, programme=DEMO.programme, catalogue=CATALOGUE
        )
        assert [(x.type, x.sku) for x in sale.lines] == [("A", None), ("B", "MILK")]


OPTIONAL: Final = [
    *["surcharge", "payments", "store", "till", "series", "cashier", "metadata", "confirm"],
    *["customer/document_type", "products/1/surcharge", "products/1/amount"],
]


@pytest.mark.parametrize("name", OPTIONAL)
def test_null_is_as_good_as_left_out(name: str) -> None:
    whole = put(f"/{name}", None)
    assert parse_sale(
        whole, rules=RULES, now=NOW, programme=DEMO.programme, catalogue=CATALOGUE
    ) == parse_sale(document(), rules=RULES, now=NOW, programme=DEMO.programme, catalogue=CATALOGUE)


@pytest.mark.parametrize("absent", [ABSENT, None])
@pytest.mark.parametrize("pointer", ["/discount", "/sale_id", "/products/1/discount"])
def test_what_may_be_left_out_has_no_fault_of_its_own(pointer: str, absent: object) -> None:
    whole: Any = put(pointer, absent)
    whole["total"] = {"/sale_id": "99.00"}.get(pointer, "99.50")
    assert (
        parse_sale(
            whole, rules=RULES, now=NOW, programme=DEMO.programme, catalogue=CATALOGUE
        ).total_centavos
        > 0
    )


def test_no_sale_id_may_be_said_by_null() -> None:
    whole = put("/sale_id", None)
    assert (
        parse_sale(
            whole, rules=RULES, now=NOW, programme=DEMO.programme, catalogue=CATALOGUE
        ).sale_id
        is None
    )


def test_an_unknown_field_is_found_by_its_json_pointer() -> None:
    whole = document() | {"a/b~c": 1, "\n": 2}
    assert told(whole) == [
        ("/a~1b~0c", "unknown_field", None, SALE_FIELDS),
        ("/\\u000a", "unknown_field", None, SALE_FIELDS),
    ]


def test_a_fault_reads_as_one_sentence() -> None:
    with pytest.raises(InvalidSale) as caught:
        parse_sale(
            put("/total", "1,00"),
            rules=RULES,
            now=NOW,
            programme=DEMO.programme,
            catalogue=CATALOGUE,
        )
    assert str(caught.value) == (
        f"/total: The amount is not written as money. (received 1,00; expected {AMOUNT})"
    )
    with pytest.raises(InvalidSale) as caught:
        parse_sale({"total": 0}, rules=RULES, now=NOW)
    assert str(caught.value).split("; /") == [
        "/sold_at: This field is missing. (received None; expected a value)",
        "customer: This field is missing. (received None; expected a value)",
        "products: This field is missing. (received None; expected a value)",
    ]


def test_a_fault_of_the_whole_is_placed_at_the_root() -> None:
    with pytest.raises(InvalidSale) as caught:
        parse_sale(7, rules=RULES, now=NOW)
    expected = "/: The value has the wrong type. (received 7; expected an object)"
    assert str(caught.value) == expected

"""Invalid sales: a valid one plus exactly one defect, with the violation that it must yield."""

# ruff: noqa: TC002 - users' tools read these annotations at run time
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, cast

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from cashback_core.sales.payments import MAX_PAYMENTS
from cashback_core.sales.rules import BuyerRule, NumberScope
from cashback_core.sales.sale import MAX_LINES, MAX_METADATA, MAX_SALE_ID_CHARS, Sale, is_sku
from cashback_core.testing.strategies.numbers import cnpjs, cpfs, foreign_documents
from cashback_core.testing.strategies.sales import sales, spellings
from cashback_core.testing.strategies.situations import DEMO, Situation
from cashback_core.values.documents import Cnpj
from cashback_core.values.instants import format_instant
from cashback_core.values.money import MAX_CENTAVOS, PRODUCT_PER_CENTAVO, format_centavos
from cashback_core.values.names import MAX_NAME_CHARS
from cashback_core.values.violations import escaped


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidSaleDocument:
    """A document with exactly one fault: parsing it tells `code` at `pointer` and nothing else."""

    document: object
    code: str
    pointer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A valid document about to be spoilt: its content, and the draw that decides how."""

    draw: DrawFn
    situation: Situation
    sale: Sale
    document: dict[str, Any]
    decimals: bool

    @property
    def judged_at(self) -> datetime:
        """The instant by which the sale is judged."""
        return self.situation.counts_at(self.sale.sold_at)

    def any_line(self) -> int:
        """The position of some line."""
        return self.draw(st.integers(0, len(self.sale.lines) - 1))

    def put(self, pointer: str, value: object) -> str:
        """Write a value at a JSON pointer, and give the pointer back."""
        parent, _, name = pointer.rpartition("/")
        _at(self.document, parent)[name] = value
        return pointer

    def name_product(self, *skus: str) -> str:
        """Give some line one of these skus in place of what it names; the pointer of the sku."""
        line = f"/products/{self.any_line()}"
        _at(self.document, line).pop("type", None)
        return self.put_one_of(f"{line}/sku", *skus)

    def put_one_of(self, pointer: str, *values: object) -> str:
        """Write one of some values at a JSON pointer, and give the pointer back."""
        usable = [v for v in values if self.decimals or not isinstance(v, Decimal)]
        return self.put(pointer, self.draw(st.sampled_from(usable)))


_OF_A_CUSTOMER: Final = ("document_", "name_", "sale_id_holds", "place_holds")

Defect = Callable[[Draft], str | InvalidSaleDocument]
"""Spoils a draft in one place and tells the pointer, or gives another document in its place."""


def invalid_documents(
    situation: Situation = DEMO, *, codes: frozenset[str] | None = None, decimals: bool = False
) -> SearchStrategy[InvalidSaleDocument]:
    """Documents with one defect each, of every code or only of the `codes` asked for.

    What `json.dumps` takes; with `decimals` numbers may be Decimals, too.
    """
    wanted = sorted(DEFECTS if codes is None else codes)
    if codes is None:
        wanted = [code for code in wanted if can_show(code, situation)]
    return st.sampled_from(wanted).flatmap(lambda code: _spoilt(code, situation, decimals=decimals))


def can_show(code: str, situation: Situation) -> bool:
    """Whether any document can have this fault: not all merchants refuse the same."""
    rules = situation.rules
    match code:
        case "sku_without_type":
            return bool(situation.skus_before(situation.latest))
        case "company_refused":
            return rules.buyers.company is BuyerRule.REFUSE
        case "foreign_refused":
            return rules.buyers.foreign is BuyerRule.REFUSE
        case "nobody_refused":
            return rules.buyers.nobody is BuyerRule.REFUSE
        case "store_required":
            return rules.numbers is NumberScope.STORE
        case _:
            return True


@st.composite
def _spoilt(
    draw: DrawFn, code: str, situation: Situation, *, decimals: bool
) -> InvalidSaleDocument:
    sale = draw(sales(situation, max_lines=3))
    document = draw(spellings(sale, situation, decimals=decimals))
    if code.startswith(_OF_A_CUSTOMER):
        assume(sale.customer is not None)
    draft = Draft(draw=draw, situation=situation, sale=sale, document=document, decimals=decimals)
    pointer = DEFECTS[code](draft)
    if isinstance(pointer, InvalidSaleDocument):
        return pointer
    return InvalidSaleDocument(document=document, code=code, pointer=pointer)


def _required(draft: Draft) -> str:
    line = f"/products/{draft.any_line()}"
    fields = ["/sold_at", "/customer", "/total", "/products", "/customer/document"]
    fields += ["/customer/name", f"{line}/value", f"{line}/qty"]
    if draft.sale.customer is None:
        fields = [field for field in fields if not field.startswith("/customer/")]
    pointer = draft.draw(st.sampled_from(fields))
    parent, _, name = pointer.rpartition("/")
    del _at(draft.document, parent)[name]
    return pointer


def _unknown_field(draft: Draft) -> str:
    parents = ["", f"/products/{draft.any_line()}"]
    parents += ["/customer"] if draft.sale.customer is not None else []
    parent = draft.draw(st.sampled_from(parents))
    name = draft.draw(st.sampled_from(["cashback", "Total", "a/b", "a~b", "ação", "", " qty"]))
    _at(draft.document, parent)[name] = draft.draw(st.sampled_from([None, 1, "x"]))
    return f"{parent}/{name.replace('~', '~0').replace('/', '~1')}"


def _wrong_type(draft: Draft) -> str | InvalidSaleDocument:
    line = f"/products/{draft.any_line()}"
    named = f"{line}/{'type' if _at(draft.document, line).get('sku') is None else 'sku'}"
    wrong: tuple[object, ...] = (True, [], ["10.00"], {"$numberDecimal": "1"})
    never = (None, *wrong)  # what must be there may not be null
    kinds: dict[str, tuple[object, ...]] = {
        "": (None, 1, "sale", [], [{}]),
        "/customer": (7, "52998224725", []),
        "/products": (None, 7, "products", {}),
        line: (None, 7, "line", []),
        "/sold_at": (*never, 1_767_312_000, 1e308),
        named: (7, *wrong),
        **dict.fromkeys(("/sale_id", "/till", "/series", "/cashier", "/confirm"), (7, *wrong)),
        "/metadata": (7, "a=b", []),
        "/payments": (7, "pix", {}),
        **dict.fromkeys(_required_money(line), never),
        **dict.fromkeys(_optional_money(line), wrong),
        f"{line}/qty": never,
    }
    if draft.sale.customer is not None:
        kinds |= {"/customer/document": never, "/customer/name": (*never, 7)}
    pointer = draft.draw(st.sampled_from(list(kinds)))
    value = draft.draw(st.sampled_from(kinds[pointer]))
    if not pointer:
        return InvalidSaleDocument(document=value, code="wrong_type", pointer="")
    if pointer == line:
        draft.document["products"][int(line.rpartition("/")[2])] = value
        return pointer
    return draft.put(pointer, value)


def _money_format(draft: Draft) -> str:
    pointer = draft.draw(st.sampled_from(_money_pointers(f"/products/{draft.any_line()}")))
    finer = pointer.endswith("/value")  # a unit value has up to ten decimals
    texts = "|.|10,00|1.000,00|+1|-1.00| 1|1 |1.|.5|010.00|1e2|1_000|NaN|Infinity|R$ 1|0x1"
    strange = ("1.00000000001", "1\n", "\uff11.00", "\u0661", "1.00\0")
    numbers = (-1, -0.01, -0.0, 9.990000000000002, float("nan"), float("inf"))
    decimals = (Decimal("NaN"), Decimal("sNaN"), Decimal("1e-11"), Decimal("1e-999999"))
    if not finer:
        return draft.put_one_of(
            pointer, *texts.split("|"), *strange, *numbers, *decimals, "1.001", 10.005
        )
    return draft.put_one_of(pointer, *texts.split("|"), *strange, *numbers, *decimals)


def _money_out_of_range(draft: Draft) -> str:
    pointer = draft.draw(st.sampled_from(_money_pointers(f"/products/{draft.any_line()}")))
    high = ("100000000.00", "100000000", "9" * 5000, 10**8, 10**4000, 1e300, Decimal("1e999999"))
    return draft.put_one_of(pointer, *high)


def _quantity_format(draft: Draft) -> str:
    pointer = f"/products/{draft.any_line()}/qty"
    texts = ("", "0,350", "0.35051", "1E+1", "-1", "+1", "01", " 1", "1 kg", "\u00bd", "\uff11")
    numbers = (-1, 0.00001, float("nan"), Decimal("Infinity"), Decimal(-1))
    return draft.put_one_of(pointer, *texts, *numbers)


def _quantity_out_of_range(draft: Draft) -> str:
    values = (0, 0.0, "0", "0.000", "99999.0001", 100_000, 2**63, "9" * 5000, Decimal("1e999999"))
    return draft.put_one_of(f"/products/{draft.any_line()}/qty", *values)


def _document_format(draft: Draft) -> str:
    cpf = draft.draw(cpfs())
    fullwidth = cpf.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})
    texts = (cpf[:10], cpf + "0", " " + cpf, cpf + "\n", cpf[:10] + "²", fullwidth, "")
    others = ("11.222.333/0001-8", f"{cpf[:3]}.{cpf[3:6]}.{cpf[6:]}", "cpf", int(cpf), float(cpf))
    told = {
        "foreign": ("1234", "AB 12345", "./-./-", "a" * 21),
        "cnpj": (cpf,),
        "cpf": (cpf + "12",),
    }
    kind = draft.draw(st.sampled_from([None, *told]))
    draft.put("/customer/document_type", kind)
    if kind is None:
        return draft.put_one_of("/customer/document", *texts, *others)
    return draft.put_one_of("/customer/document", *told[kind])


def _document_repeated(draft: Draft) -> str:
    digit = draft.draw(st.sampled_from("0123456789"))
    masked = f"{digit * 3}.{digit * 3}.{digit * 3}-{digit * 2}"
    draft.put("/customer/document_type", None)
    return draft.put_one_of("/customer/document", digit * 11, masked, digit * 14)


def _document_check_digits(draft: Draft) -> str:
    document = draft.draw(cpfs() | cnpjs())
    wrong = (int(document[-2:]) + draft.draw(st.integers(1, 99))) % 100
    draft.put("/customer/document_type", None)
    return draft.put("/customer/document", f"{document[:-2]}{wrong:02d}")


def _document_not_foreign(draft: Draft) -> str:
    document = draft.draw(cpfs() | cnpjs())
    told = draft.draw(st.sampled_from([str(document), document.formatted, f"-{document}".lower()]))
    draft.put("/customer/document_type", "foreign")
    return draft.put("/customer/document", told)


def _company_refused(draft: Draft) -> str:
    company = {"document": str(draft.draw(cnpjs())), "name": "EMPRESA LTDA"}
    draft.put("/customer", company)
    return "/customer/document"


def _foreign_refused(draft: Draft) -> str:
    document = str(draft.draw(foreign_documents()))
    draft.put("/customer", {"document": document, "document_type": "foreign", "name": "ANA"})
    return "/customer/document"


def _nobody_refused(draft: Draft) -> str:
    return draft.put("/customer", None)


def _name_length(draft: Draft) -> str:
    long = "a" * (MAX_NAME_CHARS + 1)
    return draft.put_one_of("/customer/name", "", "   ", long, "é" * 121, "a" * 200_000)


def _name_not_printable(draft: Draft) -> str:
    strange = draft.draw(
        st.sampled_from("\0\t\n\x1b\x7f\u00a0\u200b\u2028\u202e\ufeff\ufffd\ud800")
    )
    return draft.put_one_of("/customer/name", f"JOSE{strange}", f"{strange}DA SILVA", strange)


def _name_encoding(draft: Draft) -> str:
    name = draft.draw(
        st.sampled_from(["JOSÉ DA SILVA", "José", "CONCEIÇÃO", "D\u2019ÁVILA", "Łukasz"])
    )
    wrong = draft.draw(st.sampled_from(["latin-1", "cp1252"]))
    # What Windows-1252 leaves free becomes a control character of Latin-1.
    read = [name.encode()[i : i + 1] for i in range(len(name.encode()))]
    misread = "".join(byte.decode(wrong, "ignore") or byte.decode("latin-1") for byte in read)
    return draft.put("/customer/name", misread)


def _name_without_letter(draft: Draft) -> str:
    return draft.put_one_of("/customer/name", ".", "- -", "\u0301", "12345", "?", "😀", "'")


def _lines_count(draft: Draft) -> str:
    line = draft.document["products"][0]
    return draft.put_one_of("/products", [], [line] * (MAX_LINES + 1))


def _type_or_sku(draft: Draft) -> str:
    pointer = f"/products/{draft.any_line()}"
    line = _at(draft.document, pointer)
    for name in ("type", "sku"):
        line.pop(name, None)
    both: dict[str, object] = {"type": "A", "sku": "7891000100103"}
    line.update(draft.draw(st.sampled_from([{}, {"sku": None}, {"type": None}, both])))
    return pointer


def _sku_format(draft: Draft) -> str:
    return draft.name_product("", " ", "7891 000", "CAFÉ", "\uff11", "7891000\n", "\0", "a" * 65)


def _unknown_sku(draft: Draft) -> str:
    known = draft.situation.catalogue.products
    near = [text for s in known for text in (s + "0", s[1:], "0" + s, s.swapcase())]
    texts = [t for t in [*near, "no-such-product"] if t not in known and is_sku(t)]
    return draft.name_product(*texts)


def _sku_without_type(draft: Draft) -> str:
    skus = draft.situation.skus_before(draft.judged_at)
    assume(skus)
    return draft.name_product(*skus)


def _product_type_unknown(draft: Draft) -> str:
    known = draft.situation.types_at(draft.judged_at)
    near = [text for t in known for text in (t + " ", " " + t, t.swapcase(), t + "\0", t * 500)]
    texts = [t for t in [*near, "", "\u0410", "\ud800"] if t not in known]
    line = f"/products/{draft.any_line()}"
    _at(draft.document, line).pop("sku", None)
    return draft.put_one_of(f"{line}/type", *texts)


def _sold_at_format(draft: Draft) -> str:
    day, time = "2026-01-02", "10:00:00"
    texts = (
        "",
        "02/01/2026 00:00:00",
        "1767312000",
        "yesterday",
        "a" * 9999,
        day,
        f"{day}T10",
        f"{day}T10:00.5",
    )
    near = (
        f"{day}_{time}",
        f"{day} {time}\n",
        f" {day} {time}",
        f"{day} {time}.",
        f"1{day} {time}",
    )
    more = (f"{day} {time} Z", f"{day}T{time}+3", f"\uff12026-01-02 {time}")
    return draft.put_one_of("/sold_at", *texts, *near, *more, f"{day} {time}.{'0' * 31}")


def _sold_at_nonexistent(draft: Draft) -> str:
    texts = ["2026-02-30 00:00:00", "2025-02-29 10:00:00", "2026-13-01 00:00:00"]
    texts += ["2026-01-02 24:00:00", "2025-12-31T23:59:60Z", "2026-00-01 00:00:00"]
    texts += ["2026-01-02T00:00:00+24:00", "2026-01-02T00:00:00-03:60", "0000-01-01 00:00:00"]
    texts += ["9999-12-31T23:59:59-03:00", "0001-01-01T00:00:00+00:01"]
    if draft.situation.rules.zone.key == "America/Sao_Paulo":
        texts.append("2018-11-04 00:30:00")  # the clocks jumped from 0:00 to 1:00
    return draft.put_one_of("/sold_at", *texts)


def _sold_at_future(draft: Draft) -> str:
    ahead_us = draft.draw(st.integers(1, 10**15))
    instant = draft.situation.latest + timedelta(microseconds=ahead_us)
    return draft.put("/sold_at", format_instant(instant))


def _sold_at_too_old(draft: Draft) -> str:
    limit = draft.situation.now - draft.situation.rules.max_age
    instant = limit - timedelta(microseconds=draft.draw(st.integers(1, 10**12)))
    types, skus = draft.situation.types_at(instant), draft.situation.skus_at(instant)
    assume(all(x.sku in skus if x.sku else x.type in types for x in draft.sale.lines))
    return draft.put("/sold_at", format_instant(instant))


def _discount_too_large(draft: Draft) -> str:
    line = draft.any_line()
    nets = sum(each.net_centavos for each in draft.sale.lines)
    limits = {
        "/discount": nets,
        f"/products/{line}/discount": draft.sale.lines[line].amount_centavos,
    }
    pointer = draft.draw(st.sampled_from(list(limits)))
    excess = draft.draw(st.integers(limits[pointer] + 1, MAX_CENTAVOS))
    return draft.put(pointer, format_centavos(excess))


def _total_mismatch(draft: Draft) -> str:
    sale, tolerance = draft.sale, draft.situation.rules.sale_tolerance_centavos
    right = sale.total_centavos - sale.difference_centavos
    near = st.sampled_from([right - 1 - tolerance, right + 1 + tolerance])
    wrong = draft.draw(near | st.integers(0, MAX_CENTAVOS))
    assume(abs(wrong - right) > tolerance and 0 <= wrong <= MAX_CENTAVOS)
    draft.document.pop("payments", None)
    return draft.put("/total", format_centavos(wrong))


def _amount_mismatch(draft: Draft) -> str:
    index = draft.any_line()
    line = draft.sale.lines[index]
    product = line.value_e10 * line.qty_e4
    room = 1 + draft.situation.rules.line_tolerance_centavos
    lowest = product // PRODUCT_PER_CENTAVO - room
    highest = -(-product // PRODUCT_PER_CENTAVO) + room
    wrong = draft.draw(st.sampled_from([lowest, highest]) | st.integers(highest, MAX_CENTAVOS))
    assume(0 <= wrong <= MAX_CENTAVOS)
    return draft.put(f"/products/{index}/amount", format_centavos(wrong))


def _payments_count(draft: Draft) -> str:
    part = {"kind": "pix", "value": "0.00"}
    return draft.put("/payments", [part] * (MAX_PAYMENTS + 1))


def _payments_mismatch(draft: Draft) -> str:
    total = draft.sale.total_centavos
    paid = draft.draw(st.integers(0, total + 2).filter(lambda paid: paid != total))
    assume(paid <= MAX_CENTAVOS)
    return draft.put("/payments", [{"kind": "pix", "value": format_centavos(paid)}])


def _no_such_choice(draft: Draft) -> str:
    total = format_centavos(draft.sale.total_centavos)
    pointer = draft.draw(st.sampled_from(["/confirm", "/customer/document_type", "/payments"]))
    if pointer == "/payments":
        kind = draft.draw(st.sampled_from(["", "PIX", "cash ", "dinheiro", "99"]))
        draft.put(pointer, [{"kind": kind, "value": total}])
        return "/payments/0/kind"
    if pointer == "/customer/document_type":
        assume(draft.sale.customer is not None)
        return draft.put_one_of(pointer, "", "CPF", "passport")
    return draft.put_one_of(pointer, "", "NOW", "later ")


def _place_format(draft: Draft) -> str:
    pointer = draft.draw(st.sampled_from(["/store", "/till", "/series"]))
    return draft.put_one_of(pointer, "", " ", "1 2", "LOJÁ", "1\n", "\uff11", "a" * 33)


def _place_holds_document(draft: Draft) -> str:
    pointer = draft.draw(st.sampled_from(["/store", "/till", "/series"]))
    told = _buyer(draft)
    customer = draft.sale.customer
    if pointer == "/store" and customer is not None and isinstance(customer.document, Cnpj):
        told = f"L{told}"  # a chain that buys of itself may call its store by the whole CNPJ
    return draft.put(pointer, told)


def _store_required(draft: Draft) -> str:
    draft.document.pop("store", None)
    draft.put("/sale_id", "NF-1")
    return "/store"


def _cashier_format(draft: Draft) -> str:
    return draft.put_one_of("/cashier", "", "  ", "\n", "a\tb", "a" * 65, "\ud800")


def _cashier_holds_document(draft: Draft) -> str:
    return draft.put("/cashier", f"ANA {_personal(draft)}")


def _metadata_count(draft: Draft) -> str:
    return draft.put("/metadata", {f"k{n}": "" for n in range(MAX_METADATA + 1)})


def _metadata_key(draft: Draft) -> str:
    key = draft.draw(st.sampled_from(["", "a b", "ação", "a" * 41, "a\n"]))
    draft.put("/metadata", {key: "x", "table": "7"})
    return f"/metadata/{escaped(key)}"


def _metadata_value(draft: Draft) -> str:
    value = draft.draw(st.sampled_from(["\n", "\0", "a" * 201, "\u2028"]))
    draft.put("/metadata", {"table": value})
    return "/metadata/table"


def _metadata_holds_document(draft: Draft) -> str:
    draft.put("/metadata", {"table": "7", "who": f"{_personal(draft)}, VIP"})
    return "/metadata/who"


def _sale_id_format(draft: Draft) -> str:
    texts = (
        "",
        " ",
        "NF 1",
        "NF\t1",
        "NFé",
        "NF1\n",
        "\0",
        "\uff11",
        "a" * (MAX_SALE_ID_CHARS + 1),
    )
    return draft.put_one_of("/sale_id", *texts)


def _sale_id_holds_document(draft: Draft) -> str:
    plain = _buyer(draft)
    if draft.situation.rules.numbers is NumberScope.STORE and draft.sale.place.store is None:
        draft.put("/store", "1")
    return draft.put_one_of("/sale_id", plain, f"NF-{plain}-1", f"{plain}/2026")


def _buyer(draft: Draft) -> str:
    customer = draft.sale.customer
    assert customer is not None
    return draft.draw(st.sampled_from([str(customer.document), customer.document.formatted]))


def _personal(draft: Draft) -> str:
    """Anybody's CPF, or what identifies the buyer."""
    anybody = draft.draw(cpfs())
    told = [str(anybody), anybody.formatted]
    if draft.sale.customer is not None:
        told.append(str(draft.sale.customer.document))
    return draft.draw(st.sampled_from(told))


def _money_pointers(line: str) -> list[str]:
    return [*_required_money(line), *_optional_money(line)]


def _required_money(line: str) -> list[str]:
    return ["/total", f"{line}/value"]


def _optional_money(line: str) -> list[str]:
    of_line = [f"{line}/{name}" for name in ("discount", "surcharge", "amount")]
    return ["/discount", "/surcharge", *of_line]


def _at(document: dict[str, Any], pointer: str) -> dict[str, Any]:
    place: Any = document
    for step in pointer.split("/")[1:]:
        place = place[int(step) if step.isdigit() else step]
    return cast("dict[str, Any]", place)


DEFECTS: Final[Mapping[str, Defect]] = {
    "required": _required,
    "unknown_field": _unknown_field,
    "wrong_type": _wrong_type,
    "money_format": _money_format,
    "money_out_of_range": _money_out_of_range,
    "quantity_format": _quantity_format,
    "quantity_out_of_range": _quantity_out_of_range,
    "document_format": _document_format,
    "document_repeated": _document_repeated,
    "document_check_digits": _document_check_digits,
    "document_not_foreign": _document_not_foreign,
    "name_length": _name_length,
    "name_not_printable": _name_not_printable,
    "name_encoding": _name_encoding,
    "name_without_letter": _name_without_letter,
    "company_refused": _company_refused,
    "foreign_refused": _foreign_refused,
    "nobody_refused": _nobody_refused,
    "lines_count": _lines_count,
    "product_type_unknown": _product_type_unknown,
    "type_or_sku": _type_or_sku,
    "sku_format": _sku_format,
    "unknown_sku": _unknown_sku,
    "sku_without_type": _sku_without_type,
    "sold_at_format": _sold_at_format,
    "sold_at_nonexistent": _sold_at_nonexistent,
    "sold_at_future": _sold_at_future,
    "sold_at_too_old": _sold_at_too_old,
    "discount_too_large": _discount_too_large,
    "amount_mismatch": _amount_mismatch,
    "total_mismatch": _total_mismatch,
    "payments_count": _payments_count,
    "payments_mismatch": _payments_mismatch,
    "no_such_choice": _no_such_choice,
    "place_format": _place_format,
    "place_holds_document": _place_holds_document,
    "store_required": _store_required,
    "cashier_format": _cashier_format,
    "cashier_holds_document": _cashier_holds_document,
    "metadata_count": _metadata_count,
    "metadata_key": _metadata_key,
    "metadata_value": _metadata_value,
    "metadata_holds_document": _metadata_holds_document,
    "sale_id_format": _sale_id_format,
    "sale_id_holds_document": _sale_id_holds_document,
}
"""One way to spoil a document for every code that reading a sale can answer with."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from cashback_core.delivery.record import RateVersion, RecordFilter, RecordInstant, RecordOrder
from cashback_core.delivery.search import (
    FEW,
    MAX_RANGE,
    SearchWay,
    is_bounded,
    narrow_range,
    way_of,
)
from cashback_core.delivery.states import Status
from cashback_core.values.documents import Cpf

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CUSTOMER = Cpf("52998224725")
CNPJ = "11222333000181"
BOUNDED: dict[SearchWay, tuple[RecordFilter, ...]] = {
    SearchWay.NUMBER: (
        RecordFilter(sale_id="1"),
        RecordFilter(idempotency_key="k", statuses=frozenset({Status.APPLIED})),
        RecordFilter(access_key="4" * 44),
        RecordFilter(incident=uuid4()),
        RecordFilter(suspected=True, name="ana"),
    ),
    SearchWay.INVOICE: (RecordFilter(invoice_cnpj=CNPJ, invoice_number=7),),
    SearchWay.CUSTOMER: (RecordFilter(document=CUSTOMER, name="ana", store="1"),),
    SearchWay.OPEN: (
        RecordFilter(statuses=frozenset({Status.HELD})),
        RecordFilter(statuses=FEW, sold_from=NOW - 900 * DAY),
    ),
    SearchWay.RANGE: (
        RecordFilter(sold_from=NOW - 92 * DAY),
        RecordFilter(changed_from=NOW - 900 * DAY, changed_to=NOW - 808 * DAY),
        RecordFilter(applied_from=NOW, applied_to=NOW - DAY),
        RecordFilter(sold_from=NOW + DAY),
    ),
    SearchWay.ISSUER: (RecordFilter(invoice_cnpj=CNPJ, invoice_month="2026-01"),),
}
UNBOUNDED = (
    RecordFilter(name="ana"),
    RecordFilter(statuses=frozenset({Status.APPLIED})),
    RecordFilter(statuses=frozenset({Status.HELD, Status.APPLIED})),
    RecordFilter(statuses=frozenset({Status.CANCELLED})),
    RecordFilter(sold_from=NOW - 93 * DAY),
    RecordFilter(sold_to=NOW),
    RecordFilter(accepted_from=NOW - 900 * DAY, accepted_to=NOW - 800 * DAY, store="1"),
    RecordFilter(store="1"),
    RecordFilter(type="A"),
    RecordFilter(rate=RateVersion(type="A", version=1)),
    RecordFilter(name_differs=False),
    RecordFilter(invoice_cnpj=CNPJ),
    RecordFilter(max_total_centavos=0),
    RecordFilter(min_cashback_centavos=1),
)


@pytest.mark.parametrize(("way", "wanted"), [(w, f) for w, fs in BOUNDED.items() for f in fs])
def test_what_is_bounded_is_found_by_its_narrowest_way(
    way: SearchWay, wanted: RecordFilter
) -> None:
    assert way_of(wanted, now=NOW) is way
    for by in RecordInstant:
        assert is_bounded(wanted, RecordOrder(by=by), now=NOW, whole=True)


@pytest.mark.parametrize("wanted", UNBOUNDED)
def test_what_nothing_bounds_is_not(wanted: RecordFilter) -> None:
    for whole in (False, True):
        assert not is_bounded(wanted, now=NOW, whole=whole)
        theirs = replace(wanted, group="client:cli_1")
        assert not is_bounded(theirs, now=NOW, whole=whole)


def test_a_page_of_everything_is_bounded_in_the_order_of_acceptance_alone() -> None:
    for group in (None, "client:cli_1"):
        everything = RecordFilter(group=group)
        assert is_bounded(everything, now=NOW)
        assert is_bounded(everything, RecordOrder(descending=False), now=NOW)
        assert not is_bounded(everything, now=NOW, whole=True)
        assert not is_bounded(everything, RecordOrder(by=RecordInstant.SOLD), now=NOW)


def test_no_field_of_a_filter_is_forgotten_by_the_rule() -> None:
    """A new one bounds nothing until somebody says so."""
    by_itself = {"sale_id", "idempotency_key", "access_key", "incident", "suspected", "document"}
    for each in fields(RecordFilter):
        if each.name not in {"group", "statuses"} and not each.name.endswith("_from"):
            wanted = RecordFilter(**{each.name: True})  # type: ignore[arg-type]
            assert is_bounded(wanted, now=NOW) is (each.name in by_itself), each.name


def test_the_range_of_the_order_comes_before_a_shorter_one() -> None:
    wanted = RecordFilter(sold_from=NOW - 9 * DAY, changed_from=NOW - DAY)
    assert narrow_range(wanted, RecordOrder(by=RecordInstant.SOLD), now=NOW) is RecordInstant.SOLD
    assert (
        narrow_range(wanted, RecordOrder(by=RecordInstant.APPLIED), now=NOW)
        is RecordInstant.CHANGED
    )
    longer = replace(wanted, sold_from=NOW - MAX_RANGE - DAY)
    assert (
        narrow_range(longer, RecordOrder(by=RecordInstant.SOLD), now=NOW) is RecordInstant.CHANGED
    )


def test_few_are_those_that_go_on_and_are_not_done() -> None:
    assert {
        Status.UNCONFIRMED, Status.PENDING, Status.SENDING, Status.REJECTED, Status.IN_DOUBT,
        Status.HELD,
    } == FEW  # fmt: skip

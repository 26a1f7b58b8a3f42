"""Who of a group may go the quick way: as if the others had come after them, and nobody sees it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from adapters.postgres.sales.quick_sales import QuickSales
from cashback_core.sales.same_sale import names_of
from cashback_core.values.ids import new_id
from contract.builders import a_sale, submitted

if TYPE_CHECKING:
    from cashback_core.intake.acceptance import Submission
    from cashback_core.sales.sale import Sale

A, B = a_sale(sale_id="A"), a_sale(sale_id="B")


def told(sale: Sale, key: str | None = None, *, merchant: int = 1) -> Submission:
    return replace(submitted(sale, key=key), merchant_id=merchant, id=new_id())


def named(sale: Sale, name: str, sale_id: str) -> Sale:
    assert sale.customer is not None
    return replace(sale, customer=replace(sale.customer, name=name), sale_id=sale_id)


def test_what_tells_the_name_of_one_before_is_left_over() -> None:
    group = [told(A, "k"), told(B, "k"), told(a_sale(), "other"), told(A)]
    assert QuickSales.among(group).submissions == [group[0], group[2]]


def test_what_follows_one_that_is_left_over_and_tells_its_name_is_left_over_too() -> None:
    first, second = told(A, "k1"), told(B, "k1")
    third = told(replace(a_sale(), sale_id="B"), "k3")
    assert QuickSales.among([first, second, third]).submissions == [first]


def test_a_name_is_its_merchants() -> None:
    group = [told(A, "k"), told(A, "k", merchant=2)]
    assert QuickSales.among(group).submissions == group


def test_what_is_only_looked_for_and_what_has_a_brake_is_left_over() -> None:
    looked_for, braked, new = told(A), told(B, merchant=2), told(a_sale())
    looked_for = replace(looked_for, replay_only=True, lease_s=None)
    chosen = QuickSales.among([looked_for, braked, new], braked={2})
    assert chosen.submissions == [new]


def test_a_customer_is_met_by_one_name_the_first_one() -> None:
    maria = told(named(A, "MARIA DE SOUZA", "N2"))
    again = told(named(A, "JOSE DA SILVA", "N3"))
    first = told(named(A, "JOSE DA SILVA", "N1"))
    # Their contents are the same: they tell it for the second time.
    later = [
        replace(s, sale=replace(s.sale, sold_at=s.sale.sold_at.replace(hour=hour)))
        for hour, s in enumerate((first, maria, again), start=5)
    ]
    assert QuickSales.among(later).submissions == [later[0]]
    assert QuickSales.among([later[0], later[2]]).submissions == [later[0], later[2]]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["k1", "k2", "k3", None]),
            st.sampled_from(["N1", "N2", "N3", None]),
            st.integers(0, 3),
            st.sampled_from(["ANA LIMA", "RUI REIS"]),
        ),
        max_size=8,
    )
)
def test_nobody_shares_a_name_or_a_customer_with_whoever_came_before_and_is_left_over(
    group: list[tuple[str | None, str | None, int, str]],
) -> None:
    customers = [a_sale() for _ in range(4)]
    sent = [
        told(
            replace(
                named(customers[who], name, sale_id or "N9"),
                sale_id=sale_id,
                sold_at=A.sold_at.replace(minute=minute),
            ),
            key,
        )
        for minute, (key, sale_id, who, name) in enumerate(group)
    ]
    quick = {s.id for s in QuickSales.among(sent).submissions}
    for n, s in enumerate(sent):
        names = set(names_of(s.sale, s.idempotency_key))
        before = [t for t in sent[:n] if not names.isdisjoint(names_of(t.sale, t.idempotency_key))]
        others = [t for t in sent[:n] if buyer(t) == buyer(s)]
        if s.id in quick:
            assert not before
            assert all(t.id in quick and name_of(t) == name_of(s) for t in others)
        else:
            assert before or any(t.id not in quick or name_of(t) != name_of(s) for t in others)


def buyer(s: Submission) -> object:
    assert s.sale.customer is not None
    return s.sale.customer.document


def name_of(s: Submission) -> str:
    assert s.sale.customer is not None
    return s.sale.customer.name

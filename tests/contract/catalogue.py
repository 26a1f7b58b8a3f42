"""The part of the store's contract about terms: products by sku, and sales that follow neither."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cashback_core.intake.acceptance import Accepted, Repeated, TermsChanged
from contract.builders import SOLD_AT, a_sale, accepted, history_of, submitted

if TYPE_CHECKING:
    from cashback_core.intake.acceptance import Submission
    from cashback_core.intake.store import CashbackStore
    from cashback_core.sales.sale import Sale

SINCE = datetime(2000, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def by_sku(sale: Sale, sku: str, type_: str = "A") -> Sale:
    return replace(sale, lines=(replace(sale.lines[0], sku=sku, type=type_),))


def misjudged(submission: Submission, *, rate_bp: int = 500, rate_version: int = 1) -> Submission:
    """The same submission with a line that earned by another rate."""
    cashback = submission.cashback
    line = replace(cashback.lines[0], rate_bp=rate_bp, rate_version=rate_version)
    return replace(submission, cashback=replace(cashback, lines=(line,)))


class CatalogueContract:
    """What is told of products, and that no sale is recorded against the terms in force."""

    async def put_product(
        self, store: CashbackStore, merchant_id: int, sku: str, *types: tuple[str, datetime]
    ) -> None:
        """Make a product with these types, whatever notice they should have had."""
        raise NotImplementedError

    async def test_a_catalogue_holds_what_was_asked_for_and_no_more(
        self, store: CashbackStore
    ) -> None:
        await self.put_product(store, 1, "CAFE", ("A", SINCE), ("C", SOLD_AT))
        await self.put_product(store, 1, "CHA", ("B", SINCE))
        await self.put_product(store, 2, "CAFE", ("D", SINCE))
        found = await store.catalogue(1, {"CAFE", "cafe", "PANETONE"})
        assert set(found.products) == {"CAFE"}
        assert found.type_at("CAFE", SOLD_AT - TICK) == "A"
        assert found.type_at("CAFE", SOLD_AT) == "C"
        assert (await store.catalogue(2, {"CAFE"})).type_at("CAFE", SOLD_AT) == "D"
        assert (await store.catalogue(2, {"CHA"})).products == {}
        both = await store.catalogue(1, {"CAFE", "CHA"})
        assert {sku: len(periods) for sku, periods in both.products.items()} == {
            "CAFE": 2,
            "CHA": 1,
        }

    async def test_a_product_that_is_made_is_known_at_once(self, store: CashbackStore) -> None:
        assert "CAFE" not in await store.catalogue(1, {"CAFE"})
        await self.put_product(store, 1, "CAFE", ("A", SINCE))
        assert "CAFE" in await store.catalogue(1, {"CAFE"})

    async def test_a_line_comes_back_with_its_sku(self, store: CashbackStore) -> None:
        await self.put_product(store, 1, "CAFE", ("A", SINCE))
        sale = by_sku(a_sale(sale_id="NF-1"), "CAFE")
        record = await accepted(store, submitted(sale))
        assert record.sale == sale
        assert (await history_of(store, 1, record)).record.sale == sale
        again = await store.accept(submitted(sale))
        assert isinstance(again, Repeated)
        assert again.record.sale.lines[0].sku == "CAFE"

    async def test_a_sale_that_follows_other_terms_is_not_recorded(
        self, store: CashbackStore
    ) -> None:
        await self.put_product(store, 1, "CAFE", ("A", SINCE), ("C", SOLD_AT))
        right = submitted(a_sale(sale_id="NF-2"))
        for wrong in (
            misjudged(right, rate_version=2),
            misjudged(right, rate_bp=501),
            submitted(by_sku(right.sale, "CAFE")),
            submitted(by_sku(a_sale(sale_id="NF-2", sold_at=SOLD_AT - TICK), "CAFE", "C")),
            submitted(by_sku(right.sale, "CHA")),
        ):
            assert await store.accept(wrong) == TermsChanged()
            assert await store.find(1, wrong.id) is None
        assert isinstance(await store.accept(right), Accepted)
        assert isinstance(
            await store.accept(
                submitted(by_sku(a_sale(sale_id="NF-3", sold_at=SOLD_AT - TICK), "CAFE"))
            ),
            Accepted,
        )

"""Three books compared: what the tills were told, what the database says, what was really paid."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from deploy.stack import UP_S, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from deploy.stack import Stack
    from deploy.tills import Sold

OPEN = "select count(*) from cashbacks where status in ('pending', 'sending', 'in_doubt')"


def wait_settled(stack: Stack, *, within_s: float = UP_S) -> None:
    """Return when every cashback has its final state."""
    wait_until("every cashback is settled", lambda: stack.query(OPEN) == [["0"]], within_s=within_s)


def assert_books_agree(stack: Stack, sold: Sequence[Sold]) -> None:
    """Nothing that a till was told is lost, and everybody was paid once, what they were told."""
    rows = stack.query(
        "select s.cashback_id, s.sale_id, s.document, c.status, c.cashback_centavos"
        " from sales s join cashbacks c using (merchant_id, cashback_id)"
    )
    kept = {row[0]: row for row in rows}
    for sale in sold:
        # Exactly once: a second row of a sale would have another id and be paid apart.
        row = kept[sale.id]
        assert row[1:4] == [sale.sale_id, sale.document, "applied"], (sale, row)
        assert _centavos(sale.cashback) == int(row[4])
    assert not _twice(row[1] for row in rows)

    credits_ = stack.credits()
    assert not _twice(credit["reference"] for credit in credits_)
    paid = {
        credit["reference"]: (credit["document"], _centavos(credit["cashback"]))
        for credit in credits_
        if credit["reference"] not in stack.forgotten
    }
    due = {row[0]: (row[2], int(row[4])) for row in rows if row[3] == "applied"}
    assert paid == due


def _centavos(money: str) -> int:
    return int(money.replace(".", ""))


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]

"""Where the explanation of a sale is built: of a long one beside the event loop."""

from __future__ import annotations

from threading import get_ident

from adapters.http.sales.cashbacks import MAX_LINES_AT_ONCE, built
from contract.builders import a_sale


async def test_a_long_sale_is_explained_beside_the_event_loop() -> None:
    here = get_ident()
    assert await built(a_sale(lines=MAX_LINES_AT_ONCE), get_ident) == here
    assert await built(a_sale(lines=MAX_LINES_AT_ONCE + 1), get_ident) != here

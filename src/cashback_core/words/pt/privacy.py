"""What is told about a request for a person's data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.words.locales import Heading, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEMS: Final[Mapping[str, Heading]] = {
    "customer_has_open_cashbacks": Heading(
        "Cliente tem cashbacks em aberto",
        (
            "Nada foi alterado: até que cada um seja pago, cancelado ou void, pode ser preciso"
            " perguntar ao provedor sobre este cliente."
        ),
    ),
}

FAULTS: Final[Mapping[str, Text]] = {
    "open_cashbacks": Text("{count} cashbacks deste cliente estão em aberto.", "nenhum em aberto"),
}

"""The problems of requests about a person's data, in English and Portuguese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.http.problems.wording import Kind, fault, kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cashback_core.words.messages import Language, Text

PRIVACY_KINDS: Final[Mapping[str, Kind]] = {
    "customer_has_open_cashbacks": kind(
        409,
        (
            "Customer has open cashbacks",
            (
                "Nothing was changed: until each of them is paid or cancelled, the provider may"
                " still have to be asked about this customer."
            ),
        ),
        (
            "Cliente tem cashbacks em aberto",
            (
                "Nada foi alterado: até que cada um seja pago ou cancelado, pode ser preciso"
                " perguntar ao provedor sobre este cliente."
            ),
        ),
    ),
}

PRIVACY_FAULTS: Final[Mapping[str, Mapping[Language, Text]]] = {
    "open_cashbacks": fault(
        ("{count} cashbacks of this customer are open.", "none that is open"),
        ("{count} cashbacks deste cliente estão em aberto.", "nenhum em aberto"),
    ),
}

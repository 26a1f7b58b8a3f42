"""What is told about a request for a person's data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.words.locales import Heading, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEMS: Final[Mapping[str, Heading]] = {
    "customer_has_open_cashbacks": Heading(
        "Customer has open cashbacks",
        (
            "Nothing was changed: until each of them is paid, cancelled or void, the provider may"
            " still have to be asked about this customer."
        ),
    ),
}

FAULTS: Final[Mapping[str, Text]] = {
    "open_cashbacks": Text("{count} cashbacks of this customer are open.", "none that is open"),
}

"""The operation of the provider's ledger."""

from __future__ import annotations

from typing import Final

from adapters.http.finance.provider_ledger import PATH
from adapters.http.openapi.parts import Operation, Success
from adapters.http.openapi.resources import EVERY

PROVIDER_LEDGER: Final[dict[tuple[str, str], Operation]] = {
    ("get", PATH): Operation(
        id="readProviderLedger",
        tag="Finance",
        summary="Read what the provider credited, as its statements tell it, by class",
        description="Every credit once, however many statements tell it, in one class: of the days"
        " that the newest complete statement covers, what that one tells. A merchant's is what"
        " goes with its cashbacks; everything else is the account's, which the platform's"
        " administrators read, beside every merchant's.",
        successes={200: Success(schema="ProviderLedgerState", description="The ledger as of now.")},
        problems=EVERY,
    ),
}
"""By method and path."""

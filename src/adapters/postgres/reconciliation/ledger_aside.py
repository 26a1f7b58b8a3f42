"""Lines of the provider's ledger that are put aside, and what each is known by there."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from psycopg.errors import LockNotAvailable

from cashback_core.privacy.seals import is_sealed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import AsyncConnection

    from cashback_core.privacy.seals import Seal
    from cashback_core.reconciliation.ledger import ToldLine


_PURPOSE: Final = "lines of the provider's ledger"
_NULL: Final = "\\N"


class LedgerKeys:
    """What a line is known by here: no hash that candidates could be tried by."""

    def __init__(self, seal: Seal | None) -> None:
        self._seal = seal
        self._key = b"" if seal is None else seal.derived_key(_PURPOSE)

    def __call__(self, line_key: str) -> str:
        """32 hex digits of the keyed hash of a line's key, the same once an erasure sealed it."""
        sealed = line_key
        if self._seal is not None and not is_sealed(line_key):
            sealed = self._seal(line_key)
        return blake2b(sealed.encode(), digest_size=16, key=self._key).hexdigest()


async def empty(connection: AsyncConnection[Any]) -> None:
    """Nothing is put aside any more, whatever a run that died left there."""
    try:
        await connection.execute("truncate provider_told, provider_found, provider_respelled")
    except LockNotAvailable:  # somebody takes a backup
        await connection.execute("delete from provider_told")
        await connection.execute("delete from provider_found")
        await connection.execute("delete from provider_respelled")


async def put_aside(
    connection: AsyncConnection[Any], lines: Sequence[ToldLine], keys: LedgerKeys
) -> None:
    """Put some more lines aside."""
    rows = "".join(
        f"{keys(line.key)}\t{line.cls}\t{line.centavos}"
        f"\t{_NULL if line.credited_at is None else line.credited_at.isoformat()}"
        f"\t{_NULL if line.merchant_id is None else line.merchant_id}"
        f"\t{_NULL if line.cashback_id is None else line.cashback_id.hex}"
        f"\t{_NULL if line.alike is None else keys(line.alike)}\n"
        for line in lines
    )
    async with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy provider_told (line_key, class, centavos, credited_at, owner, cashback_id, alike)"
            " from stdin"
        ) as copy,
    ):
        await copy.write(rows)

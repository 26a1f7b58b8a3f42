"""A gateway's stores on a database with a past, and who is met in it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from adapters.postgres.administration.audit_trail import PostgresTrail
from adapters.postgres.administration.customers import PostgresCustomers
from adapters.postgres.administration.transactions import Administration
from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection.database import Database
from adapters.postgres.delivery.changes import PostgresChanges
from adapters.postgres.figures.store import PostgresFigures
from adapters.postgres.files.store import PostgresFileStore
from adapters.postgres.operators.acts import PostgresOperatorStore
from adapters.postgres.operators.cases import PostgresCaseStore
from adapters.postgres.operators.incidents import PostgresIncidentStore
from adapters.postgres.operators.probe import PostgresProbe
from adapters.postgres.operators.provider_ledger import PostgresProviderLedger
from adapters.postgres.privacy.data_subjects import PostgresPrivacyStore
from adapters.postgres.reconciliation.past import PostgresReconciliationPast
from adapters.postgres.reconciliation.store import PostgresReconciliationStore
from adapters.postgres.reconciliation.three_sides import PostgresThreeSides
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.privacy.seals import Seal, new_erasure_key
from cashback_core.reconciliation import Margin, Rules
from volume.past import PastSale, past_sale

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from datetime import datetime

MERCHANT = 1
_POLL_S: Final = 0.005
_SETTLED_S: Final = 30.0
RULES = Rules(
    policy=DeliveryPolicy(),
    margin=Margin(freeze_s=60, provider_delay_s=60, clock_skew_s=60),
    echoes_reference=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Every store that is asked."""

    newest_at: datetime
    database: Database
    store: PostgresCashbackStore
    operators: PostgresOperatorStore
    changes: PostgresChanges
    trail: PostgresTrail
    customers: PostgresCustomers
    incidents: PostgresIncidentStore
    reconciliation: PostgresReconciliationStore
    probe: PostgresProbe
    privacy: PostgresPrivacyStore
    files: PostgresFileStore
    three_sides: PostgresThreeSides
    cases: PostgresCaseStore
    ledger: PostgresProviderLedger
    figures: PostgresFigures
    past: PostgresReconciliationPast

    def sale(self, number: int) -> PastSale:
        """The sale of a number."""
        return past_sale(number, self.newest_at)

    def id(self, number: int) -> UUID:
        """Its id."""
        return UUID(self.sale(number).id)


@asynccontextmanager
async def opened(dsn: str, newest_at: datetime) -> AsyncGenerator[House, None]:
    """The house on a database that `filling.fill` filled."""
    async with Database(dsn, seal=Seal.parse(new_erasure_key())) as database:
        await _settled(database)
        administration = Administration(database)
        yield House(
            newest_at=newest_at,
            database=database,
            store=PostgresCashbackStore(database, DeliveryPolicy()),
            operators=PostgresOperatorStore(database),
            changes=PostgresChanges(database),
            trail=PostgresTrail(administration),
            customers=PostgresCustomers(administration),
            incidents=PostgresIncidentStore(database),
            reconciliation=PostgresReconciliationStore(database, RULES),
            probe=PostgresProbe(database=database, backlog=True),
            privacy=PostgresPrivacyStore(database),
            files=PostgresFileStore(database, skew=timedelta(hours=1)),
            three_sides=PostgresThreeSides(database),
            cases=PostgresCaseStore(database),
            ledger=PostgresProviderLedger(database),
            figures=PostgresFigures(database),
            past=PostgresReconciliationPast(database),
        )


async def _settled(database: Database) -> None:
    """Until all that is being connected is: who asks before has another connection made, too.

    That one would begin in the midst of whatever is looked at.
    """
    async with asyncio.timeout(_SETTLED_S):
        while database.use().lent:  # noqa: ASYNC110 (no event tells)
            await asyncio.sleep(_POLL_S)

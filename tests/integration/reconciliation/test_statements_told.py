"""A real provider tells its statement in every way that once went wrong; nobody is paid twice.

The provider credits one sale, or says that it did not, and then tells its statement so. RunResult
again and again, with a worker that sends whatever is pending, each ends as it should.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest

from adapters.cashback_client.client import ProviderClient
from adapters.cashback_client.pool import Limits
from adapters.cashback_client.sandbox import SandboxOptions, running_sandbox
from adapters.cashback_client.statements import StatementClient
from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection.database import Database
from adapters.postgres.operators.incidents import PostgresIncidentStore
from adapters.postgres.reconciliation.store import PostgresReconciliationStore
from cashback_core.delivery.breaker import Breaker, BreakerPolicy
from cashback_core.delivery.deliverer import Deliverer, suspension_aware_s
from cashback_core.delivery.states import Actor, DeliveryPolicy, Status
from cashback_core.reconciliation import FindingClass, Margin, Rules
from cashback_core.reconciliation.incidents import Explanation, Meaning
from cashback_core.reconciliation.reconciler import Days, Reconciler
from contract.builders import a_cpf, a_sale, history_of, leased

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from adapters.cashback_client.sandbox import Sandbox
    from cashback_core.delivery.leases import Claim
    from cashback_core.reconciliation.incidents import StatementIncident
    from cashback_core.reconciliation.statement_run import RunResult

CREDIT: Final = 140
POLICY: Final = DeliveryPolicy(
    deadline_s=5.0, lease_s=20.0, backoff_base_s=0.01, backoff_max_s=0.01
)
RULES: Final = Rules(
    policy=DeliveryPolicy(deadline_s=0.01, lease_s=0.02),
    margin=Margin(freeze_s=0.0, provider_delay_s=0.05, clock_skew_s=0.05),
    echoes_reference=True,
)
PAST_MARGIN_S: Final = 0.2
"""Longer than lease, delay and twice the skew: then a statement may prove absence."""


@dataclass(slots=True, kw_only=True)
class World:
    """A provider over HTTP, a store on PostgreSQL, and what reads the one for the other."""

    sandbox: Sandbox
    store: PostgresCashbackStore
    incidents: PostgresIncidentStore
    deliverer: Deliverer
    reconciler: Reconciler
    since: datetime
    claims: list[Claim] = field(default_factory=list["Claim"])

    async def sells(self, behaviour: str, centavos: int = 2_800) -> Claim:
        """A sale whose call meets a behaviour once."""
        document = a_cpf()
        self.sandbox.desk.instructions.direct(document, behaviour, times=1)
        claim = await leased(self.store, a_sale(document=document, centavos=centavos))
        await self.deliverer.deliver(claim, claimed_at_s=suspension_aware_s(), actor=Actor.API)
        self.claims.append(claim)
        return claim

    async def reconciles(self) -> RunResult:
        found = await self.reconciler.reconcile_from(self.since)
        assert found is not None
        return found

    async def works(self) -> None:
        """Reconcile, send what is pending, and all that again, beyond what could matter."""
        for _ in range(3):
            await asyncio.sleep(PAST_MARGIN_S)
            await self.reconciles()
            while claims := await self.store.claim_due(limit=10, lease_s=POLICY.lease_s):
                for claim in claims:
                    await self.deliverer.deliver(
                        claim, claimed_at_s=suspension_aware_s(), actor=Actor.WORKER
                    )

    async def status(self, claim: Claim) -> Status:
        return (await history_of(self.store, claim.merchant_id, claim)).record.status

    def credited(self, claim: Claim) -> int:
        return sum(c.document == claim.document for c in self.sandbox.desk.ledger.credits)

    async def standing(self) -> list[StatementIncident]:
        return list(
            (await self.incidents.incidents(None, open_only=True, limit=99, after=None)).items
        )

    async def explains(self, odd: Claim) -> None:
        """Say of every unknown line that it is foreign, of an unreadable one that it is `odd`'s."""
        foreign = Explanation(meaning=Meaning.FOREIGN, by="petra", reason="their campaign")
        ours = Explanation(
            meaning=Meaning.OURS, by="petra", reason="they showed it", cashback_id=odd.id
        )
        for one in await self.standing():
            if one.cls in {FindingClass.UNREADABLE, FindingClass.UNKNOWN_HERE}:
                said = ours if one.cls is FindingClass.UNREADABLE else foreign
                await self.incidents.explain(one.id, said, dry_run=False)

    def tells(self, *names: str, lines_of: Claim | None = None) -> None:
        document = None if lines_of is None else lines_of.document
        self.sandbox.desk.instructions.tell(names, lines_of=document)


@asynccontextmanager
async def a_world(dsn: str, folder: Path, *, echoes: bool) -> AsyncGenerator[World, None]:
    rules = Rules(policy=RULES.policy, margin=RULES.margin, echoes_reference=echoes)
    options = SandboxOptions(statement_reference=echoes)
    async with (
        Database(dsn) as database,
        running_sandbox(folder / "ledger.jsonl", options=options) as sandbox,
    ):
        store, incidents = PostgresCashbackStore(database, POLICY), PostgresIncidentStore(database)
        provider = ProviderClient(sandbox.url, limits=Limits(deadline_s=POLICY.deadline_s))
        statements = StatementClient(sandbox.url)
        try:
            yield World(
                sandbox=sandbox,
                store=store,
                incidents=incidents,
                since=datetime.now(UTC) - timedelta(hours=1),
                deliverer=Deliverer(
                    store=store,
                    provider=provider,
                    policy=POLICY,
                    chance=lambda: 0.0,
                    breaker=Breaker(BreakerPolicy(failures=1_000, unknowns=1_000)),
                ),
                reconciler=Reconciler(
                    store=PostgresReconciliationStore(database, rules),
                    statements=statements,
                    rules=rules,
                    days=Days(
                        open_s=0.05,
                        recent_s=0.05,
                        recent=timedelta(days=3),
                        furthest=timedelta(days=90),
                    ),
                    now=lambda: datetime.now(UTC),
                    chance=lambda: 0.5,
                ),
            )
        finally:
            await statements.aclose()
            await provider.aclose()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the provider does and tells, and how it must end.

    `credits` counts what the ledger really has of the customer in the end.
    """

    told: tuple[str, ...] = ()
    does: str = "close_after_apply"
    echoes: bool = True
    ends: Status
    incident: FindingClass | None = None
    centavos: int | None = None
    count: int = 1
    credits: int = 1


DOUBT, APPLIED = Status.IN_DOUBT, Status.APPLIED
CASES: Final = {
    "other amount, echoed": Case(
        told=("other_amount",), ends=DOUBT, incident=FindingClass.ALTERED, centavos=139
    ),
    "other amount, not echoed": Case(
        told=("other_amount",),
        echoes=False,
        ends=DOUBT,
        incident=FindingClass.ALTERED,
        centavos=139,
    ),
    "other customer, echoed": Case(
        told=("other_customer",), ends=DOUBT, incident=FindingClass.ALTERED, centavos=CREDIT
    ),
    # Nobody here is that customer: the line may be the doubt's, and both are told.
    "other customer, not echoed": Case(
        told=("other_customer",),
        echoes=False,
        ends=DOUBT,
        incident=FindingClass.UNKNOWN_HERE,
        centavos=CREDIT,
    ),
    "reference in upper case": Case(told=("reference_upper_case",), ends=APPLIED),
    "reference without dashes": Case(told=("reference_without_dashes",), ends=APPLIED),
    "reference with blanks": Case(told=("reference_padded",), ends=APPLIED),
    "reference with a prefix": Case(told=("reference_prefixed",), ends=APPLIED),
    "reference cut": Case(told=("reference_cut",), ends=APPLIED),
    "reference null where echoed": Case(
        told=("reference_null",), ends=DOUBT, incident=FindingClass.DOUBT_UNDECIDED
    ),
    "reference missing where echoed": Case(
        told=("reference_missing",), ends=DOUBT, incident=FindingClass.DOUBT_UNDECIDED
    ),
    # It never credited: absence is proved in the end, and paid once.
    "watermark of tomorrow": Case(
        told=("watermark_tomorrow",), does="close_before_apply", ends=APPLIED
    ),
    "watermark for ever": Case(
        told=("watermark_for_ever",), does="close_before_apply", ends=APPLIED
    ),
    "declared from later": Case(told=("declared_later",), ends=DOUBT),
    "one page of several": Case(told=("one_page_of_several",), ends=DOUBT),
    "two lines of ours": Case(
        told=("credited_twice",),
        ends=APPLIED,
        incident=FindingClass.CREDITED_AGAIN,
        centavos=CREDIT,
    ),
    "two lines of ours, not echoed": Case(
        told=("credited_twice",),
        echoes=False,
        ends=APPLIED,
        incident=FindingClass.CREDITED_AGAIN,
        centavos=CREDIT,
    ),
    "three lines of an applied one": Case(
        told=("credited_three_times",),
        does="good",
        ends=APPLIED,
        incident=FindingClass.CREDITED_AGAIN,
        centavos=2 * CREDIT,
        count=2,
    ),
    "three lines of an applied one, not echoed": Case(
        told=("credited_three_times",),
        does="good",
        echoes=False,
        ends=APPLIED,
        incident=FindingClass.CREDITED_AGAIN,
        centavos=2 * CREDIT,
        count=2,
    ),
    "rejected but credited, not echoed": Case(
        does="refused_422_applied",
        echoes=False,
        ends=Status.REJECTED,
        incident=FindingClass.CREDITED_UNPAID,
        centavos=CREDIT,
    ),
    # By its reference it is certain: the settler says so, and the next statement agrees.
    "rejected but credited, echoed": Case(does="refused_422_applied", ends=APPLIED),
    "a credit of nobody": Case(
        told=("foreign_credit",),
        ends=APPLIED,
        incident=FindingClass.UNKNOWN_HERE,
        centavos=7_777,
    ),
    "applied but absent": Case(
        told=("missing_lines",),
        does="good",
        ends=APPLIED,
        incident=FindingClass.APPLIED_ABSENT,
        centavos=CREDIT,
    ),
    "a reversal": Case(
        told=("reversed",),
        ends=DOUBT,
        incident=FindingClass.REVERSED,
        centavos=2 * CREDIT,
        count=2,
    ),
    "a reversal by its type, not echoed": Case(
        told=("reversed_by_type",),
        echoes=False,
        ends=DOUBT,
        incident=FindingClass.REVERSED,
        centavos=2 * CREDIT,
        count=2,
    ),
    "totals as numbers": Case(told=("totals_as_numbers",), ends=APPLIED),
    "a document masked": Case(
        told=("document_masked",),
        echoes=False,
        ends=DOUBT,
        incident=FindingClass.UNREADABLE,
        centavos=CREDIT,
    ),
    "dates alone": Case(told=("date_only",), echoes=False, ends=APPLIED),
    "a wrong sum": Case(told=("wrong_sum",), does="close_before_apply", ends=DOUBT, credits=0),
    "no watermark": Case(
        told=("watermark_missing",), does="close_before_apply", ends=DOUBT, credits=0
    ),
    "201 that says it failed": Case(does="failed_201_applied", ends=APPLIED),
    "truth, never credited": Case(does="close_before_apply", echoes=False, ends=APPLIED),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_nobody_is_paid_twice_whatever_the_statement_says(
    case: Case, dsn: str, tmp_path: Path
) -> None:
    async with a_world(dsn, tmp_path, echoes=case.echoes) as world:
        claim = await world.sells(case.does)
        world.tells(*case.told)
        await world.works()
        assert world.credited(claim) == case.credits
        assert await world.status(claim) is case.ends
        standing = [one for one in await world.standing() if one.cls is case.incident]
        if case.incident is None:
            assert await world.standing() == []
        else:
            assert len(standing) == case.count
            if case.centavos is not None:
                assert sum(one.centavos for one in standing) == case.centavos


async def test_a_customer_whose_calls_always_hang_is_held_after_three_rounds(
    dsn: str, tmp_path: Path
) -> None:
    async with a_world(dsn, tmp_path, echoes=True) as world:
        claim = await world.sells("reset_before_apply")
        world.sandbox.desk.instructions.direct(claim.document, "reset_before_apply")
        await world.works()
        history = await history_of(world.store, claim.merchant_id, claim)
        assert history.record.status is Status.HELD
        rounds = [e for e in history.events if e.actor is Actor.SETTLER]
        assert [e.to_status for e in rounds] == [Status.PENDING, Status.PENDING, Status.HELD]
        assert all("proved unpaid by the statement of " in e.reason for e in rounds)


async def test_a_shop_with_foreign_credits_ends_every_doubt_by_a_persons_word(
    dsn: str, tmp_path: Path
) -> None:
    """Foreign lines and an unreadable one bar every doubt, until somebody says what they are."""
    async with a_world(dsn, tmp_path, echoes=False) as world:
        unpaid = await world.sells("close_before_apply")
        await world.sells("close_after_apply")
        odd = await world.sells("good")
        world.tells("foreign_credit", "document_masked", lines_of=odd)
        await world.works()
        assert await world.status(unpaid) is Status.IN_DOUBT, "any line might be its credit"
        await world.explains(odd)
        await world.works()
        # The foreign line is dated by the latest credit: there is another one now.
        await world.explains(odd)
        await world.works()
        assert await world.standing() == []
        for claim in world.claims:
            assert await world.status(claim) is Status.APPLIED
            assert world.credited(claim) == 1

"""What every operator store keeps, in memory and on PostgreSQL alike.

A subclass supplies the fixtures `store` (a cashback store, as in `cashback_store`), `operators`
and `switch` on the same data, and the hooks that turn the time.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from cashback_core.delivery.brakes import Ceilings
from cashback_core.delivery.states import Actor, Status
from cashback_core.delivery.waits import Why
from cashback_core.intake.acceptance import Collided, ContentTaken
from cashback_core.intake.confirmation import Confirmed, NothingToConfirm
from cashback_core.intake.equal_sales import MAX_LISTED
from cashback_core.operators.acts import Act, ActKind, Granted, NotFromHere, RiskNotAccepted
from cashback_core.operators.open_cashbacks import MeantChanged, OpenFilter, StatusTally, Tally
from cashback_core.operators.operator_store import SenderState
from cashback_core.sales.same_sale import EqualOutcome
from cashback_core.values.documents import Cpf
from cashback_core.values.ids import new_id
from contract.builders import (
    CREATED,
    LEASE_S,
    NOTHING_SENT,
    SOLD_AT,
    UNANSWERED,
    a_cpf,
    a_sale,
    accepted,
    ended,
    given_up,
    history_of,
    leased,
    seen,
    submitted,
)
from contract.confirming import later
from contract.history import history

if TYPE_CHECKING:
    from uuid import UUID

    from cashback_core.delivery.evidence import Evidence
    from cashback_core.delivery.leases import Claim
    from cashback_core.intake.store import CashbackStore
    from cashback_core.operators.open_cashbacks import ManyDecision, OpenCashback
    from cashback_core.operators.operator_store import OperatorStore, SenderSwitch
    from cashback_core.sales.sale import Sale

RESEND: Final = Act(kind=ActKind.RESEND, by="ana", reason="the outage is over")
RISKY: Final = replace(RESEND, accept_risk=True)
CANCEL: Final = replace(RESEND, kind=ActKind.CANCEL, reason="the customer gave it back")
PAID: Final = replace(RESEND, kind=ActKind.MARK_APPLIED, reason="statement of June, line 7")
UNPAID: Final = replace(RESEND, kind=ActKind.MARK_REJECTED, reason="their mail of 3 June")
TAKE_BACK: Final = replace(RISKY, kind=ActKind.TAKE_BACK, reason="it was another line")

REFUSED: Final = seen(422)
ALL: Final = frozenset({Status.HELD, Status.IN_DOUBT, Status.REJECTED})


async def ended_with(store: CashbackStore, evidence: Evidence, sale: Sale | None = None) -> Claim:
    """A sale whose first attempt left this evidence."""
    claim = await leased(store, sale)
    await store.conclude(ended(claim, evidence))
    return claim


async def act_on_all(
    operators: OperatorStore, merchant_id: int | None, wanted: OpenFilter, act: Act
) -> ManyDecision:
    """Do it to all of it as it is looked at now."""
    looked = await operators.tally(merchant_id, wanted, act.kind)
    return await operators.act_on_all(merchant_id, wanted, act, token=looked.token)


class OperatorStoreContract:
    """What operators see and do."""

    async def expire_leases(self, store: CashbackStore) -> None:
        """Let every lease have run out a moment ago."""
        raise NotImplementedError

    async def set_ceilings(self, store: CashbackStore, merchant_id: int, to: Ceilings) -> None:
        """Let an administrator have set a merchant's ceilings."""
        raise NotImplementedError

    async def make_due(self, store: CashbackStore) -> None:
        """Let every pending cashback have been due a moment ago, in their order."""
        raise NotImplementedError

    async def test_what_nobody_confirmed_is_listed_and_cancelled_and_no_more(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        await self.set_ceilings(store, 1, Ceilings(max_day_centavos=1_000))
        records = [await accepted(store, later()) for _ in range(2)]
        unconfirmed = OpenFilter(statuses=frozenset({Status.UNCONFIRMED}))
        page = await operators.open_page(1, unconfirmed, limit=5, after=None)
        assert [item.id for item in page.items] == [record.id for record in records]
        waits = await operators.waits(1, [record.id for record in records])
        assert {waiting.why for waiting in waits.values()} == {Why.CONFIRMATION}
        for act in (RISKY, PAID, UNPAID, TAKE_BACK):
            assert isinstance(await operators.act(1, records[0].id, act), NotFromHere)
        assert isinstance(await operators.act(1, records[0].id, CANCEL), Granted)
        told = await store.confirm(1, records[0].id)
        assert isinstance(told, NothingToConfirm)
        assert told.record.status is Status.CANCELLED
        many = await act_on_all(operators, 1, unconfirmed, CANCEL)
        assert isinstance(many, Tally)
        for record in records:
            assert (await history_of(store, 1, record)).record.status is Status.CANCELLED
        # They were never counted in a day, so nothing was given back.
        assert (await accepted(store, submitted(a_sale(centavos=20_000)))).status is Status.SENDING
        assert (await accepted(store, submitted(a_sale(centavos=20)))).status is Status.HELD

    async def test_history_is_never_listed_and_never_acted_on(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        record = await accepted(store, history())
        wanted = OpenFilter(statuses=frozenset(Status))
        assert (await operators.open_page(1, wanted, limit=9, after=None)).items == ()
        for kind in ActKind:
            for risk in (False, True):
                act = Act(kind=kind, by="ana", reason="it was settled", accept_risk=risk)
                decision = await operators.act(1, record.id, act)
                assert isinstance(decision, NotFromHere)
                assert decision.status is Status.RECORDED
        assert await store.claim_due(limit=9, lease_s=LEASE_S) == ()
        assert len((await history_of(store, 1, record)).events) == 1

    async def test_what_is_confirmed_and_cancelled_leaves_the_room_of_its_day(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        await self.set_ceilings(store, 1, Ceilings(max_day_centavos=500))
        record = await accepted(store, later())
        assert isinstance(await store.confirm(1, record.id), Confirmed)
        assert (await accepted(store, submitted(a_sale(centavos=20)))).status is Status.HELD
        assert isinstance(await operators.act(1, record.id, CANCEL), Granted)
        assert (await accepted(store, submitted(a_sale()))).status is Status.SENDING

    async def test_equal_content_is_listed_with_both_tries(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        sale = a_sale(sale_id="NF-1")
        first = await accepted(store, submitted(sale, key="k1", submitted_by="erp-1"))
        second = await accepted(store, submitted(replace(sale, sale_id="NF-2")))
        again = submitted(replace(sale, sale_id=None), key="k3", submitted_by="erp-2")
        assert isinstance(await store.accept(again), ContentTaken)
        await accepted(store, submitted(a_sale(), merchant_id=2))

        whole = await operators.equals_page(1, None, limit=5, after=None)
        assert whole.next is None
        refused, taken = whole.items
        assert (refused.outcome, taken.outcome) == (EqualOutcome.REFUSED, EqualOutcome.ACCEPTED)
        for pair in whole.items:
            assert pair.document == sale.document
            assert pair.total_centavos == sale.total_centavos
            assert pair.first.id == first.id
            assert (pair.first.idempotency_key, pair.first.sale_id) == ("k1", "NF-1")
            assert (pair.first.at, pair.first.submitted_by) == (first.accepted_at, "erp-1")
            assert pair.second.sold_at == sale.sold_at
        assert (refused.second.id, taken.second.id) == (None, second.id)
        told = refused.second
        assert (told.idempotency_key, told.sale_id, told.submitted_by) == ("k3", None, "erp-2")
        assert (taken.second.idempotency_key, taken.second.sale_id) == (None, "NF-2")

        page = await operators.equals_page(1, None, limit=1, after=None)
        assert page.items == (refused,)
        rest = await operators.equals_page(None, None, limit=1, after=page.next)
        assert (rest.items, rest.next) == ((taken,), None)
        only = await operators.equals_page(1, EqualOutcome.ACCEPTED, limit=5, after=None)
        assert only.items == (taken,)
        assert (await operators.equals_page(2, None, limit=5, after=None)).items == ()

    async def test_of_what_is_refused_no_name_that_tells_who_bought_is_noted(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        document = a_cpf()
        sale = a_sale(document=document, sale_id="NF-1")
        await accepted(store, submitted(sale))
        again = submitted(replace(sale, sale_id=None), key=f"k-{Cpf(document).formatted}")
        assert isinstance(await store.accept(again), ContentTaken)
        others = a_sale(document=document, sale_id=f"NF-{document}")
        mine = replace(a_sale(document=a_cpf()), sale_id=others.sale_id)
        await accepted(store, submitted(mine, submitted_by="erp-1"))
        theirs = submitted(others, key="k-2", submitted_by="erp-2", reads_only="erp-2")
        assert isinstance(await store.accept(theirs), Collided)
        page = await operators.equals_page(1, None, limit=5, after=None)
        noted = [(pair.second.idempotency_key, pair.second.sale_id) for pair in page.items]
        assert noted == [("k-2", None), (None, None)]

    async def test_a_collision_with_another_groups_sale_is_listed_with_both_tries(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        sale = a_sale(sale_id="NF-1")
        first = await accepted(store, submitted(sale, key="k1", submitted_by="erp-1"))
        others = a_sale(sale_id="NF-1", centavos=500)
        again = submitted(others, key="k2", submitted_by="erp-2", reads_only="erp-2")
        assert isinstance(await store.accept(again), Collided)
        page = await operators.equals_page(1, EqualOutcome.COLLIDED, limit=5, after=None)
        (pair,) = page.items
        assert (pair.document, pair.total_centavos) == (
            sale.document,
            sale.total_centavos,
        )
        assert (pair.first.id, pair.first.idempotency_key, pair.first.submitted_by) == (
            first.id,
            "k1",
            "erp-1",
        )
        told = pair.second
        assert (told.id, told.idempotency_key, told.sale_id, told.submitted_by) == (
            None,
            "k2",
            "NF-1",
            "erp-2",
        )
        assert (await operators.equals_page(1, None, limit=5, after=None)).items == (pair,)
        for outcome in (EqualOutcome.ACCEPTED, EqualOutcome.REFUSED):
            assert (await operators.equals_page(1, outcome, limit=5, after=None)).items == ()

    async def test_of_each_sale_so_many_refusals_are_listed_and_no_more(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        sale, other = a_sale(), a_sale()
        await accepted(store, submitted(sale))
        await accepted(store, submitted(other))
        tries = [submitted(sale) for _ in range(MAX_LISTED + 9)] + [submitted(other)]
        for half in (tries[:7], tries[7:]):  # in groups, as they come
            answers = await asyncio.gather(*map(store.accept, half))
            assert {type(a) for a in answers} == {ContentTaken}
        page = await operators.equals_page(1, EqualOutcome.REFUSED, limit=200, after=None)
        assert len(page.items) == MAX_LISTED + 1

    async def test_what_waits_for_somebody_is_listed_with_its_reason_oldest_first(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        doubtful = await ended_with(store, UNANSWERED)
        await ended_with(store, CREATED)
        await leased(store)
        refused = await ended_with(store, REFUSED, a_sale(sale_id="NF-1"))
        items = await everything(operators, OpenFilter(), limit=10)
        assert [(i.id, i.status) for i in items] == [
            (doubtful.id, Status.IN_DOUBT),
            (refused.id, Status.REJECTED),
        ]
        for item, code in zip(items, (None, 422), strict=True):
            record = await store.find(1, item.id)
            assert record is not None
            history = await history_of(store, 1, record)
            event = history.events[-1]
            assert (item.reason, item.since_at) == (event.reason, event.at)
            assert (item.actor, item.actor_name) == (Actor.API, None)
            assert (item.attempt, item.status_code, item.merchant) == (1, code, "demo")
            assert item.document == history.record.sale.document
            assert item.cashback_centavos == history.record.cashback.cashback_centavos
            assert item.sale_id == history.record.sale.sale_id
            assert item.sold_at == history.record.sale.sold_at
            assert item.accepted_at == history.record.accepted_at
            assert item.risk_accepted_at is None

    @pytest.mark.parametrize("limit", [1, 2, 5])
    async def test_pages_of_what_is_open_join_without_gap_or_repeat(
        self, store: CashbackStore, operators: OperatorStore, limit: int
    ) -> None:
        claims = [await ended_with(store, UNANSWERED) for _ in range(5)]
        items = await everything(operators, OpenFilter(), limit=limit)
        assert [i.id for i in items] == [c.id for c in claims]

    async def test_what_is_open_is_filtered(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        document = a_cpf()
        doubtful = await ended_with(store, UNANSWERED, a_sale(document=document))
        later = SOLD_AT + timedelta(days=1)
        refused = await ended_with(store, REFUSED, a_sale(sold_at=later))
        pending = await accepted(store, submitted(a_sale(), lease_s=None))

        async def ids(wanted: OpenFilter) -> list[object]:
            return [i.id for i in await everything(operators, wanted, limit=10)]

        assert await ids(OpenFilter(statuses=frozenset({Status.REJECTED}))) == [refused.id]
        assert await ids(OpenFilter(statuses=frozenset({Status.PENDING}))) == [pending.id]
        assert await ids(OpenFilter(document=document)) == [doubtful.id]
        assert await ids(OpenFilter(sold_from=later)) == [refused.id]
        assert await ids(OpenFilter(sold_to=later)) == [doubtful.id]
        assert await ids(OpenFilter(statuses=frozenset())) == []

    async def test_what_ended_well_is_never_open(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        await ended_with(store, CREATED)
        await accepted(store, submitted(a_sale(centavos=1)))
        assert await everything(operators, OpenFilter(statuses=frozenset(Status)), limit=5) == []

    async def test_another_merchants_cashbacks_are_neither_seen_nor_moved(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        claim = await ended_with(store, REFUSED)
        assert (await operators.open_page(2, OpenFilter(), limit=9, after=None)).items == ()
        assert await operators.act(2, claim.id, RESEND) is None
        assert (await operators.tally(2, OpenFilter())).count == 0
        assert await act_on_all(operators, 2, OpenFilter(), RESEND) == Tally(
            count=0, cashback_centavos=0, in_doubt=0
        )
        assert (await history_of(store, 1, claim)).record.status is Status.REJECTED

    async def test_whoever_has_the_machine_acts_for_every_merchant(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        record = await accepted(store, submitted(a_sale(), merchant_id=2, lease_s=None))
        statuses = frozenset({Status.PENDING})
        page = await operators.open_page(None, OpenFilter(statuses=statuses), limit=9, after=None)
        assert [(i.id, i.merchant) for i in page.items] == [(record.id, "other")]
        assert isinstance(await operators.act(None, record.id, CANCEL), Granted)

    async def test_a_resent_cashback_is_sent_again_under_the_operators_name(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        claim = await ended_with(store, REFUSED)
        assert isinstance(await operators.act(1, claim.id, RESEND), Granted)
        history = await history_of(store, 1, claim)
        event = history.events[-1]
        assert (event.from_status, event.to_status) == (Status.REJECTED, Status.PENDING)
        assert (event.actor, event.actor_name) == (Actor.OPERATOR, "ana")
        assert event.reason == "the outage is over"
        assert [e.actor_name for e in history.events[:-1]] == [None] * 3
        await self.make_due(store)
        (again,) = await store.claim_due(limit=10, lease_s=LEASE_S)
        assert again == replace(claim, attempt=2)
        standing = await store.conclude(ended(again, CREATED, deliverer=Actor.WORKER))
        assert standing.status is Status.APPLIED

    async def test_what_is_in_doubt_moves_only_with_the_risk_accepted(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        claim = await ended_with(store, UNANSWERED)
        assert await operators.act(1, claim.id, RESEND) == RiskNotAccepted(1)
        assert (await history_of(store, 1, claim)).record.status is Status.IN_DOUBT
        granted = await operators.act(1, claim.id, RISKY)
        assert isinstance(granted, Granted)
        assert granted.risk_accepted
        pending = OpenFilter(statuses=frozenset({Status.PENDING}))
        (item,) = await everything(operators, pending, limit=5)
        assert item.risk_accepted_at == item.since_at

    async def test_an_accepted_risk_is_remembered_through_later_acts(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        claim = await ended_with(store, UNANSWERED)
        await operators.act(1, claim.id, RISKY)
        assert await operators.act(1, claim.id, CANCEL) == RiskNotAccepted(1)
        await operators.act(1, claim.id, replace(CANCEL, accept_risk=True))
        cancelled = OpenFilter(statuses=frozenset({Status.CANCELLED}))
        (item,) = await everything(operators, cancelled, limit=5)
        assert item.risk_accepted_at is not None
        assert (item.reason, item.actor_name) == (CANCEL.reason, "ana")

    @pytest.mark.parametrize("evidence", [REFUSED, NOTHING_SENT])
    async def test_no_later_attempt_answers_a_doubt_and_a_mark_on_evidence_does(
        self, store: CashbackStore, operators: OperatorStore, evidence: Evidence
    ) -> None:
        claim = await ended_with(store, UNANSWERED)
        await operators.act(1, claim.id, RISKY)
        await self.make_due(store)
        (again,) = await store.claim_due(limit=1, lease_s=LEASE_S)
        await store.conclude(ended(again, evidence, deliverer=Actor.WORKER))
        assert await operators.act(1, claim.id, CANCEL) == RiskNotAccepted(1)
        if evidence is NOTHING_SENT:
            await self.make_due(store)
            (again,) = await store.claim_due(limit=1, lease_s=LEASE_S)
            await store.conclude(ended(again, UNANSWERED, deliverer=Actor.WORKER))
            assert isinstance(await operators.act(1, claim.id, UNPAID), Granted)
            assert isinstance(await operators.act(1, claim.id, CANCEL), Granted)
        else:
            taken = await operators.act(1, claim.id, replace(CANCEL, accept_risk=True))
            assert isinstance(taken, Granted)
            assert taken.risk_accepted

    @pytest.mark.parametrize(("act", "status"), [(PAID, "applied"), (UNPAID, "rejected")])
    async def test_what_is_in_doubt_is_marked_on_the_providers_evidence(
        self, store: CashbackStore, operators: OperatorStore, act: Act, status: str
    ) -> None:
        claim = await ended_with(store, UNANSWERED)
        assert isinstance(await operators.act(1, claim.id, act), Granted)
        history = await history_of(store, 1, claim)
        assert history.record.status == status
        assert history.events[-1].reason == act.reason
        assert history.attempts[0].result == "unknown", "what was seen stays as it was seen"

    async def test_what_an_operator_called_unpaid_is_resent_only_with_the_risk_accepted(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        certain = await ended_with(store, REFUSED)
        marked = await ended_with(store, UNANSWERED)
        assert isinstance(await operators.act(1, marked.id, UNPAID), Granted)
        for by in ("ana", "bia"):
            refused = await operators.act(1, marked.id, replace(RESEND, by=by))
            assert refused == RiskNotAccepted(1)
        wanted = OpenFilter(statuses=frozenset({Status.REJECTED}))
        assert (await operators.tally(1, wanted)).in_doubt == 1
        assert (await operators.tally(None, wanted)).in_doubt == 1
        assert await act_on_all(operators, 1, wanted, RESEND) == RiskNotAccepted(1)
        items = await everything(operators, wanted, limit=5)
        assert {i.id: i.suspected for i in items} == {certain.id: False, marked.id: True}
        assert isinstance(await act_on_all(operators, 1, wanted, RISKY), Tally)
        pending = OpenFilter(statuses=frozenset({Status.PENDING}))
        items = await everything(operators, pending, limit=5)
        risks = {i.id: i.risk_accepted_at is not None for i in items}
        assert risks == {certain.id: False, marked.id: True}
        assert not any(i.suspected for i in items), "what is sent already is asked of nobody"

    async def test_what_the_provider_refused_after_a_risk_was_taken_is_its_own_word(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        claim = await ended_with(store, UNANSWERED)
        await operators.act(1, claim.id, RISKY)
        await self.make_due(store)
        (again,) = await store.claim_due(limit=1, lease_s=LEASE_S)
        await store.conclude(ended(again, REFUSED, deliverer=Actor.WORKER))
        assert isinstance(await operators.act(1, claim.id, RESEND), Granted)

    @pytest.mark.parametrize(
        ("evidence", "act", "status"),
        [
            (UNANSWERED, CANCEL, Status.IN_DOUBT),
            (CREATED, RISKY, Status.APPLIED),
            (CREATED, CANCEL, Status.APPLIED),
            (NOTHING_SENT, RISKY, Status.PENDING),
        ],
    )
    async def test_an_act_that_does_not_go_with_the_status_changes_nothing(
        self,
        store: CashbackStore,
        operators: OperatorStore,
        evidence: Evidence,
        act: Act,
        status: Status,
    ) -> None:
        claim = await ended_with(store, evidence)
        before = await history_of(store, 1, claim)
        decision = await operators.act(1, claim.id, act)
        assert isinstance(decision, NotFromHere)
        assert decision.status is status
        assert await history_of(store, 1, claim) == before

    async def test_an_attempt_under_way_is_left_alone(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        claim = await leased(store)
        for act in (RISKY, CANCEL, PAID, UNPAID, TAKE_BACK):
            assert isinstance(await operators.act(1, claim.id, act), NotFromHere)

    async def test_what_is_not_there_cannot_be_acted_on(self, operators: OperatorStore) -> None:
        assert await operators.act(1, new_id(), RESEND) is None
        assert await operators.act(None, new_id(), RESEND) is None

    async def test_a_late_201_still_counts_after_a_resend(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        claim = await leased(store)
        await self.expire_leases(store)
        assert await store.reap(limit=1) == 1
        await operators.act(1, claim.id, RISKY)
        standing = await store.conclude(ended(claim, CREATED))
        assert standing.status is Status.APPLIED
        assert (await history_of(store, 1, claim)).events[-1].actor is Actor.LATE_ANSWER

    async def test_many_are_counted_before_they_are_resent(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        refused = await ended_with(store, REFUSED, a_sale(centavos=10_000))
        doubtful = await ended_with(store, UNANSWERED, a_sale(centavos=2_000))
        wanted = OpenFilter(statuses=ALL)
        tally = await operators.tally(1, wanted)
        assert tally == Tally(count=2, cashback_centavos=600, in_doubt=1)
        assert tally.by_status == (
            StatusTally(status=Status.REJECTED, count=1, centavos=500),
            StatusTally(status=Status.IN_DOUBT, count=1, centavos=100),
        )
        assert await act_on_all(operators, 1, wanted, RESEND) == RiskNotAccepted(1)
        for kind in (ActKind.CANCEL, ActKind.MARK_APPLIED):
            other = await operators.tally(1, wanted, kind)
            changed = await operators.act_on_all(1, wanted, RISKY, token=other.token)
            assert changed == MeantChanged(tally), "it was shown for another act"
        for claim in (refused, doubtful):
            assert len((await history_of(store, 1, claim)).events) == 3, "none or all"
        done = await act_on_all(operators, 1, wanted, RISKY)
        assert done == tally
        assert isinstance(done, Tally)
        assert (done.by_status, done.token) == (tally.by_status, tally.token)
        for claim in (refused, doubtful):
            event = (await history_of(store, 1, claim)).events[-1]
            assert (event.to_status, event.actor_name) == (Status.PENDING, "ana")
        pending = OpenFilter(statuses=frozenset({Status.PENDING}))
        items = await everything(operators, pending, limit=5)
        assert [i.risk_accepted_at is None for i in items] == [True, False]

    async def test_what_moved_since_it_was_shown_is_not_acted_on_though_it_came_back(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        """As many, worth as much: but another attempt is in doubt, and may have been credited."""
        doubtful, other = [await ended_with(store, UNANSWERED) for _ in range(2)]
        wanted = OpenFilter(statuses=frozenset({Status.IN_DOUBT}), ids=frozenset({doubtful.id}))
        shown = await operators.tally(1, wanted, ActKind.MARK_REJECTED)
        assert isinstance(await operators.act(1, doubtful.id, RISKY), Granted)
        (claim,) = await store.claim_due(limit=9, lease_s=LEASE_S)
        await store.conclude(ended(claim, UNANSWERED, deliverer=Actor.WORKER))
        now = await operators.tally(1, wanted, ActKind.MARK_REJECTED)
        for merchant_id in (1, None):
            assert await operators.tally(merchant_id, wanted, ActKind.MARK_REJECTED) == now == shown
            decision = await operators.act_on_all(merchant_id, wanted, UNPAID, token=shown.token)
            assert decision == MeantChanged(shown)
        another = replace(wanted, ids=frozenset({other.id}))
        decision = await operators.act_on_all(1, another, UNPAID, token=now.token)
        assert decision == MeantChanged(shown), "as many, worth as much, and another"
        history = await history_of(store, 1, doubtful)
        assert (history.record.status, claim.attempt) == (Status.IN_DOUBT, 2)
        assert await operators.act_on_all(1, wanted, UNPAID, token=now.token) == shown

    @pytest.mark.parametrize("merchant_id", [1, None])
    async def test_what_is_cancelled_before_it_was_tried_leaves_its_day_room(
        self, store: CashbackStore, operators: OperatorStore, merchant_id: int | None
    ) -> None:
        await self.set_ceilings(store, 1, Ceilings(max_day_centavos=1_000))
        first, second, held = [
            await accepted(store, submitted(a_sale(), lease_s=None)) for _ in range(3)
        ]
        assert held.status is Status.HELD
        assert isinstance(await operators.act(merchant_id, first.id, CANCEL), Granted)
        fits = await accepted(store, submitted(a_sale(), lease_s=None))
        assert fits.status is Status.PENDING
        assert isinstance(await operators.act(merchant_id, held.id, RESEND), Granted)
        assert isinstance(await operators.act(merchant_id, held.id, CANCEL), Granted)
        above = await accepted(store, submitted(a_sale(), lease_s=None))
        assert above.status is Status.HELD, "what a person released was not counted"
        await self.make_due(store)
        for claim in await store.claim_due(limit=2, lease_s=LEASE_S):
            await store.conclude(ended(claim, NOTHING_SENT, deliverer=Actor.WORKER))
        assert isinstance(await operators.act(merchant_id, second.id, CANCEL), Granted)
        above = await accepted(store, submitted(a_sale(), lease_s=None))
        assert above.status is Status.HELD, "what was tried stays counted"

    async def test_what_a_ceiling_holds_is_resent_by_filter_only_when_it_is_asked_for(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        other = await given_up(store)
        await self.set_ceilings(store, 1, Ceilings(max_cashback_centavos=10))
        held = [await accepted(store, submitted(a_sale())) for _ in range(2)]
        await self.set_ceilings(store, 1, Ceilings(max_day_centavos=0))
        day = await accepted(store, submitted(a_sale(centavos=200)))
        assert {record.status for record in (*held, day)} == {Status.HELD}
        wanted = OpenFilter(statuses=frozenset({Status.HELD}))
        tally = Tally(count=1, cashback_centavos=500, in_doubt=0, above_ceiling=3)
        for merchant_id in (1, None):
            assert await operators.tally(merchant_id, wanted) == tally
        everyone = await operators.tally(1, replace(wanted, above_ceiling=True))
        assert everyone == Tally(count=4, cashback_centavos=1_510, in_doubt=0, above_ceiling=3)
        assert len(await everything(operators, wanted, limit=10)) == 4, "they are listed"
        changed = await operators.act_on_all(1, wanted, RISKY, token=everyone.token)
        assert changed == MeantChanged(tally)
        assert await act_on_all(operators, 1, wanted, RESEND) == tally
        items = await everything(operators, wanted, limit=10)
        assert {item.id for item in items} == {record.id for record in (*held, day)}
        pending = OpenFilter(statuses=frozenset({Status.PENDING}))
        assert [i.id for i in await everything(operators, pending, limit=5)] == [other.id]
        assert isinstance(await operators.act(1, held[0].id, RESEND), Granted), "one by one"
        asked = replace(wanted, above_ceiling=True)
        done = await act_on_all(operators, 1, asked, RESEND)
        assert done == Tally(count=2, cashback_centavos=510, in_doubt=0, above_ceiling=2)
        assert await everything(operators, wanted, limit=10) == []

    async def test_an_act_is_done_to_many_only_from_where_it_needs_no_evidence_of_each(
        self, operators: OperatorStore
    ) -> None:
        for act, statuses in (
            (RISKY, (Status.PENDING, Status.SENDING, Status.CANCELLED, Status.APPLIED)),
            (CANCEL, (Status.IN_DOUBT, Status.SENDING, Status.APPLIED)),
            (PAID, (Status.REJECTED, Status.HELD, Status.PENDING)),
            (TAKE_BACK, (Status.APPLIED, Status.REJECTED)),
        ):
            for status in statuses:
                wanted = OpenFilter(statuses=frozenset({status}))
                with pytest.raises(ValueError, match=f"{act.kind} of many"):
                    await operators.act_on_all(1, wanted, act, token="")

    async def test_many_are_cancelled_and_their_days_room_is_given_back(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        await self.set_ceilings(store, 1, Ceilings(max_day_centavos=1_000))
        for _ in range(2):
            await accepted(store, submitted(a_sale(), lease_s=None))
        pending = OpenFilter(statuses=frozenset({Status.PENDING}))
        tally = await operators.tally(1, pending, ActKind.CANCEL)
        assert tally == Tally(count=2, cashback_centavos=1_000, in_doubt=0)
        changed = await operators.act_on_all(1, pending, CANCEL, token="")
        assert changed == MeantChanged(tally)
        assert await act_on_all(operators, 1, pending, CANCEL) == tally
        again = await accepted(store, submitted(a_sale(), lease_s=None))
        assert again.status is Status.PENDING, "there is room again"

    async def test_what_was_resent_at_a_risk_is_cancelled_with_others_only_by_who_accepts_it(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        doubtful, refused = await ended_with(store, UNANSWERED), await ended_with(store, REFUSED)
        assert isinstance(await operators.act(1, doubtful.id, RISKY), Granted)
        wanted = OpenFilter(statuses=frozenset({Status.PENDING, Status.REJECTED}))
        for merchant_id in (1, None):
            assert (await operators.tally(merchant_id, wanted, ActKind.CANCEL)).in_doubt == 1
        assert (await operators.tally(1, wanted)).in_doubt == 0, "by resending"
        assert await act_on_all(operators, 1, wanted, CANCEL) == RiskNotAccepted(1)
        cancel = replace(CANCEL, accept_risk=True)
        assert isinstance(await act_on_all(operators, None, wanted, cancel), Tally)
        cancelled = OpenFilter(statuses=frozenset({Status.CANCELLED}))
        items = await everything(operators, cancelled, limit=5)
        assert {item.id for item in items} == {doubtful.id, refused.id}

    async def test_many_doubts_are_marked_on_the_providers_evidence(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        first, second, third = [await ended_with(store, UNANSWERED) for _ in range(3)]
        doubts = OpenFilter(statuses=frozenset({Status.IN_DOUBT}))
        paid = replace(doubts, ids=frozenset({first.id, third.id}))
        assert (await operators.tally(1, paid, ActKind.MARK_APPLIED)).in_doubt == 0
        assert isinstance(await act_on_all(operators, 1, paid, PAID), Tally)
        assert isinstance(await act_on_all(operators, 1, doubts, UNPAID), Tally)
        for claim, status in ((first, "applied"), (second, "rejected"), (third, "applied")):
            record = (await history_of(store, 1, claim)).record
            assert record.status == status

    async def test_many_are_chosen_by_reason_answer_acceptance_and_id(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        refused, doubtful = await ended_with(store, REFUSED), await ended_with(store, UNANSWERED)
        at = (await history_of(store, 1, doubtful)).record.accepted_at

        async def ids(wanted: OpenFilter) -> set[UUID]:
            found = {item.id for item in await everything(operators, wanted, limit=5)}
            assert (await operators.tally(1, wanted)).count == len(found)
            return found

        assert await ids(OpenFilter(reason="REFUSED it")) == {refused.id}
        assert await ids(OpenFilter(reason="it%")) == set()
        assert await ids(OpenFilter(status_code=422)) == {refused.id}
        assert await ids(OpenFilter(status_code=500)) == set()
        assert await ids(OpenFilter(accepted_from=at)) == {doubtful.id}
        assert await ids(OpenFilter(accepted_to=at)) == {refused.id}
        assert await ids(OpenFilter(ids=frozenset({doubtful.id}))) == {doubtful.id}
        assert await ids(OpenFilter(ids=frozenset())) == set()

    async def test_two_operators_at_once_resend_once(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        claims = [await ended_with(store, REFUSED) for _ in range(5)]
        wanted = OpenFilter(statuses=ALL)
        token = (await operators.tally(1, wanted)).token
        decisions = await asyncio.gather(
            operators.act_on_all(1, wanted, RESEND, token=token),
            operators.act_on_all(1, wanted, RESEND, token=token),
        )
        assert sorted(type(d).__name__ for d in decisions) == ["MeantChanged", "Tally"]
        for claim in claims:
            assert len((await history_of(store, 1, claim)).events) == 4

    async def test_an_act_and_a_late_answer_at_once_leave_one_story(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        claims = [await leased(store) for _ in range(8)]
        for claim in claims:
            ends = store.conclude(ended(claim, CREATED))
            _, act = await asyncio.gather(ends, operators.act(1, claim.id, RISKY))
            assert isinstance(act, NotFromHere)
            assert (await history_of(store, 1, claim)).record.status is Status.APPLIED

    async def test_a_paused_sender_claims_nothing_until_it_is_released(
        self, store: CashbackStore, switch: SenderSwitch
    ) -> None:
        assert await switch.state() == SenderState()
        assert not await switch.release(by="ana", reason="nothing to release")
        assert await switch.pause(by="ana", reason="the provider asked for it")
        state = await switch.state()
        assert (state.actor, state.reason) == ("ana", "the provider asked for it")
        assert state.paused_at is not None
        assert not await switch.pause(by="bia", reason="once more")
        assert await switch.state() == state, "the first reason stays"
        record = await accepted(store, submitted(a_sale(), lease_s=LEASE_S))
        assert record.status is Status.PENDING
        await self.make_due(store)
        assert await store.claim_due(limit=5, lease_s=LEASE_S) == ()
        assert await switch.release(by="bia", reason="they are back")
        assert await switch.state() == SenderState()
        assert len(await store.claim_due(limit=5, lease_s=LEASE_S)) == 1
        assert not await switch.release(by="ana", reason="once more")


async def everything(
    operators: OperatorStore, wanted: OpenFilter, *, limit: int
) -> list[OpenCashback]:
    """Everything that a filter means for merchant 1, page by page."""
    page = await operators.open_page(1, wanted, limit=limit, after=None)
    items = list(page.items)
    while page.next is not None:
        assert len(page.items) == limit
        page = await operators.open_page(1, wanted, limit=limit, after=page.next)
        assert page.items, "a page that is told to follow holds something"
        items += page.items
    return items

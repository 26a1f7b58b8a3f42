"""What every incident store keeps, in memory and on PostgreSQL alike.

A subclass supplies the fixtures `store` (a cashback store), `operators` and `incidents` on the same
data, and the hooks that open an incident and tell what persons said.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from cashback_core.delivery.states import Actor, Status
from cashback_core.operators.acts import Granted, NotCreditedThere, NotYours, RiskNotAccepted
from cashback_core.operators.open_cashbacks import OpenFilter
from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.incidents import (
    ClassTotal,
    Explanation,
    IncidentStore,
    Meaning,
    NamesACashback,
    NotExplained,
    StatementIncident,
)
from cashback_core.values.documents import mask
from cashback_core.values.ids import new_id
from contract.builders import (
    CREATED,
    UNANSWERED,
    a_cpf,
    a_sale,
    accepted,
    ended,
    given_up,
    history_of,
    leased,
    submitted,
)
from contract.operating import (
    ALL,
    PAID,
    REFUSED,
    RESEND,
    RISKY,
    TAKE_BACK,
    UNPAID,
    act_on_all,
    ended_with,
)

if TYPE_CHECKING:
    from uuid import UUID

    from cashback_core.delivery.leases import Claim
    from cashback_core.intake.store import CashbackStore
    from cashback_core.operators.operator_store import OperatorStore

FOREIGN: Final = Explanation(meaning=Meaning.FOREIGN, by="petra", reason="their own campaign")
KNOWN: Final = replace(FOREIGN, meaning=Meaning.KNOWN_ABSENT, reason="paid by hand in May")
AT: Final = datetime(2026, 6, 15, 15, 0, 0, tzinfo=UTC)
BY_BIA: Final = replace(TAKE_BACK, by="bia")


class IncidentStoreContract:
    """What stands, who sees it, and what a person's word does."""

    def keep(self, incident: StatementIncident, merchant_id: int | None) -> None:
        """Open an incident whose document is not masked."""
        raise NotImplementedError

    async def said(self) -> tuple[dict[str, list[UUID | None]], set[UUID]]:
        """What persons said: of lines by their key, and of absent cashbacks."""
        raise NotImplementedError

    async def risks(self) -> set[UUID]:
        """The incidents of which an event says that their explanation took a risk."""
        raise NotImplementedError

    async def kept_as(self, incident_id: UUID) -> tuple[str | None, str | None]:
        """Document and reference of an incident as they are kept."""
        raise NotImplementedError

    def told(self, at: datetime, merchant_id: int | None = None, **changes: Any) -> UUID:
        """A line that nothing explains, opened now; its id."""
        found = StatementIncident(
            id=new_id(),
            cls=FindingClass.UNKNOWN_HERE,
            merchant={None: None, 1: "demo", 2: "other"}[merchant_id],
            cashback_id=None,
            document=str(a_cpf()),
            centavos=777,
            line=7,
            line_key=f"{new_id().hex}",
            credited_at=at,
            reference=None,
            why="no cashback explains it",
            opened_at=at,
            statement_at=at,
        )
        found = replace(found, **changes)
        self.keep(found, merchant_id)
        return found.id

    async def of(self, store: CashbackStore, claim: Claim, **changes: Any) -> UUID:
        """An incident about a cashback, whose credit was seen when it was tried."""
        history = await history_of(store, claim.merchant_id, claim)
        at = history.attempts[0].started_at
        given = {"cashback_id": claim.id, "cls": FindingClass.CREDITED_UNPAID, **changes}
        return self.told(at, claim.merchant_id, **given)

    async def test_a_merchant_sees_its_own_alone_and_the_platform_all(
        self, store: CashbackStore, incidents: IncidentStore
    ) -> None:
        claim = await ended_with(store, REFUSED)
        mine = await self.of(store, claim, document=claim.document, line=3, reference="abc")
        other = await leased(store, merchant_id=2)
        await store.conclude(ended(other, REFUSED))
        theirs = await self.of(store, other)
        nobodys = self.told(AT, None)
        assert await ids(incidents, 1) == {mine}
        assert await ids(incidents, 2) == {theirs}
        assert await ids(incidents, None) == {mine, theirs, nobodys}
        (one,) = (await incidents.incidents(1, open_only=True, limit=9, after=None)).items
        assert (one.merchant, one.cashback_id, one.cls) == (
            "demo",
            claim.id,
            FindingClass.CREDITED_UNPAID,
        )
        assert one.document == mask(claim.document)
        assert (one.centavos, one.line, one.reference) == (777, 3, "abc")
        assert (one.why, one.closed_at, one.closed_why) == ("no cashback explains it", None, None)
        history = await history_of(store, 1, claim)
        assert one.credited_at == history.attempts[0].started_at
        assert await incidents.standing(1) == (
            ClassTotal(cls=FindingClass.CREDITED_UNPAID, count=1, centavos=777),
        )

    async def test_what_stands_is_counted_by_class_and_chosen_by_it(
        self, incidents: IncidentStore
    ) -> None:
        at = AT
        for _ in range(2):
            self.told(at)
        unreadable = self.told(at, cls=FindingClass.UNREADABLE, document=None, centavos=0)
        assert await incidents.standing(None) == (
            ClassTotal(cls=FindingClass.UNKNOWN_HERE, count=2, centavos=1554),
            ClassTotal(cls=FindingClass.UNREADABLE, count=1, centavos=0),
        )
        assert await incidents.standing(1) == ()
        page = await incidents.incidents(
            None, open_only=True, cls=FindingClass.UNREADABLE, limit=9, after=None
        )
        assert [one.id for one in page.items] == [unreadable]
        assert page.items[0].document is None

    @pytest.mark.parametrize("limit", [1, 2, 5])
    async def test_pages_of_incidents_join_without_gap_or_repeat(
        self, incidents: IncidentStore, limit: int
    ) -> None:
        at = AT
        kept = [self.told(at - timedelta(minutes=10 - n)) for n in range(5)]
        found: list[UUID] = []
        after = None
        while True:
            page = await incidents.incidents(None, open_only=True, limit=limit, after=after)
            found += [one.id for one in page.items]
            after = page.next
            if after is None:
                break
            assert len(page.items) == limit
        assert found == kept

    async def test_a_foreign_line_is_remembered_and_its_incident_closed(
        self, incidents: IncidentStore
    ) -> None:
        line = self.told(AT, line_key="1" * 32)
        dry = await incidents.explain(line, FOREIGN, dry_run=True)
        assert isinstance(dry, StatementIncident)
        assert (dry.id, dry.closed_at) == (line, None)
        assert await self.said() == ({}, set())
        done = await incidents.explain(line, FOREIGN, dry_run=False)
        assert isinstance(done, StatementIncident)
        assert done.closed_at is not None
        assert done.closed_why == FOREIGN.reason
        assert await self.said() == ({"1" * 32: [None]}, set())
        assert await ids(incidents, None) == set()
        closed = await incidents.incidents(None, open_only=False, limit=9, after=None)
        assert closed.items == (done,)
        assert await incidents.explain(line, FOREIGN, dry_run=False) is NotExplained.CLOSED
        assert await incidents.explain(line, FOREIGN, dry_run=True) is NotExplained.CLOSED
        assert await self.said() == ({"1" * 32: [None]}, set())

    async def test_a_line_of_ours_names_a_cashback_of_any_merchant(
        self, store: CashbackStore, incidents: IncidentStore
    ) -> None:
        theirs = await accepted(store, submitted(a_sale(), merchant_id=2, lease_s=None))
        nothing = await accepted(store, submitted(a_sale(centavos=1)))
        assert nothing.status is Status.NOT_DUE
        line = self.told(AT, line_key="2" * 32)
        for id_ in (new_id(), nothing.id):
            ours = replace(FOREIGN, meaning=Meaning.OURS, cashback_id=id_)
            for dry_run in (True, False):
                refused = await incidents.explain(line, ours, dry_run=dry_run)
                assert refused is NotExplained.NO_SUCH_CASHBACK
        ours = replace(FOREIGN, meaning=Meaning.OURS, cashback_id=theirs.id)
        done = await incidents.explain(line, ours, dry_run=False)
        assert isinstance(done, StatementIncident)
        assert await self.said() == ({"2" * 32: [theirs.id]}, set())

    @pytest.mark.parametrize(
        ("told", "shown"),
        [
            ("PIX 52998224725", "PIX ***.982.247-**"),
            ("CPF:529.982.247-25/7", "CPF:***.982.247-**/7"),
            ("00052998224725", "000***.982.247-**"),
            ("\uff15\uff12\uff19982 247 25", "***.982.247-**"),
            ("12345678901", "***.456.789-**"),
            ("NF 1234567890", "NF 1234567890"),
        ],
    )
    async def test_what_could_be_a_document_in_a_reference_is_masked_and_kept_while_it_stands(
        self, incidents: IncidentStore, told: str, shown: str
    ) -> None:
        document = str(a_cpf())
        line = self.told(AT, reference=told, document=document)
        (one,) = (await incidents.incidents(None, open_only=True, limit=9, after=None)).items
        assert one.reference == shown
        dry = await incidents.explain(line, FOREIGN, dry_run=True)
        assert isinstance(dry, StatementIncident)
        assert dry.reference == shown
        assert await self.kept_as(line) == (document, told)
        done = await incidents.explain(line, FOREIGN, dry_run=False)
        assert isinstance(done, StatementIncident)
        assert (done.document, done.reference) == (mask(document), shown)
        assert await self.kept_as(line) == (mask(document), shown), "what has ended needs no more"
        closed = (await incidents.incidents(None, open_only=False, limit=9, after=None)).items
        assert closed == (done,)

    async def test_lines_that_read_the_same_are_explained_one_by_one(
        self, incidents: IncidentStore
    ) -> None:
        key = "3" * 32
        first, second = self.told(AT, line_key=key), self.told(AT, line_key=key, line=8)
        for line in (first, second):
            await incidents.explain(line, FOREIGN, dry_run=False)
        assert await self.said() == ({key: [None, None]}, set())

    async def test_what_is_applied_and_absent_may_be_known(
        self, store: CashbackStore, incidents: IncidentStore
    ) -> None:
        claim = await ended_with(store, CREATED)
        absent = await self.of(
            store, claim, cls=FindingClass.APPLIED_ABSENT, line=None, line_key=None
        )
        assert await incidents.explain(absent, FOREIGN, dry_run=False) is NotExplained.NOT_A_LINE
        assert isinstance(await incidents.explain(absent, KNOWN, dry_run=False), StatementIncident)
        assert await self.said() == ({}, {claim.id})
        assert await incidents.explain(new_id(), KNOWN, dry_run=False) is None

    @pytest.mark.parametrize("how", ["whole", "beginning", "end", "within", "of another", "named"])
    async def test_whose_reference_names_a_cashback_is_called_foreign_only_with_the_risk_accepted(
        self, store: CashbackStore, incidents: IncidentStore, how: str
    ) -> None:
        claim = await ended_with(store, CREATED if how in {"whole", "named"} else UNANSWERED)
        other = await ended_with(store, CREATED)
        hex_ = claim.id.hex
        spelt = {
            "whole": f"#{str(claim.id).upper()}",
            "beginning": hex_[:20],
            "end": f"nr. {hex_[-9:].upper()}",
            "within": f"cb{hex_}0",
            "of another": str(claim.id),
            "named": hex_[:17],
        }[how]
        key = "5" * 32
        changes: dict[str, Any] = {"line_key": key, "reference": spelt}
        if how == "named":
            changes |= {"cashback_id": claim.id, "cls": FindingClass.ALTERED}
        line = self.told(AT, 1 if how == "named" else None, **changes)
        said = FOREIGN
        if how == "of another":
            said = replace(FOREIGN, meaning=Meaning.OURS, cashback_id=other.id)
        for dry_run in (True, False):
            answer = await incidents.explain(line, said, dry_run=dry_run)
            assert answer == NamesACashback(claim.id)
        assert await self.said() == ({}, set())
        said = replace(said, accept_risk=True)
        dry = await incidents.explain(line, said, dry_run=True)
        assert isinstance(dry, StatementIncident)
        assert dry.closed_at is None
        done = await incidents.explain(line, said, dry_run=False)
        assert isinstance(done, StatementIncident)
        assert await self.said() == ({key: [said.cashback_id]}, set())
        assert await self.risks() == {line}, "remembered"

    @pytest.mark.parametrize("how", ["nothing", "nobody's", "a word", "its own", "its own, cut"])
    async def test_whose_reference_names_no_other_cashback_is_explained_without_a_risk(
        self, store: CashbackStore, incidents: IncidentStore, how: str
    ) -> None:
        claim = await ended_with(store, UNANSWERED)
        spelt = {
            "nothing": None,
            "nobody's": str(new_id()),
            "a word": "NF 20260615 deadbee",
            "its own": str(claim.id).upper(),
            "its own, cut": claim.id.hex[:12],
        }[how]
        line = self.told(AT, reference=spelt)
        said = FOREIGN
        if how.startswith("its own"):
            said = replace(FOREIGN, meaning=Meaning.OURS, cashback_id=claim.id)
        for accept_risk in (False, True):
            asked = replace(said, accept_risk=accept_risk)
            assert isinstance(
                await incidents.explain(line, asked, dry_run=not accept_risk), StatementIncident
            )
        assert await self.risks() == set(), "there was none"

    async def test_of_two_who_explain_at_once_one_wins(self, incidents: IncidentStore) -> None:
        key = "4" * 32
        line = self.told(AT, line_key=key)
        answers = await asyncio.gather(
            *(
                incidents.explain(line, replace(FOREIGN, by=by), dry_run=False)
                for by in ("petra", "ana", "bia")
            )
        )
        assert sum(isinstance(one, StatementIncident) for one in answers) == 1
        assert answers.count(NotExplained.CLOSED) == 2
        assert await self.said() == ({key: [None]}, set())

    async def test_what_a_person_calls_credited_is_marked_applied(
        self, store: CashbackStore, operators: OperatorStore, incidents: IncidentStore
    ) -> None:
        """The explanation has closed the incident, and no later statement need tell the line."""
        claim = await self.standing_at(store, Status.HELD)
        line = self.told(AT, line_key="3" * 32)
        ours = replace(FOREIGN, meaning=Meaning.OURS, cashback_id=claim.id)
        assert isinstance(await incidents.explain(line, ours, dry_run=True), StatementIncident)
        assert await operators.act(1, claim.id, PAID) is NotCreditedThere.NOT_CREDITED_THERE
        assert isinstance(await incidents.explain(line, ours, dry_run=False), StatementIncident)
        assert isinstance(await operators.act(1, claim.id, PAID), Granted)

    @pytest.mark.parametrize("status", [Status.HELD, Status.REJECTED])
    async def test_what_is_credited_there_is_marked_applied(
        self, store: CashbackStore, operators: OperatorStore, status: Status
    ) -> None:
        claim = await self.standing_at(store, status)
        assert await operators.act(1, claim.id, PAID) is NotCreditedThere.NOT_CREDITED_THERE
        await self.of(store, claim, cls=FindingClass.REVERSED)
        assert await operators.act(1, claim.id, PAID) is NotCreditedThere.NOT_CREDITED_THERE
        await self.of(store, claim, cls=FindingClass.CREDITED_UNPAID)
        assert isinstance(await operators.act(1, claim.id, PAID), Granted)
        history = await history_of(store, 1, claim)
        event = history.events[-1]
        assert (event.from_status, event.to_status) == (status, Status.APPLIED)
        assert (event.actor, event.actor_name) == (Actor.OPERATOR, "ana")

    @pytest.mark.parametrize(("act", "status"), [(PAID, "applied"), (UNPAID, "rejected")])
    async def test_a_mark_is_taken_back_by_another_operator(
        self,
        store: CashbackStore,
        operators: OperatorStore,
        act: Any,
        status: Status,
    ) -> None:
        claim = await ended_with(store, UNANSWERED)
        await operators.act(1, claim.id, act)
        for own in ("ana", "ANA", "\uff41na"):
            mine = replace(TAKE_BACK, by=own)
            assert await operators.act(1, claim.id, mine) is NotYours.OWN
        careless = replace(BY_BIA, accept_risk=False)
        assert await operators.act(1, claim.id, careless) == RiskNotAccepted()
        assert await operators.act(2, claim.id, BY_BIA) is None
        assert isinstance(await operators.act(1, claim.id, BY_BIA), Granted)
        history = await history_of(store, 1, claim)
        event = history.events[-1]
        assert (event.from_status, event.to_status) == (status, Status.IN_DOUBT)
        assert event.actor_name == "bia"
        assert history.record.standing.applied_at is None
        (item,) = (await operators.open_page(1, OpenFilter(), limit=9, after=None)).items
        assert item.risk_accepted_at is None, "nothing was sent by it"

    @pytest.mark.parametrize("evidence", [CREATED, REFUSED])
    async def test_what_no_operator_marked_is_not_taken_back(
        self, store: CashbackStore, operators: OperatorStore, evidence: Any
    ) -> None:
        claim = await ended_with(store, evidence)
        before = await history_of(store, 1, claim)
        assert await operators.act(1, claim.id, BY_BIA) is NotYours.NO_MARK
        assert await history_of(store, 1, claim) == before

    @pytest.mark.parametrize(
        "how",
        ["named", "customer", "amount", "unreadable", "fragment", "said", "another's, altered"],
    )
    async def test_what_a_line_could_be_is_resent_only_with_the_risk_accepted(
        self, store: CashbackStore, operators: OperatorStore, incidents: IncidentStore, how: str
    ) -> None:
        claim, other = await ended_with(store, REFUSED), await ended_with(store, CREATED)
        at = (await history_of(store, 1, claim)).attempts[0].started_at
        match how:
            case "named":
                self.told(at, 1, cashback_id=claim.id, cls=FindingClass.REVERSED)
            case "customer":
                self.told(at, document=str(claim.document))
            case "amount":
                self.told(at - timedelta(days=2), centavos=claim.cashback_centavos)
            case "unreadable":
                self.told(
                    at, cls=FindingClass.UNREADABLE, document=None, centavos=0, credited_at=None
                )
            case "fragment":
                self.told(at, reference=f"no. {claim.id.hex[-12:].upper()} z")
            case "said":  # and no statement has moved it yet
                ours = replace(FOREIGN, meaning=Meaning.OURS, cashback_id=claim.id)
                await incidents.explain(self.told(at), ours, dry_run=False)
            case _:
                self.told(
                    at,
                    1,
                    cashback_id=other.id,
                    cls=FindingClass.ALTERED,
                    centavos=claim.cashback_centavos,
                )
        assert await operators.act(1, claim.id, RESEND) == RiskNotAccepted()
        wanted = OpenFilter(statuses=ALL)
        assert (await operators.tally(1, wanted)).in_doubt == 1
        assert (await operators.tally(2, wanted)).in_doubt == 0
        many = await act_on_all(operators, 1, wanted, RESEND)
        assert many == RiskNotAccepted(1)
        (item,) = (await operators.open_page(1, wanted, limit=9, after=None)).items
        assert item.suspected
        granted = await operators.act(1, claim.id, RISKY)
        assert isinstance(granted, Granted)
        assert granted.risk_accepted

    @pytest.mark.parametrize("how", ["another", "early", "again", "absent", "explained"])
    async def test_what_no_line_could_be_is_resent_without_a_risk(
        self, store: CashbackStore, operators: OperatorStore, incidents: IncidentStore, how: str
    ) -> None:
        claim, other = await ended_with(store, REFUSED), await ended_with(store, CREATED)
        at = (await history_of(store, 1, claim)).attempts[0].started_at
        match how:
            case "another":
                self.told(at)
            case "early":
                self.told(at - timedelta(days=2, seconds=1), document=str(claim.document))
            case "again":
                self.told(
                    at,
                    1,
                    cashback_id=other.id,
                    cls=FindingClass.CREDITED_AGAIN,
                    centavos=claim.cashback_centavos,
                )
            case "absent":
                self.told(
                    at,
                    1,
                    cashback_id=other.id,
                    cls=FindingClass.APPLIED_ABSENT,
                    document=str(claim.document),
                    line=None,
                    line_key=None,
                    credited_at=None,
                )
            case _:
                line = self.told(at, document=str(claim.document))
                assert await operators.act(1, claim.id, RESEND) == RiskNotAccepted()
                await incidents.explain(line, FOREIGN, dry_run=False)
        wanted = OpenFilter(statuses=ALL)
        (item,) = (await operators.open_page(1, wanted, limit=9, after=None)).items
        assert not item.suspected
        assert (await operators.tally(1, wanted)).in_doubt == 0
        granted = await operators.act(1, claim.id, RESEND)
        assert isinstance(granted, Granted)
        assert not granted.risk_accepted

    async def test_many_are_resent_with_the_risk_of_those_that_a_line_could_be(
        self, store: CashbackStore, operators: OperatorStore
    ) -> None:
        suspected, certain = [await ended_with(store, REFUSED) for _ in range(2)]
        at = (await history_of(store, 1, suspected)).attempts[0].started_at
        self.told(at, document=str(suspected.document))
        wanted = OpenFilter(statuses=ALL)
        assert await act_on_all(operators, 1, wanted, RESEND) == RiskNotAccepted(1)
        done = await act_on_all(operators, 1, wanted, RISKY)
        assert done == await operators.tally(1, OpenFilter(statuses=frozenset({Status.PENDING})))
        pending = OpenFilter(statuses=frozenset({Status.PENDING}))
        items = (await operators.open_page(1, pending, limit=9, after=None)).items
        risks = {item.id: item.risk_accepted_at is not None for item in items}
        assert risks == {suspected.id: True, certain.id: False}

    async def standing_at(self, store: CashbackStore, status: Status) -> Claim:
        """A tried cashback that stands at `held` or `rejected`."""
        if status is Status.REJECTED:
            return await ended_with(store, REFUSED)
        return await given_up(store)


async def ids(incidents: IncidentStore, merchant_id: int | None) -> set[UUID]:
    page = await incidents.incidents(merchant_id, open_only=True, limit=99, after=None)
    return {one.id for one in page.items}

"""Lists of what became of many: how a line is read, and that each of them is told once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.delivery.states import Delivery, Status
from cashback_core.operators.acts import TARGETS, Act, ActKind, Circumstances, Granted, operate
from cashback_core.operators.operator_store import CashbackName, Foreseen
from cashback_core.operators.resolution_lines import (
    RESOLUTIONS,
    LineFault,
    ResolutionLine,
    ResolutionList,
    UnreadResolution,
    read_resolution,
)
from cashback_core.operators.resolution_plans import LineRefusal, kinds_of, plan_of, totals_of

if TYPE_CHECKING:
    from collections.abc import Mapping

AT = datetime(2026, 6, 15, tzinfo=UTC)
ID = UUID("0197b7a6-5a3c-7d27-a2ee-2cc3f1e43c41")
GOOD = {"sale_id": "NF-1", "status": "applied", "evidence": "their mail"}


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"sale_id": "NF-1"}, CashbackName(sale_id="NF-1")),
        ({"sale_id": "NF-1", "store": "12"}, CashbackName(sale_id="NF-1", store="12")),
        ({"sale_id": None, "id": str(ID)}, CashbackName(id=ID)),
        ({"sale_id": "", "id": str(ID).upper(), "store": None}, CashbackName(id=ID)),
    ],
)
def test_a_line_names_one_cashback_what_became_of_it_and_how_that_is_known(
    told: dict[str, object], name: CashbackName
) -> None:
    for status, kind in RESOLUTIONS.items():
        assert read_resolution(7, {**GOOD, **told, "status": status}) == ResolutionLine(
            line=7, name=name, kind=kind, evidence="their mail"
        )


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({"amount": "5.00"}, LineFault.FIELDS),
        ({"evidence": 7}, LineFault.FIELDS),
        ({"sale_id": ["NF-1"]}, LineFault.FIELDS),
        ({"sale_id": None}, LineFault.NAME),
        ({"id": str(ID)}, LineFault.NAME),
        ({"sale_id": None, "id": "NF-1"}, LineFault.NAME),
        ({"sale_id": None, "id": str(ID), "store": "1"}, LineFault.NAME),
        ({"sale_id": "two words"}, LineFault.NAME),
        ({"sale_id": "x" * 65}, LineFault.NAME),
        ({"store": "x" * 33}, LineFault.NAME),
        ({"store": "two words"}, LineFault.NAME),
        ({"status": None}, LineFault.STATUS),
        ({"status": "Applied"}, LineFault.STATUS),
        ({"status": "cancelled"}, LineFault.STATUS),
        ({"evidence": None}, LineFault.EVIDENCE),
        ({"evidence": " mail"}, LineFault.EVIDENCE),
        ({"evidence": "a\nb"}, LineFault.EVIDENCE),
        ({"evidence": "x" * 401}, LineFault.EVIDENCE),
        ({"evidence": "paid to 529.982.247-25"}, LineFault.DOCUMENT),
    ],
)
def test_a_line_that_says_anything_else_is_refused(
    told: dict[str, object], fault: LineFault
) -> None:
    assert read_resolution(7, {**GOOD, **told}) == UnreadResolution(line=7, fault=fault)


@given(
    st.dictionaries(
        st.sampled_from(["id", "sale_id", "store", "status", "evidence", "x"]),
        st.none() | st.text(max_size=9) | st.integers() | st.sampled_from([str(ID), "applied"]),
    )
)
def test_whatever_a_line_tells_it_is_read_or_refused_and_its_act_can_be_kept(
    told: dict[str, Any],
) -> None:
    one = read_resolution(1, told)
    if isinstance(one, ResolutionLine):
        act = ResolutionList(file="a" * 64, lines=(one,)).act(one, "ana")
        assert act.kind is one.kind
        assert one.evidence in act.reason


@pytest.mark.parametrize("file", ["", " a.csv", "a\tb.csv", "x" * 65, "52998224725.csv"])
def test_the_name_of_a_list_is_kept_for_ever_so_it_is_plain_and_holds_no_cpf(file: str) -> None:
    with pytest.raises(ValueError, match=r"name has|no CPF"):
        ResolutionList(file=file, lines=())


_NAMES = [CashbackName(sale_id=str(n)) for n in range(4)]
_IDS = [UUID(int=n) for n in range(4)]
_LINES = st.builds(
    ResolutionLine,
    line=st.just(0),
    name=st.sampled_from(_NAMES),
    kind=st.sampled_from(list(RESOLUTIONS.values())),
    evidence=st.sampled_from(["mail", "file"]),
) | st.builds(UnreadResolution, line=st.just(0), fault=st.sampled_from(list(LineFault)))


def _numbered(one: ResolutionLine | UnreadResolution, line: int) -> Any:
    return type(one)(
        **{name: getattr(one, name) for name in type(one).__slots__ if name != "line"}, line=line
    )


def _foreseen(
    kinds: Mapping[UUID, ActKind | None],
    statuses: Mapping[UUID, Status],
    *,
    credited: bool,
    version: int = 3,
) -> dict[UUID, Foreseen]:
    given = Circumstances(credited=credited)
    return {
        id_: Foreseen(
            merchant="demo",
            status=statuses[id_],
            version=version,
            cashback_centavos=100 + id_.int,
            decision=operate(
                Delivery(status=statuses[id_], attempt=1, open_since_at=AT),
                Act(kind=kind, by="ana", reason="mail"),
                AT,
                given,
            ),
        )
        for id_, kind in kinds.items()
        if kind is not None and id_ in statuses
    }


@given(
    st.lists(_LINES, max_size=12),
    st.dictionaries(st.sampled_from(_NAMES), st.lists(st.sampled_from(_IDS), max_size=2)),
    st.dictionaries(st.sampled_from(_IDS), st.sampled_from(list(Status))),
    st.booleans(),
)
def test_every_line_is_in_one_place_and_what_moves_adds_up(
    lines: list[ResolutionLine | UnreadResolution],
    named: dict[CashbackName, list[UUID]],
    statuses: dict[UUID, Status],
    credited: bool,  # noqa: FBT001
) -> None:
    told = [_numbered(one, n) for n, one in enumerate(lines, start=1)]
    foreseen = _foreseen(kinds_of(told, named), statuses, credited=credited)
    plan = plan_of(ResolutionList(file="a.csv", lines=tuple(told)), named, foreseen, by="ana")
    places = [m.said.line for m in plan.moves] + [*plan.already] + [r.line for r in plan.refused]
    assert sorted(places) == list(range(1, len(told) + 1))
    assert len({move.id for move in plan.moves}) == len(plan.moves)
    assert sum(t.count for t in totals_of(plan.moves)) == len(plan.moves)
    assert sum(t.centavos for t in totals_of(plan.moves)) == sum(m.centavos for m in plan.moves)
    for move in plan.moves:
        said = {
            one.kind
            for one in told
            if isinstance(one, ResolutionLine) and named.get(one.name, ()) == [move.id]
        }
        assert said == {move.said.kind}  # no line contradicts it, however many there are
        assert isinstance(foreseen[move.id].decision, Granted)
        assert move.to is TARGETS[move.said.kind]
        assert move.from_status is not move.to
    for line in plan.already:
        one = told[line - 1]
        (id_,) = named[one.name]
        assert statuses[id_] is TARGETS[one.kind] or id_ in {move.id for move in plan.moves}
    contradicted = {r.id for r in plan.refused if r.why is LineRefusal.CONTRADICTED}
    assert not contradicted & {move.id for move in plan.moves}


def test_a_token_names_the_moves_their_evidence_and_whose_they_are() -> None:
    def token(
        evidence: str,
        kind: ActKind = ActKind.MARK_APPLIED,
        n: int = 1,
        *,
        file: str = "a.csv",
        by: str = "ana",
        version: int = 3,
    ) -> str:
        line = ResolutionLine(line=1, name=_NAMES[0], kind=kind, evidence=evidence)
        named = {_NAMES[0]: [_IDS[n]]}
        statuses = {_IDS[n]: Status.IN_DOUBT}
        kinds = kinds_of([line], named)
        foreseen = _foreseen(kinds, statuses, credited=False, version=version)
        told = ResolutionList(file=file, lines=(line,))
        return plan_of(told, named, foreseen, by=by).token

    tokens = {token("mail"), token("file"), token("mail", ActKind.MARK_REJECTED)}
    tokens.add(token("mail", n=2))
    tokens |= {token("mail", file="b.csv"), token("mail", by="bia"), token("mail", version=5)}
    assert len(tokens) == 7
    assert token("mail") in tokens

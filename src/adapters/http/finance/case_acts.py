"""What is done with one case over HTTP: given to somebody, noted, called done."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, assert_never

from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.finance import case_shapes as shapes
from adapters.http.identity.roles import OPERATORS, PLATFORM
from adapters.http.resources.action import Action
from adapters.http.resources.answers import read_document
from adapters.http.resources.resource import UuidKey
from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.fields import Body, Reason, TextField, Truth
from adapters.http.wire.headers import read_language
from adapters.http.wire.ids import path_uuid
from adapters.http.wire.refusals import RefusedError
from cashback_core.operators.cases import (
    AssignCase,
    AssignedToAnother,
    CaseAct,
    CaseHistory,
    CaseRefusal,
    NoteCase,
    ResolveCase,
)
from cashback_core.people.roles import Role
from cashback_core.people.users import USERNAME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from litestar import Request

    from adapters.http.identity.admission import Admission, Principal
    from adapters.http.wire.objects import ObjectReader
    from cashback_core.operators.case_store import CaseStore


CASES: Final = "/api/cases"


def _to_one(reader: ObjectReader, values: Mapping[str, Any]) -> None:
    """It is somebody's or nobody's: told, and not guessed from what is left out."""
    if (values["assigned_to"] is None) != values["nobody"]:
        reader.tell_quietly("assigned_to", "assigned_or_nobody")


def _assign(
    *, assigned_to: str | None, nobody: bool, note: str | None, take_over: bool
) -> Callable[[str], CaseAct]:
    to = None if nobody else assigned_to
    return partial(_assigned, to, note or None, take_over=take_over)


def _assigned(to: str | None, note: str | None, by: str, *, take_over: bool) -> CaseAct:
    return AssignCase(by=by, to=to, note=note, take_over=take_over)


def _note(*, note: str) -> Callable[[str], CaseAct]:
    return lambda by: NoteCase(by=by, note=note)


def _resolve(*, reason: str) -> Callable[[str], CaseAct]:
    return lambda by: ResolveCase(by=by, reason=reason)


def _act(
    verb: str, body: Body[Callable[[str], CaseAct]], body_name: str, summary: str, **more: Any
) -> Action[Callable[[str], CaseAct]]:
    return Action(
        path=f"{CASES}/{{id}}/{verb}",
        key=UuidKey(about="The incident's, or the difference's, id."),
        id=f"{verb}Case",
        body_name=body_name,
        body=body,
        may=OPERATORS | PLATFORM,
        tag="Cases",
        summary=summary,
        answer=shapes.CaseHistory,
        done="The case as it is then, with its history.",
        **more,
    )


CASE_ACTS: Final = (
    _act(
        "assign",
        Body(
            "Who looks after it from now on.",
            _assign,
            _to_one,
            assigned_to=TextField(
                form=USERNAME,
                code="username_format",
                says={"description": "A user's name; left out only with `nobody`."},
                must=False,
            ),
            nobody=Truth(about="Nobody does any more."),
            note=Reason(must=False),
            take_over=Truth(about="Also where somebody else has it."),
        ),
        "AssignInput",
        "Say who looks after an incident or a difference",
        description="What somebody else has is taken from them only with `take_over`.",
        example={"assigned_to": "oscar", "note": "the provider is asked"},
        problems=("case_resolved", "case_assigned"),
    ),
    _act(
        "note",
        Body("What is to be remembered of it, for ever.", _note, note=Reason()),
        "NoteInput",
        "Add a note to an incident or a difference",
        description="In whatever state. A note is kept for ever and holds no CPF.",
        example={"note": "asked the provider on 3 June"},
    ),
    _act(
        "resolve",
        Body("Why it is done.", _resolve, reason=Reason()),
        "CaseResolveInput",
        "Call an incident or a difference done",
        description="It moves no cashback. A later statement, or file, that finds it again opens it"
        " again.",
        example={"reason": "the provider takes the line back on Monday"},
        problems=("case_resolved",),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseActRoute:
    """The route of an act on one case."""

    action: Action[Callable[[str], CaseAct]]
    admit: Admission
    cases: CaseStore

    async def act(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Do it, and tell the case as it is then."""
        fields, principal = await self.admit(request)
        id_ = path_uuid(request)
        unsigned = self.action.body.read(await read_document(request, fields))
        act = unsigned(principal.username)
        told = await self.cases.work(whose_cases(principal), id_, act)
        match told:
            case None:
                raise NotFoundException
            case CaseRefusal() | AssignedToAnother():
                raise RefusedError(told)
            case CaseHistory():
                return Answer(200, encode(shapes.history_shape(told, read_language(fields))))
            case _:
                assert_never(told)


def whose_cases(principal: Principal) -> int | None:
    """Whose cases somebody sees: None is everybody's and nobody's, for the platform."""
    return None if principal.role is Role.PLATFORM else principal.merchant_id

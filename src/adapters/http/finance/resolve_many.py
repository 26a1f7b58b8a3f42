"""A list of what became of many cashbacks, over HTTP: counted and shown, then done."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, assert_never

from litestar import Request, post
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)
from msgspec import Meta

from adapters.http.identity.roles import OPERATORS
from adapters.http.resources.action import Action
from adapters.http.resources.answers import read_document
from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.fields import Body, TextField, Truth
from adapters.http.wire.headers import read_language
from adapters.http.wire.refusals import RefusedError
from adapters.http.wire.shapes import Money, Shape, Uuid
from cashback_core.delivery.states import Status
from cashback_core.operators.resolution_lines import (
    FIELDS,
    MAX_EVIDENCE_CHARS,
    MAX_FILE_CHARS,
    ResolutionList,
    read_resolution,
)
from cashback_core.operators.resolution_plans import (
    PlanChanged,
    PlannedMove,
    RefusedLine,
    ResolutionPlan,
    Resolved,
    totals_of,
)
from cashback_core.operators.resolutions import ResolveMany
from cashback_core.values.money import format_centavos
from cashback_core.words.locales import phrase

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from adapters.http.wire.fields import Schema
    from adapters.http.wire.objects import ObjectReader
    from cashback_core.operators.operator_store import OperatorStore
    from cashback_core.words.locales import Language

_ANY: Final = re.compile(r"")
"""Whatever is no token is none of what was shown."""

MAX_LINES: Final = 1_000
"""Each is an act of its own, and the request waits for all of them."""


class ResolutionMove(Shape, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A cashback that a line moves."""

    line: Annotated[int, Meta(ge=1)]
    id: Uuid
    from_: Status
    to: Status
    cashback: Money


class ResolutionTotal(Shape, frozen=True, kw_only=True, rename={"from_": "from"}):
    """How many cashbacks go from one status to another."""

    from_: Status
    to: Status
    count: Annotated[int, Meta(ge=1)]
    cashback: Money


class ResolutionRefusal(Shape, frozen=True, kw_only=True):
    """A line that does nothing, and why."""

    line: Annotated[int, Meta(ge=1)]
    why: Annotated[str, Meta(description="There may be new ones.")]
    what: Annotated[str, Meta(description="The same in words, in the language asked for.")]
    id: Uuid | None
    status: Annotated[Status | None, Meta(description="The cashback's, where it is known.")]


class ResolvedMany(Shape, frozen=True, kw_only=True):
    """What a list moves, or moved; every line is in one of `moves`, `already` and `refused`."""

    done: bool
    count: Annotated[int, Meta(ge=0)]
    cashback: Money
    totals: list[ResolutionTotal]
    moves: list[ResolutionMove]
    already: Annotated[list[int], Meta(description="Lines that say what is so.")]
    refused: list[ResolutionRefusal]
    token: Annotated[
        str | None,
        Meta(description="Names exactly these moves: sent back it has them done. Null when done."),
    ]


SHAPES = (ResolvedMany,)
"""What the OpenAPI document describes."""


@dataclass(frozen=True, slots=True)
class ListName:
    """What a list is called: it is kept with every move."""

    @property
    def must(self) -> bool:
        """Always."""
        return True

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> str:  # noqa: ARG002
        """See Field."""
        told = body.reason(name)
        if len(told) > MAX_FILE_CHARS:
            body.tell(name, "plain_text", highest=str(MAX_FILE_CHARS))
        return told

    def schema(self) -> Schema:
        """See Field."""
        return {
            "type": "string",
            "description": "What the list is called: kept with every move. Without a CPF.",
            "minLength": 1,
            "maxLength": MAX_FILE_CHARS,
        }


@dataclass(frozen=True, slots=True)
class ResolutionLines:
    """The lines of a list, each an object; what is wrong with one is told of that one alone."""

    @property
    def must(self) -> bool:
        """Always."""
        return True

    def read(self, body: ObjectReader, name: str, zone: ZoneInfo) -> tuple[dict[str, object], ...]:  # noqa: ARG002
        """See Field."""
        return body.objects(name, highest=MAX_LINES, code="list_count")

    def schema(self) -> Schema:
        """See Field."""
        text = {"type": ["string", "null"]}
        about = {
            "id": "The cashback's id; or `sale_id`.",
            "sale_id": "The sale's own number; with `store` where numbers count in each store.",
            "store": "The sale's store.",
            "status": "`applied` or `rejected`.",
            "evidence": f"How it is known, 1 to {MAX_EVIDENCE_CHARS} characters, without a CPF.",
        }
        return {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_LINES,
            "items": {
                "type": "object",
                "properties": {name: {**text, "description": about[name]} for name in FIELDS},
            },
        }


RESOLVE_MANY: Final = Action(
    path="/api/cashbacks/resolve-many",
    id="resolveMany",
    body_name="ResolveManyInput",
    body=Body(
        "A list of what became of cashbacks, and whether it is to be done.",
        dict[str, Any],
        file=ListName(),
        lines=ResolutionLines(),
        dry_run=Truth(about="Only tell.", default=True),
        token=TextField(
            form=_ANY,
            code="wrong_type",
            says={"description": "That of the list as it was shown; needed unless `dry_run`."},
            must=False,
        ),
    ),
    may=OPERATORS,
    tag="Operators",
    summary="Say what became of many, each on evidence of its own",
    description="By default only tells what would move. With `dry_run` false and the `token` that"
    " was told each line is done as `resolve` would do it, by the same rules, with a reason that"
    " names file, line and evidence; unless something has changed since, then nothing is. What"
    " broke off is shown and sent again: what is so already is only told.",
    example={
        "file": "their answer of 3 June",
        "lines": [{"sale_id": "NF-1042", "status": "applied", "evidence": "their line 12"}],
    },
    answer=ResolvedMany,
    done="What it would do, or did.",
    problems=("plan_changed",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveManyRoute:
    """For the caller's own merchant alone."""

    admit: Admission
    operators: OperatorStore

    def handlers(self) -> list[HTTPRouteHandler]:
        """It, under its address."""
        return [post(RESOLVE_MANY.route, name=RESOLVE_MANY.id)(self.resolve)]

    async def resolve(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Tell what a list would do, or do it."""
        fields, principal = await self.admit(request)
        told, token = read_resolve_many(await read_document(request, fields))
        resolving = ResolveMany(self.operators)
        merchant_id, by, language = principal.merchant_id, principal.username, read_language(fields)
        if token is None:
            plan = await resolving.plan(merchant_id, told, by=by)
            return Answer(200, encode(_shape(plan, language, token=plan.token)))
        done = await resolving.carry_out(merchant_id, told, by=by, token=token)
        match done:
            case PlanChanged():
                raise RefusedError(done)
            case Resolved():
                return Answer(200, encode(_shape(done, language, token=None)))
            case _:
                assert_never(done)


def read_resolve_many(document: object) -> tuple[ResolutionList, str | None]:
    """The list that a body holds, and the token by which it is to be done, None: only told.

    Raises InvalidRequestError.
    """
    body = RESOLVE_MANY.body
    reader = body.reader(document)
    asked = body.values(reader)
    if not asked["dry_run"]:
        reader.must_have("token")
    reader.refuse_faults()
    lines = enumerate(asked["lines"], start=1)
    told = ResolutionList(
        file=asked["file"], lines=tuple(read_resolution(n, one) for n, one in lines)
    )
    return told, None if asked["dry_run"] else asked["token"]


def _shape(told: ResolutionPlan | Resolved, language: Language, *, token: str | None) -> Shape:
    return ResolvedMany(
        done=token is None,
        count=len(told.moves),
        cashback=format_centavos(sum(move.centavos for move in told.moves)),
        totals=[
            ResolutionTotal(
                from_=total.from_status,
                to=total.to,
                count=total.count,
                cashback=format_centavos(total.centavos),
            )
            for total in totals_of(told.moves)
        ],
        moves=[_move(move) for move in told.moves],
        already=list(told.already),
        refused=[_refusal(one, language) for one in told.refused],
        token=token,
    )


def _move(move: PlannedMove) -> ResolutionMove:
    return ResolutionMove(
        line=move.said.line,
        id=str(move.id),
        from_=move.from_status,
        to=move.to,
        cashback=format_centavos(move.centavos),
    )


def _refusal(one: RefusedLine, language: Language) -> ResolutionRefusal:
    return ResolutionRefusal(
        line=one.line,
        why=one.why,
        what=phrase(language, f"resolution.{one.why}"),
        id=None if one.id is None else str(one.id),
        status=one.status,
    )

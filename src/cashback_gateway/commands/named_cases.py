"""A case as people name it: by its id, or by what it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.postgres.operators.cases import PostgresCaseStore
from adapters.postgres.operators.named import named_cashbacks
from cashback_core.operators.case_store import CaseFilter
from cashback_core.operators.cases import CaseState
from cashback_core.values.ids import parse_uuid
from cashback_gateway.commands.refusals import ActRefusedError

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database
    from cashback_core.operators.cases import Case, CaseHistory

_MOST: Final = 20
"""Of one cashback so many are named where it has several."""


async def the_case(database: Database, name: str) -> CaseHistory:
    """The one case of an id, or of a cashback's id or its sale's number. Raises ActRefusedError."""
    store = PostgresCaseStore(database)
    id_ = parse_uuid(name)
    told = None if id_ is None else await store.case(None, id_)
    if told is not None:
        return told
    found: list[Case] = []
    for one in (await named_cashbacks(database, [name]))[name]:
        about = CaseFilter(states=frozenset(CaseState), cashback_id=one.id)
        found += (await store.cases(None, about, limit=_MOST, after=None)).items
    if len(found) > 1:
        each = "; ".join(f"{one.id} of {one.merchant}, {one.cls}, {one.state}" for one in found)
        raise ActRefusedError(f"{len(found)} cases are about {name}, say an id: {each}")
    told = await store.case(None, found[0].id) if found else None
    if told is None:
        raise ActRefusedError(f"no incident and no difference is called {name}, or about it")
    return told

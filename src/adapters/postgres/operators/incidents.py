"""Statement incidents on PostgreSQL; see `cashback_core.reconciliation.incidents`."""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from adapters.postgres.connection.database import OPERATING, OVERSEEING, Database, Purpose
from cashback_core.reconciliation.findings import FindingClass
from cashback_core.reconciliation.incidents import (
    ClassTotal,
    Explanation,
    IncidentPage,
    IncidentStore,
    NamesACashback,
    NotExplained,
    StatementIncident,
    names_another,
    why_not_explained,
)
from cashback_core.reconciliation.references import id_in, parts_in
from cashback_core.sales.erased import is_pseudonym
from cashback_core.values.documents import mask
from cashback_core.values.masks import hide_documents
from cashback_core.values.pages import Position

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from typing import LiteralString

    from psycopg import AsyncConnection

_COLUMNS: Final[LiteralString] = """
    i.incident_id, i.class, m.slug, i.cashback_id, i.document, i.centavos, i.line, i.line_key,
    i.credited_at, i.reference, i.why, i.opened_at, i.statement_at, i.closed_at, i.closed_why
"""


class PostgresIncidentStore(IncidentStore):
    """One method is one transaction; `of_all` is what this process sees all merchants by."""

    def __init__(self, database: Database, *, of_all: Purpose = OVERSEEING) -> None:
        self._of_one = database.pool(OPERATING)
        self._of_all = database.pool(of_all)

    @asynccontextmanager
    async def _reading(self, merchant_id: int | None) -> AsyncGenerator[AsyncConnection[Any], None]:
        if merchant_id is None:
            acting = self._of_all.connection()
        else:
            acting = self._of_one.acting_for(merchant_id)
        async with acting as connection:
            yield connection

    async def incidents(
        self,
        merchant_id: int | None,
        *,
        open_only: bool,
        cls: FindingClass | None = None,
        limit: int,
        after: Position | None,
    ) -> IncidentPage:
        values = {
            "merchant_id": merchant_id,
            "open_only": open_only,
            "class": cls,
            "at": after.at if after else None,
            "id": after.id if after else None,
            "limit": limit + 1,  # one more tells whether there is a next page
        }
        async with self._reading(merchant_id) as connection:
            found = await connection.execute(
                f"""
                select {_COLUMNS}
                from statement_incidents as i left join merchants as m using (merchant_id)
                where (%(merchant_id)s::bigint is null or i.merchant_id = %(merchant_id)s)
                    and (not %(open_only)s or i.closed_at is null)
                    and (%(class)s::text is null or i.class = %(class)s)
                    and (
                        %(at)s::timestamptz is null
                        or (i.opened_at, i.incident_id) > (%(at)s::timestamptz, %(id)s::uuid)
                    )
                order by i.opened_at, i.incident_id
                limit %(limit)s
                """,  # noqa: S608 (made of literals)
                values,
                prepare=False,
            )
            rows = await found.fetchall()
        items = tuple(_incident(row) for row in rows[:limit])
        last = items[-1] if len(rows) > limit else None
        position = Position(at=last.opened_at, id=last.id) if last else None
        return IncidentPage(items=items, next=position)

    async def standing(self, merchant_id: int | None) -> tuple[ClassTotal, ...]:
        async with self._reading(merchant_id) as connection:
            found = await connection.execute(
                """
                select class, count(*), sum(centavos)::bigint from statement_incidents
                where closed_at is null
                    and (%(merchant_id)s::bigint is null or merchant_id = %(merchant_id)s)
                group by class
                """,
                {"merchant_id": merchant_id},
                prepare=False,
            )
            rows = {FindingClass(cls): (n, sum_) for cls, n, sum_ in await found.fetchall()}
        return tuple(
            ClassTotal(cls=cls, count=rows[cls][0], centavos=rows[cls][1])
            for cls in FindingClass
            if cls in rows
        )

    async def explain(
        self,
        id: UUID,  # noqa: A002
        explanation: Explanation,
        *,
        dry_run: bool,
    ) -> StatementIncident | NotExplained | NamesACashback | None:
        async with self._of_all.connection() as connection:
            found = await connection.execute(
                # Locked: of two who explain it, or a statement that closes it, one comes first.
                f"""
                select {_COLUMNS}
                from statement_incidents as i left join merchants as m using (merchant_id)
                where i.incident_id = %s for no key update of i
                """,  # noqa: S608 (made of literals)
                [id],
            )
            row = await found.fetchone()
            if row is None:
                return None
            incident, told = _incident(row), row[9]
            refused = why_not_explained(incident, explanation)
            if refused is None and not await _is_due(connection, explanation.cashback_id):
                refused = NotExplained.NO_SUCH_CASHBACK
            if refused is not None:
                return refused
            named = await _named(connection, incident.cashback_id, told, explanation)
            if named is not None and not explanation.accept_risk:
                return named
            if dry_run:
                return incident
            risk = named is not None
            return await _remember(connection, incident, explanation, risk=risk)


async def _is_due(connection: AsyncConnection[Any], cashback_id: UUID | None) -> bool:
    """Whether a cashback, if one is named, is there and may have a credit."""
    if cashback_id is None:
        return True
    found = await connection.execute(
        # By its whole key: merchants are few, and no index leads with the cashback.
        """
        select from merchants as m
        join cashbacks as c on c.merchant_id = m.merchant_id and c.cashback_id = %s
        where c.status <> 'not_due'
        """,
        [cashback_id],
    )
    return await found.fetchone() is not None


async def _named(
    connection: AsyncConnection[Any],
    about: UUID | None,
    reference: str | None,
    explanation: Explanation,
) -> NamesACashback | None:
    """The cashback that the line's reference names, against what is said."""
    whole = id_in(reference)
    by_key = [UUID(whole)] if whole is not None else []
    if about is not None:
        by_key.append(about)
    found = await connection.execute(
        # A part of an id has no index: it is looked for among the open ones, which have theirs.
        """
        select c.cashback_id
        from merchants as m
        join cashbacks as c on c.merchant_id = m.merchant_id and c.cashback_id = any(%(ids)s)
        union
        select c.cashback_id
        from cashbacks as c
        cross join lateral replace(c.cashback_id::text, '-', '') as hex
        where c.status not in ('applied', 'not_due', 'void', 'recorded')
            and exists (
                select from unnest(%(parts)s::text[]) as p (part)
                where position(p.part in hex) > 0 or position(hex in p.part) > 0
            )
        """,
        {"ids": by_key, "parts": sorted(parts_in(reference))},
        prepare=False,
    )
    async for (id_,) in found:
        if names_another(reference, id_, explanation):
            return NamesACashback(id_)
    return None


async def _remember(
    connection: AsyncConnection[Any],
    incident: StatementIncident,
    explanation: Explanation,
    *,
    risk: bool,
) -> StatementIncident:
    found = await connection.execute(
        f"""
        with said as (
            insert into statement_explanations (
                incident_id, line_key, meaning, cashback_id, by_name, reason
            )
            values (
                %(id)s, %(line_key)s, %(meaning)s, %(cashback_id)s, %(by)s, %(reason)s
            )
        ), told as (
            insert into statement_incident_events (
                incident_id, what, by_name, reason, risk_accepted
            )
            values (%(id)s, 'explained', %(by)s, %(reason)s, %(risk)s)
        ), i as (
            update statement_incidents set closed_at = now(), closed_why = %(reason)s
            where incident_id = %(id)s
            returning *
        )
        select {_COLUMNS} from i left join merchants as m using (merchant_id)
        """,  # noqa: S608 (made of literals)
        {
            "id": incident.id,
            "line_key": None if _is_absent(incident) else incident.line_key,
            "meaning": explanation.meaning,
            "cashback_id": (
                incident.cashback_id if _is_absent(incident) else explanation.cashback_id
            ),
            "by": explanation.by,
            "reason": explanation.reason,
            "risk": risk,
        },
    )
    row = await found.fetchone()
    assert row is not None
    return _incident(row)


def _is_absent(incident: StatementIncident) -> bool:
    return incident.cls is FindingClass.APPLIED_ABSENT


def _incident(row: tuple[Any, ...]) -> StatementIncident:
    (
        id_, cls, slug, cashback_id, document, centavos, line, line_key, credited_at, reference,
        why, opened_at, statement_at, closed_at, closed_why,
    ) = row  # fmt: skip
    return StatementIncident(
        id=id_,
        cls=FindingClass(cls),
        merchant=slug,
        cashback_id=cashback_id,
        document=None if document is None or is_pseudonym(document) else mask(document),
        centavos=centavos,
        line=line,
        line_key=line_key,
        credited_at=credited_at,
        reference=None if reference is None else hide_documents(reference),
        why=why,
        opened_at=opened_at,
        statement_at=statement_at,
        closed_at=closed_at,
        closed_why=closed_why,
    )

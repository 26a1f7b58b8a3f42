"""Incidents of the statement: opened, renewed and closed by what a run finds."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from psycopg.types.json import Jsonb

from adapters.postgres.reconciliation.explanations import said_since
from adapters.postgres.sales.acceptance import encode
from cashback_core.reconciliation import FindingClass
from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Sequence
    from uuid import UUID

    from psycopg import AsyncConnection

    from adapters.postgres.reconciliation.runs import Run
    from cashback_core.privacy.seals import Seal
    from cashback_core.reconciliation.found_incidents import FoundIncident

_ASKED_AT_ONCE: Final = 10_000
"""So many hashes of documents are looked for in one statement: one for each merchant."""


async def tell(
    connection: AsyncConnection[Any],
    run: Run,
    found: Sequence[FoundIncident],
    *,
    known: int,
    seal: Seal | None,
) -> int:
    """Open what does not stand open, renew what does; how many were opened.

    Lines that read the same are interchangeable: as many incidents of them stand open as there
    are lines.
    """
    said = await said_since(connection, known, seal)
    left = [one for one in found if _of_a_person(one) not in said]
    standing = await _standing(connection, left, seal)
    opened: list[dict[str, Any]] = []
    renewed: list[dict[str, Any]] = []
    taken: defaultdict[str, set[int]] = defaultdict(set)
    for one in left:
        theirs = standing[_key(one)]
        if theirs:
            id_, nth = theirs.pop(0)
            renewed.append(_row(one, id_, nth))
        else:
            id_, nth = new_id(), None
            opened.append(_row(one, id_, nth))
        if one.line_key is not None and nth is not None:
            taken[one.line_key].add(nth)
    # What is left stands open, too, until it is closed as not found.
    for key, theirs in standing.items():
        if isinstance(key, str):
            taken[key].update(nth for _, nth in theirs if nth is not None)
    for row in opened:
        key = row["line_key"]
        if key is not None:
            row["nth"] = _first_free(taken[key])
            taken[key].add(row["nth"])
    await _name_nobody(connection, [*opened, *renewed], seal)
    if renewed:
        await _renew(connection, run, renewed)
    if opened:
        await _open(connection, run, opened)
    return len(opened)


async def _name_nobody(
    connection: AsyncConnection[Any], rows: Sequence[dict[str, Any]], seal: Seal | None
) -> None:
    """Put what was an erased customer's as if the erasure had found it there."""
    documents = sorted({row["document"] for row in rows if row["document"] is not None})
    if seal is None or not documents:
        return
    nobody = await _nobody(connection, documents, seal)
    for row in rows:
        if row["document"] in nobody:
            row["document"], row["reference"] = nobody[row["document"]], None
            row["line_key"] = None if row["line_key"] is None else seal(row["line_key"])


async def _nobody(
    connection: AsyncConnection[Any], documents: Sequence[str], seal: Seal
) -> dict[str, str]:
    """Which of these documents were an erased customer's, and the pseudonym that each has."""
    rows = await connection.execute("select merchant_id from merchants")
    merchants = [merchant_id for (merchant_id,) in await rows.fetchall()]
    nobody: dict[str, str] = {}
    at_once = max(1, _ASKED_AT_ONCE // max(1, len(merchants)))
    for start in range(0, len(documents), at_once):
        sealed = {
            seal.of_document(merchant_id, document): document
            for merchant_id in merchants
            for document in documents[start : start + at_once]
        }
        rows = await connection.execute("select * from who_was_erased(%s)", [Jsonb(sealed)])
        nobody |= dict(await rows.fetchall())
    return nobody


def _of_a_person(one: FoundIncident) -> str | UUID | None:
    """What a person's explanation of it would be known by."""
    if one.line_key is not None:
        return one.line_key
    return one.cashback_id if one.cls is FindingClass.APPLIED_ABSENT else None


def _key(one: FoundIncident) -> Hashable:
    return one.line_key or (one.cashback_id, one.cls)


def _first_free(taken: Collection[int]) -> int:
    return next(nth for nth in range(len(taken) + 1) if nth not in taken)


async def _standing(
    connection: AsyncConnection[Any], found: Sequence[FoundIncident], seal: Seal | None
) -> defaultdict[Hashable, list[tuple[UUID, int | None]]]:
    """The open incidents that these may be, the first of each line first."""
    standing: defaultdict[Hashable, list[tuple[UUID, int | None]]] = defaultdict(list)
    lines = [one.line_key for one in found if one.line_key is not None]
    plain = {key: key for key in lines} | (
        {} if seal is None else {seal(key): key for key in lines}
    )
    rows = await connection.execute(
        # Locked: a person who explains one at this moment comes first, or waits.
        """
        select i.incident_id, i.line_key, i.nth, i.cashback_id, i.class
        from statement_incidents as i
        where i.closed_at is null and (
            i.line_key = any(%s) or i.line_key is null and i.cashback_id = any(%s)
        )
        order by i.line_key, i.nth, i.incident_id
        for no key update
        """,
        [
            list(plain),
            [one.cashback_id for one in found if one.line_key is None],
        ],
    )
    for id_, key, nth, cashback_id, cls in await rows.fetchall():
        known_by = (cashback_id, FindingClass(cls)) if key is None else plain[key]
        standing[known_by].append((id_, nth))
    return standing


def _row(one: FoundIncident, id_: UUID, nth: int | None) -> dict[str, Any]:
    return {
        "id": str(id_),
        "class": one.cls,
        "merchant_id": one.merchant_id,
        "cashback_id": None if one.cashback_id is None else str(one.cashback_id),
        "document": None if one.document is None else str(one.document),
        "centavos": one.centavos,
        "line": one.line,
        "line_key": one.line_key,
        "nth": nth,
        "credited_at": None if one.credited_at is None else one.credited_at.isoformat(),
        "reference": one.reference,
        "why": one.why,
        "statement_at": one.statement_at.isoformat(),
        "told_since": one.told_since.isoformat(),
        "told_through": one.told_through.isoformat(),
    }


async def _renew(connection: AsyncConnection[Any], run: Run, rows: list[dict[str, Any]]) -> None:
    # It was found again, whichever statement it is that tells it.
    await connection.execute(
        """
        update statement_incidents as i
        set last_seen_at = %s, told_since = least(i.told_since, r.told_since)
        from jsonb_to_recordset(%s::jsonb) as r (
            id uuid, statement_at timestamptz, told_since timestamptz
        )
        where i.incident_id = r.id and i.statement_at > least(r.statement_at, now())
        """,
        [run.started_at, encode(rows)],
    )
    await connection.execute(
        # Document and instant are the line's, and stay; an erased customer's is gone for good.
        """
        update statement_incidents as i set
            document = case when is_pseudonym(r.document) then r.document else i.document end,
            reference = case when is_pseudonym(r.document) then null else i.reference end,
            class = r.class, merchant_id = r.merchant_id, cashback_id = r.cashback_id,
            centavos = r.centavos, line = r.line, why = r.why,
            statement_at = least(r.statement_at, now()),
            last_seen_at = %(at)s, told_since = least(i.told_since, r.told_since),
            told_through = r.told_through
        from jsonb_to_recordset(%(rows)s::jsonb) as r (
            id uuid, class text, merchant_id bigint, cashback_id uuid, document text,
            centavos bigint, line integer, why text, statement_at timestamptz,
            told_since timestamptz, told_through timestamptz
        )
        where i.incident_id = r.id and i.statement_at <= least(r.statement_at, now())
        """,
        {"at": run.started_at, "rows": encode(rows)},
    )


async def _open(connection: AsyncConnection[Any], run: Run, rows: list[dict[str, Any]]) -> None:
    await connection.execute(
        """
        with opened as (
            insert into statement_incidents (
                incident_id, class, merchant_id, cashback_id, document, centavos, line, line_key,
                nth, credited_at, reference, why, statement_at, last_seen_at, told_since,
                told_through
            )
            select r.id, r.class, r.merchant_id, r.cashback_id, r.document, r.centavos, r.line,
                r.line_key, r.nth, r.credited_at, r.reference, r.why,
                least(r.statement_at, now()), %(at)s,
                r.told_since, r.told_through
            from jsonb_to_recordset(%(rows)s::jsonb) as r (
                id uuid, class text, merchant_id bigint, cashback_id uuid, document text,
                centavos bigint, line integer, line_key text, nth integer,
                credited_at timestamptz, reference text, why text, statement_at timestamptz,
                told_since timestamptz, told_through timestamptz
            )
            returning incident_id, why
        )
        insert into statement_incident_events (incident_id, what, reason)
        select incident_id, 'opened', why from opened
        """,
        {"at": run.started_at, "rows": encode(rows)},
    )

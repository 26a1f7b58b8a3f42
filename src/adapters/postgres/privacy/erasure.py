"""Making a customer nobody: what names them, and what could find them again, goes everywhere.

In one transaction, as the one role that may change what is otherwise written once. What it may not
read (statements' incidents, the trail, what persons wrote) is changed by functions of the schema.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from adapters.postgres.files.lines import line_of
from cashback_core.privacy.data_subjects import Erased, Erasure, StillOpen
from cashback_core.privacy.seals import is_sealed
from cashback_core.reconciliation import line_key
from cashback_core.reconciliation.doubtful_documents import read_as
from cashback_core.reconciliation.entries import credit_key
from cashback_core.values.documents import stored_document

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from psycopg import AsyncConnection

    from cashback_core.privacy.seals import Seal


async def erase(
    connection: AsyncConnection[Any],
    merchant_id: int,
    customer_id: UUID,
    erasure: Erasure,
    *,
    seal: Seal,
) -> Erased | StillOpen | None:
    """See `PrivacyStore.erase`; in the transaction of a merchant's session."""
    found = await connection.execute(
        # Locked: a sale of theirs that is being recorded has the row locked until its commit, and
        # is counted below; one that comes later finds nobody.
        "select document, erased_at from customers"
        " where merchant_id = %s and customer_id = %s for update",
        [merchant_id, customer_id],
    )
    customer = await found.fetchone()
    if customer is None:
        return None
    document, erased_at = customer
    if erased_at is not None:
        # What a statement told of them since: they are known there by their pseudonym alone.
        await _forget_in_incidents(connection, merchant_id, document, document)
        await _forget_in_files(connection, merchant_id, document, document, seal)
        await _forget_late_answers(connection, merchant_id, document, erased_at)
        await _seal_contents(connection, merchant_id, document, seal)
        await _seal_lines(connection, merchant_id, document, seal)
        return Erased(at=erased_at)
    found = await connection.execute(
        """
        select count(*) from sales as s join cashbacks as c using (merchant_id, cashback_id)
        where s.merchant_id = %s and s.document = %s
            and c.status not in ('applied', 'not_due', 'cancelled', 'void', 'recorded')
        """,
        [merchant_id, document],
    )
    row = await found.fetchone()
    still_open = int(row[0]) if row else 0
    if still_open:
        return StillOpen(count=still_open)
    return Erased(
        at=await _make_nobody(connection, _Whom(merchant_id, customer_id, document), erasure, seal)
    )


@dataclass(slots=True)
class _Whom:
    """Who becomes nobody: what they are known by here until now, and from now on."""

    merchant_id: int
    customer_id: UUID
    document: str
    names: list[str] = field(default_factory=list[str])
    pseudonym: str = ""

    @property
    def values(self) -> dict[str, Any]:
        return {
            "m": self.merchant_id,
            "d": self.document,
            "p": self.pseudonym,
            "names": self.names,
        }


async def _make_nobody(
    connection: AsyncConnection[Any], whom: _Whom, erasure: Erasure, seal: Seal
) -> datetime:
    """Everywhere at once; when it was."""
    # First, while it is known whom texts would name.
    found = await connection.execute(
        "select forget_in_texts(%s, %s)", [whom.merchant_id, whom.customer_id]
    )
    keys = [row[0] for row in await found.fetchall()]
    reason = await _read_names(connection, whom, erasure.reason)
    await connection.execute("set constraints sales_merchant_id_document_fkey deferred")
    found = await connection.execute(
        """
        update customers set
            document = 'E' || replace(gen_random_uuid()::text, '-', ''),
            name = 'erased', erased_at = now(), version = version + 1, sealed = %s
        where merchant_id = %s and customer_id = %s
        returning document, erased_at
        """,
        [
            # As a statement would tell it.
            seal.of_document(whom.merchant_id, str(stored_document(whom.document))),
            whom.merchant_id,
            whom.customer_id,
        ],
    )
    row = await found.fetchone()
    assert row is not None
    whom.pseudonym, erased_at = row
    await _forget_answers(connection, whom)
    # Before the sales, by which the database knows whose names these are.
    await _forget_names(connection, whom, seal)
    await _seal_contents(connection, whom.merchant_id, whom.document, seal)
    sales = await _forget_in_sales(connection, whom, seal)
    await _forget_in_incidents(connection, whom.merchant_id, whom.document, whom.pseudonym)
    await _forget_in_files(connection, whom.merchant_id, whom.document, whom.pseudonym, seal)
    await _seal_lines(connection, whom.merchant_id, whom.pseudonym, seal, keys)
    await connection.execute(
        "insert into privacy_acts (merchant_id, act, customer_id, actor, reason, sales)"
        " values (%s, 'erasure', %s, %s, %s, %s)",
        [whom.merchant_id, whom.customer_id, erasure.by, reason, sales],
    )
    when: datetime = erased_at
    return when


async def _read_names(connection: AsyncConnection[Any], whom: _Whom, reason: str) -> str:
    """Every name that they were told under; the reason, unless it tells who it was."""
    found = await connection.execute(
        """
        select known.names, tells_of(%(reason)s, %(d)s, known.names)
        from (
            select array_agg(distinct name) as names
            from (
                select name from customers where merchant_id = %(m)s and document = %(d)s
                union all
                select name from sales where merchant_id = %(m)s and document = %(d)s
            ) as told
        ) as known
        """,
        whom.values | {"reason": reason},
    )
    row = await found.fetchone()
    assert row is not None
    whom.names, tells = row
    return "erased" if tells else reason


async def _forget_answers(connection: AsyncConnection[Any], whom: _Whom) -> None:
    """What the provider answered: as it came, and whatever else of it tells who it was."""
    await connection.execute(
        """
        update attempts set body = null, provider_message = null,
            provider_id = case
                when tells_of(provider_id, %(d)s, %(names)s) then 'erased' else provider_id
            end,
            provider_created_at = case
                when tells_of(provider_created_at, %(d)s, %(names)s) then 'erased'
                else provider_created_at
            end,
            reason = case when tells_of(reason, %(d)s, %(names)s) then 'erased' else reason end
        where merchant_id = %(m)s
            and cashback_id in (
                select cashback_id from sales where merchant_id = %(m)s and document = %(d)s
            )
        """,
        whom.values,
    )


async def _forget_late_answers(
    connection: AsyncConnection[Any], merchant_id: int, pseudonym: str, erased_at: datetime
) -> None:
    """Whatever came since; nobody knows any more what would tell who it was."""
    await connection.execute(
        """
        update attempts as t set body = null, provider_message = null,
            provider_id = case when t.provider_id is not null then 'erased' end,
            provider_created_at = case when t.provider_created_at is not null then 'erased' end,
            reason = 'erased'
        from sales as s
        where s.merchant_id = %s and s.document = %s
            and t.merchant_id = s.merchant_id and t.cashback_id = s.cashback_id
            and t.ended_at >= %s
            and num_nonnulls(t.body, t.provider_message, t.provider_id, t.provider_created_at) > 0
        """,
        [merchant_id, pseudonym, erased_at],
    )


async def _forget_in_sales(connection: AsyncConnection[Any], whom: _Whom, seal: Seal) -> int:
    """Their sales themselves, and what these were told under; how many there are."""
    found = await connection.execute(
        """
        select distinct told.name
        from sales as s
        cross join lateral (values (s.sale_id), (s.idempotency_key)) as told (name)
        where s.merchant_id = %(m)s and s.document = %(d)s and tells_of(told.name, %(d)s, %(names)s)
        """,
        whom.values,
    )
    sealed = {name: seal(name) for (name,) in await found.fetchall()}
    sales = await connection.execute(
        """
        update sales set
            document = %(p)s, name = 'erased', raw_body = '', cashier = null, metadata = null,
            sale_id = coalesce(%(sealed)s::jsonb ->> sale_id, sale_id),
            idempotency_key = coalesce(%(sealed)s::jsonb ->> idempotency_key, idempotency_key),
            -- What its access key said, where that told who it was.
            invoice_cnpj = case when not %(sealed)s::jsonb ? sale_id then invoice_cnpj end,
            invoice_month = case when not %(sealed)s::jsonb ? sale_id then invoice_month end,
            invoice_series = case when not %(sealed)s::jsonb ? sale_id then invoice_series end,
            invoice_number = case when not %(sealed)s::jsonb ? sale_id then invoice_number end
        where merchant_id = %(m)s and document = %(d)s
        """,
        whom.values | {"sealed": Jsonb(sealed)},
    )
    return sales.rowcount


async def _forget_names(connection: AsyncConnection[Any], whom: _Whom, seal: Seal) -> None:
    """The names of sales, and of refused requests, that tell who it was.

    A sale is known by its names all the same: without them a repeat would be another sale.
    """
    found = await connection.execute(
        """
        select n.kind, n.name
        from sales as s
        join sale_names as n on n.cashback_id = s.cashback_id and n.merchant_id + 0 = s.merchant_id
        where s.merchant_id = %(m)s and s.document = %(d)s
            and n.kind <> 'content' and tells_of(n.name, %(d)s, %(names)s)
        """,
        whom.values,
    )
    await _seal_names(connection, whom.merchant_id, await found.fetchall(), seal)
    await connection.execute(
        """
        update refused_equals as e set
            idempotency_key = case
                when tells_of(e.idempotency_key, %(d)s, %(names)s) then null
                else e.idempotency_key
            end,
            sale_id = case when tells_of(e.sale_id, %(d)s, %(names)s) then null else e.sale_id end
        from sales as s
        where s.merchant_id = %(m)s and s.document = %(d)s
            and e.merchant_id = s.merchant_id and e.cashback_id = s.cashback_id
            and (
                tells_of(e.idempotency_key, %(d)s, %(names)s)
                or tells_of(e.sale_id, %(d)s, %(names)s)
            )
        """,
        whom.values,
    )


async def _seal_contents(
    connection: AsyncConnection[Any], merchant_id: int, document: str, seal: Seal
) -> None:
    """Of their sales leave no hash that candidates could be tried by."""
    found = await connection.execute(
        """
        select n.name
        from sales as s
        join sale_names as n on n.cashback_id = s.cashback_id and n.merchant_id + 0 = s.merchant_id
        where s.merchant_id = %s and s.document = %s and n.kind = 'content'
        """,
        [merchant_id, document],
    )
    plain = [("content", name) for (name,) in await found.fetchall() if not is_sealed(name)]
    await _seal_names(connection, merchant_id, plain, seal)


async def _seal_names(
    connection: AsyncConnection[Any],
    merchant_id: int,
    names: Sequence[tuple[str, str]],
    seal: Seal,
) -> None:
    await connection.execute(
        # One that is sealed already is an earlier sale's, which the same name finds.
        """
        update sale_names as n set name = case
            when exists (
                select from sale_names as k
                where k.merchant_id = n.merchant_id and k.kind = n.kind and k.name = i.sealed
            ) then 'E' || replace(gen_random_uuid()::text, '-', '')
            else i.sealed
        end
        from unnest(%s::text[], %s::text[], %s::text[]) as i (kind, plain, sealed)
        where n.merchant_id = %s and n.kind = i.kind and n.name = i.plain
        """,
        [
            [kind for kind, _ in names],
            [name for _, name in names],
            [seal(name) for _, name in names],
            merchant_id,
        ],
    )


async def _seal_lines(
    connection: AsyncConnection[Any],
    merchant_id: int,
    pseudonym: str,
    seal: Seal,
    further: Collection[str | None] = (),
) -> None:
    """Of their lines, too."""
    found = await connection.execute("select keys_to_seal(%s, %s)", [merchant_id, pseudonym])
    keys = {row[0] for row in await found.fetchall()} | {*further}
    sealed = {key: seal(key) for key in keys if key is not None and not is_sealed(key)}
    if sealed:
        await connection.execute(
            "select seal_keys(%s, %s, %s)", [merchant_id, pseudonym, Jsonb(sealed)]
        )


async def _forget_in_incidents(
    connection: AsyncConnection[Any], merchant_id: int, document: str, pseudonym: str
) -> None:
    await connection.execute(
        "select forget_in_incidents(%s, %s, %s)", [merchant_id, document, pseudonym]
    )


async def _forget_in_files(
    connection: AsyncConnection[Any], merchant_id: int, document: str, pseudonym: str, seal: Seal
) -> None:
    """Who reconciles the file again tells the same lines: they keep their keys, sealed."""
    whom = [merchant_id, document, pseudonym]
    found = await connection.execute(
        """
        select file_id, line, kind, document, centavos, credited_at, reference, problem, doubtful
        from lines_to_forget(%s, %s, %s)
        """,
        whom,
    )
    keys: list[dict[str, Any]] = []
    for file_id, *row in await found.fetchall():
        line = line_of(row)
        # As reconciliations read it, whose book had them.
        line = read_as(line, line.document or line.doubtful or "")
        credit = credit_key(line)
        keys.append(
            {
                "file_id": str(file_id),
                "line": line.number,
                "known_by": seal(line_key(line)),
                "credit_known_by": None if credit is None else seal(credit),
            }
        )
    await connection.execute("select forget_in_files(%s, %s, %s, %s)", [*whom, Jsonb(keys)])
